// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/core/random.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/store/key_folder.hpp>

namespace safeq::daemon {

/// Stores the auditor's password in the report server's key folder, as a salted hash under the pepper that is there, in
/// place of the one before; it counts from the server's next start. *Errors*: those of `auth::PasswordRules::check`, of
/// the hasher and the folder.
[[nodiscard]] Result<void> store_auditor_password(store::KeyFolder& keys, const crypto::Secret& password,
                                                  Random& random);

}  // namespace safeq::daemon
