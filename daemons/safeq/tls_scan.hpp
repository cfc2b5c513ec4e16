// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace safeq::daemon {

/// `scan`, for `safeq tls`: what an endpoint really accepts, and which policy fits it.
void add_tls_scan_command(CLI::App& tls_app);

}  // namespace safeq::daemon
