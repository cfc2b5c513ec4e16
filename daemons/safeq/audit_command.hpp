// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "safeq/context.hpp"

namespace CLI {
class App;
}

namespace safeq::daemon {

void add_audit_command(CLI::App& app, Context& context);

}  // namespace safeq::daemon
