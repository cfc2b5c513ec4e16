// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace safeq::daemon {

struct Context;

/// `safeq tls …`: looks at TLS policies, which needs no installation; renews and revokes the certificates of one.
void add_tls_command(CLI::App& app, Context& context);

}  // namespace safeq::daemon
