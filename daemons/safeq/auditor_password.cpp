// SPDX-License-Identifier: Apache-2.0
#include "safeq/auditor_password.hpp"

#include <array>

#include <safeq/auth/hasher.hpp>
#include <safeq/auth/password_rules.hpp>

#include "common/files.hpp"
#include "common/layout.hpp"

namespace safeq::daemon {

Result<void> store_auditor_password(store::KeyFolder& keys, const crypto::Secret& password, Random& random) {
    const auth::PasswordRules rules{auth::password_limits_2026, nullptr, {"safeq"}};
    SAFEQ_TRY_VOID(rules.check(password, auth::PasswordUse::alone, std::array<std::string_view, 1>{"auditor"}));
    SAFEQ_TRY(const auto pepper, read_key<auth::PepperKey>(keys, auditor_pepper_file));
    const auth::PepperRing peppers{auth::Pepper{pepper}};
    auth::HashingBudget budget{auth::hashing_2026};
    const auth::Hasher hasher{auth::argon2id_2026, peppers, random, budget};
    SAFEQ_TRY(const auth::PhcString hash, hasher.hash(password));
    return keys.write(auditor_hash_file, as_bytes(hash.text()));
}

}  // namespace safeq::daemon
