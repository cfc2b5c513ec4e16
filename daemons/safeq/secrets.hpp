// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <safeq/crypto/secret.hpp>

namespace safeq::daemon {

/// Asks for a secret at the terminal, without echo; where standard input is none, reads the next line of it. Secrets
/// are never taken from the command line, where other users could read them. *Errors*: `invalid_argument` for an empty
/// one.
[[nodiscard]] Result<crypto::Secret> ask_secret(std::string_view prompt);

}  // namespace safeq::daemon
