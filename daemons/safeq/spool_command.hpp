// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "safeq/context.hpp"

namespace CLI {
class App;
}

namespace safeq::daemon {

/// `safeq spool …`. *Requires*: `context` outlives `app`.
void add_spool_command(CLI::App& app, Context& context);

}  // namespace safeq::daemon
