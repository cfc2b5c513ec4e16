// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace safeq::daemon {

struct Context;

/// `safeq pepper …`: the key that goes into every stored password, PIN and card. Works on the release server's key
/// folder, without the daemon.
void add_pepper_command(CLI::App& app, Context& context);

}  // namespace safeq::daemon
