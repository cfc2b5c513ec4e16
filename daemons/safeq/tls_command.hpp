// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace safeq::daemon {

/// `safeq tls …`: looks at TLS policies; needs no installation.
void add_tls_command(CLI::App& app);

}  // namespace safeq::daemon
