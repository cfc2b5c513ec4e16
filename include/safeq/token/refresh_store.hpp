// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include <safeq/token/store.hpp>

namespace safeq::token {

/// The refresh tokens that came one from the other since a sign-in, as they are kept; the tokens themselves are not.
struct RefreshFamily {
    SessionId id;        ///< unique; what the claims of access tokens name
    TokenHash selector;  ///< unique; of the half that all its tokens share
    TokenHash current;   ///< of the half that only the latest token has
    TokenHash device{};  ///< SHA-256 of the device's public key
    TenantId tenant;
    SubjectId subject;
    Time created{};
    Time idle_deadline{};  ///< moved on by use
    Time expires{};        ///< never moved

    /// Whether either deadline has come.
    [[nodiscard]] bool expired_at(Time now) const noexcept { return idle_deadline <= now || expires <= now; }

    friend bool operator==(const RefreshFamily&, const RefreshFamily&) = default;
};

/// Where families are kept. *Threads*: safe from several threads.
class RefreshStore : public ExpiringStore {
public:
    /// *Errors*: `already_exists` when id or selector is taken; `too_many` when a bounded store is full.
    [[nodiscard]] virtual Result<void> add(const RefreshFamily& family) = 0;
    /// *Errors*: `not_found`, also for one of another tenant. Says nothing about expiry.
    [[nodiscard]] virtual Result<RefreshFamily> find(TenantId tenant, const TokenHash& selector) = 0;
    /// Replaces `from` by `to` and moves the deadline, in one atomic step: of several that replace the same, one
    /// succeeds. *Errors*: `conflict` when `from` isn't current; `not_found`.
    [[nodiscard]] virtual Result<void> rotate(TenantId tenant, SessionId id, const TokenHash& from, const TokenHash& to,
                                              Time idle_deadline) = 0;
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> erase(TenantId tenant, SessionId id) = 0;
    /// Those of one person, by time of creation (then id); expired ones too.
    [[nodiscard]] virtual Result<std::vector<RefreshFamily>> list(TenantId tenant, SubjectId subject) = 0;
};

/// Families in memory, at most `max_families`; a restart forgets them, and every device signs in anew.
class MemoryRefreshStore final : public RefreshStore {
public:
    explicit MemoryRefreshStore(std::size_t max_families) noexcept : max_families_{max_families} {}

    [[nodiscard]] Result<void> add(const RefreshFamily& family) override;
    [[nodiscard]] Result<RefreshFamily> find(TenantId tenant, const TokenHash& selector) override;
    [[nodiscard]] Result<void> rotate(TenantId tenant, SessionId id, const TokenHash& from, const TokenHash& to,
                                      Time idle_deadline) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, SessionId id) override;
    [[nodiscard]] Result<std::vector<RefreshFamily>> list(TenantId tenant, SubjectId subject) override;
    [[nodiscard]] Result<std::size_t> erase_expired(Time now) override;

private:
    std::vector<RefreshFamily>::iterator at(TenantId tenant, SessionId id);

    std::mutex mutex_;
    std::size_t max_families_;
    std::vector<RefreshFamily> families_;
};

}  // namespace safeq::token
