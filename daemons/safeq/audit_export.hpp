// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/audit/export.hpp>

#include "safeq/context.hpp"

namespace CLI {
class App;
}

namespace safeq::daemon {

/// `safeq audit export`: verified entries to standard output, or to a syslog collector over TLS.
void add_audit_export_command(CLI::App& audit, Context& context);

}  // namespace safeq::daemon
