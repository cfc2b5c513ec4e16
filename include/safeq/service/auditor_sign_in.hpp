// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <safeq/auth/hasher.hpp>
#include <safeq/auth/throttle.hpp>

namespace safeq::service {

/// Is it the auditor? The one person whom a report server knows, by name and password, slowed down like everybody else.
/// There is no second factor: once too many have tried at places that are new to the auditor, only those where they
/// were lately let them in, until the failures are forgotten.
/// *Threads*: safe from several threads; blocks for hashing and the throttle's store.
class AuditorSignIn final {
public:
    static constexpr std::string_view name = "auditor";

    /// What it is made of; what it refers to outlives it.
    struct Parts {
        TenantId tenant;
        const auth::Hasher& hasher;
        auth::PhcString stored;
        auth::SharedThrottle& throttle;
    };

    explicit AuditorSignIn(Parts parts) : parts_{std::move(parts)} {}

    /// *Errors*: `credential_wrong`; `throttled`; `busy` and what else keeps the password from being judged, which
    /// doesn't count as a failure; those of the throttle's store.
    [[nodiscard]] Result<void> check(std::string_view user, const crypto::Secret& password, std::string address) const;

private:
    Parts parts_;
};

}  // namespace safeq::service
