// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace safeq::daemon {

/// Tells the service manager about the daemon's state through NOTIFY_SOCKET (sd_notify protocol), and says "ready" on
/// standard output for everyone else. Nothing happens where no manager listens.
void notify_ready();
void notify_stopping();
/// Around a reload, which a unit of `Type=notify-reload` waits for.
void notify_reloading();
void notify_reloaded();

}  // namespace safeq::daemon
