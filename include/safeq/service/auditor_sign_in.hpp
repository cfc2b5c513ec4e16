// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <safeq/auth/hasher.hpp>
#include <safeq/auth/throttle.hpp>

namespace safeq::service {

/// Where it goes on record who is the auditor and who isn't. *Threads*: safe from several threads.
class AuditorJournal {
public:
    virtual ~AuditorJournal() = default;

    /// Whether all that has to be on record before is, and a record would be tried. *Errors* of all: `log_unavailable`.
    [[nodiscard]] virtual Result<void> ready() = 0;
    /// Returns when the record is durable.
    /// @{
    [[nodiscard]] virtual Result<void> signed_in() = 0;
    [[nodiscard]] virtual Result<void> sign_in_refused(Errc reason) = 0;
    /// @}

protected:
    AuditorJournal() = default;
    AuditorJournal(const AuditorJournal&) = default;
    AuditorJournal& operator=(const AuditorJournal&) = default;
};

/// Is it the auditor? The one person whom a report server knows, by name and password, slowed down like everybody else.
/// There is no second factor: once too many have tried at places that are new to the auditor, only those where they
/// were lately let them in, until the failures are forgotten.
/// A browser shows the password with every request: one record stands for `recorded_for` at an address.
/// *Threads*: safe from several threads; blocks for hashing, the journal and the throttle's store.
class AuditorSignIn final {
public:
    static constexpr std::string_view name = "auditor";
    static constexpr std::chrono::minutes recorded_for{15};

    /// What it is made of; what it refers to outlives it.
    struct Parts {
        TenantId tenant;
        const auth::Hasher& hasher;
        auth::PhcString stored;
        auth::SharedThrottle& throttle;
        AuditorJournal& journal;
        const Clock& clock;
    };

    explicit AuditorSignIn(Parts parts) : parts_{std::move(parts)} {}

    /// Recorded, but for attempts that the throttle or the budget turned away. *Errors*: `credential_wrong`;
    /// `throttled`; `busy` and what else keeps the password from being judged, which doesn't count as a failure;
    /// `log_unavailable`, right or wrong, which doesn't count either; those of the throttle's store.
    [[nodiscard]] Result<void> check(std::string_view user, const crypto::Secret& password, std::string address) const;

private:
    [[nodiscard]] Result<void> record_once(const std::string& address) const;

    Parts parts_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Time> recorded_;  // address → when
};

}  // namespace safeq::service
