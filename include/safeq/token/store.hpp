// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>
#include <safeq/token/opaque.hpp>

namespace safeq::token {

/// Names a token in lists and records, and doesn't show it.
using TokenId = Id<struct TokenTag>;

/// A token as it is kept; the token itself is not.
struct TokenRecord {
    TokenHash hash;  ///< unique
    TokenId id;      ///< unique; for listing and revoking
    TokenKind kind;
    TenantId tenant;
    SubjectId subject;
    std::optional<DeviceId> device;         ///< sessions: where it is good
    std::optional<TokenHash> device_key{};  ///< activation links: of the device that asked, `TokenHash::of` its key
    std::string label;                      ///< print tokens: the owner's words for it
    Time created{};
    std::optional<Time> idle_deadline;  ///< sessions: moved on by use
    std::optional<Time> expires;        ///< never moved; none for print tokens that last until revoked

    /// Whether either deadline has come.
    [[nodiscard]] bool expired_at(Time now) const noexcept {
        return (idle_deadline && *idle_deadline <= now) || (expires && *expires <= now);
    }

    friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

/// What all stores of things that expire have in common. *Threads*: safe from several threads.
class ExpiringStore {
public:
    virtual ~ExpiringStore() = default;

    /// Removes everything of every tenant that is over at `now`; returns how many.
    [[nodiscard]] virtual Result<std::size_t> erase_expired(Time now) = 0;

protected:
    ExpiringStore() = default;
    ExpiringStore(const ExpiringStore&) = default;
    ExpiringStore& operator=(const ExpiringStore&) = default;
};

/// Where tokens are kept; what is over is what is `expired_at(now)`. *Threads*: safe from several threads.
class TokenStore : public ExpiringStore {
public:
    /// Adds a record. *Errors*: `already_exists` when hash or id is taken.
    [[nodiscard]] virtual Result<void> add(const TokenRecord& record) = 0;
    /// Adds a record unless its person has `most` of its kind that aren't over when it is created, in one atomic step
    /// with counting them. *Errors*: `too_many`; as `add`.
    [[nodiscard]] virtual Result<void> add_within(const TokenRecord& record, std::size_t most) = 0;
    /// Adds a record in place of all that its person has of its kind, in one atomic step. *Errors*: as `add`; then
    /// those are still there.
    [[nodiscard]] virtual Result<void> replace(const TokenRecord& record) = 0;
    /// *Errors*: `not_found`, also for one of another tenant. Says nothing about expiry.
    [[nodiscard]] virtual Result<TokenRecord> find(TenantId tenant, const TokenHash& hash) = 0;
    /// Moves the idle deadline; never back. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> slide(TenantId tenant, TokenId id, Time idle_deadline) = 0;
    /// In one atomic step: of several that erase the same record, one succeeds. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> erase(TenantId tenant, TokenId id) = 0;
    /// Removes every record that is good at this device alone; returns how many.
    [[nodiscard]] virtual Result<std::size_t> erase_at(TenantId tenant, DeviceId device) = 0;
    /// Those of one person and kind, by time of creation (then id); expired ones too.
    [[nodiscard]] virtual Result<std::vector<TokenRecord>> list(TenantId tenant, SubjectId subject, TokenKind kind) = 0;
};

}  // namespace safeq::token
