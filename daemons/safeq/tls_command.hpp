// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/tls/policy_ref.hpp>

namespace CLI {
class App;
}

namespace safeq::daemon {

struct Context;

/// The policy of a dated name or an alias; otherwise that of a policy file. Throws `CommandFailed`.
[[nodiscard]] tls::PolicyRef policy_from(const std::string& name_or_path);

/// The policy of a pathway of the command line: a dated or an installed one by its name, or a policy file.
/// Throws `CommandFailed`, naming `option`, also for one that is only for named devices.
[[nodiscard]] tls::PolicyRef policy_for_pathway(const Context& context, const std::string& option,
                                                const std::string& name_or_path);

/// `safeq tls …`: looks at TLS policies, which needs no installation; renews and revokes the certificates of one.
void add_tls_command(CLI::App& app, Context& context);

}  // namespace safeq::daemon
