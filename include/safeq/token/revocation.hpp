// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include <safeq/token/claims.hpp>
#include <safeq/token/purpose.hpp>

namespace safeq::token {

/// What is withdrawn: one token, all of one sign-in, all of one person.
enum class RevocationScope : std::uint8_t { token = 1, session = 2, subject = 3 };

/// What a revocation is about; `id` is a `TokenId`, `SessionId` or `SubjectId` by its scope.
struct RevocationKey {
    TenantId tenant;
    RevocationScope scope{};
    IdBytes id{};

    friend auto operator<=>(const RevocationKey&, const RevocationKey&) = default;
};

/// A revocation as it is kept.
struct Revocation {
    RevocationKey key;
    Time issued_until{};  ///< tokens made up to here, this millisecond included, are withdrawn
    Time forget_at{};     ///< when all of them have expired anyway

    friend bool operator==(const Revocation&, const Revocation&) = default;
};

/// Where revocations are kept. *Threads*: safe from several threads.
class RevocationStore {
public:
    virtual ~RevocationStore() = default;

    /// Adds a revocation; where one of the same key is there, the later of each time counts.
    /// *Errors*: `too_many` when a bounded store is full: then nothing was withdrawn, and nothing was forgotten.
    [[nodiscard]] virtual Result<void> add(const Revocation& revocation) = 0;
    /// Up to when tokens of this key are withdrawn; none when they aren't.
    [[nodiscard]] virtual Result<std::optional<Time>> issued_until(const RevocationKey& key) = 0;
    /// Removes what has `forget_at` at or before `now`; returns how many.
    [[nodiscard]] virtual Result<std::size_t> forget(Time now) = 0;

protected:
    RevocationStore() = default;
    RevocationStore(const RevocationStore&) = default;
    RevocationStore& operator=(const RevocationStore&) = default;
};

/// Revocations in memory, at most `max_entries` of some 100 bytes each. A restart forgets them, so it is for processes
/// whose keys don't outlive them either, and for tests.
class MemoryRevocationStore final : public RevocationStore {
public:
    explicit MemoryRevocationStore(std::size_t max_entries) noexcept : max_entries_{max_entries} {}

    [[nodiscard]] Result<void> add(const Revocation& revocation) override;
    [[nodiscard]] Result<std::optional<Time>> issued_until(const RevocationKey& key) override;
    [[nodiscard]] Result<std::size_t> forget(Time now) override;

private:
    struct Times {
        Time issued_until;
        Time forget_at;
    };
    std::mutex mutex_;
    std::size_t max_entries_;
    std::map<RevocationKey, Times> entries_;
};

/// Withdraws tokens before their time is over. A revocation is kept until the last token that it can concern has
/// expired. *Threads*: safe from several threads. Borrows store and clock.
class RevocationList final {
public:
    /// `keep_for` is the longest lifetime of the purposes that it serves, with their clock skew on both sides.
    RevocationList(RevocationStore& store, const Clock& clock, std::chrono::milliseconds keep_for) noexcept
        : store_{store}, clock_{clock}, keep_for_{keep_for} {}

    /// *Errors*: the store's; then the token is still good.
    /// @{
    [[nodiscard]] Result<void> revoke(TenantId tenant, TokenId token);
    [[nodiscard]] Result<void> revoke(TenantId tenant, SessionId session);
    /// @}

    /// Every token that this person has by now; tokens made later count.
    [[nodiscard]] Result<void> revoke(TenantId tenant, SubjectId subject);

    /// *Errors*: `revoked`; the store's.
    [[nodiscard]] Result<void> check(const Claims& claims);

    /// Forgets what no token can concern any more; returns how many. Worth calling every minute.
    [[nodiscard]] Result<std::size_t> sweep();

private:
    RevocationStore& store_;
    const Clock& clock_;
    std::chrono::milliseconds keep_for_;
};

/// For `MobileTerminal`: five minutes, and half a minute of skew before and after.
inline constexpr std::chrono::milliseconds keep_revocations_2026 = std::chrono::minutes{6};
static_assert(keep_revocations_2026 >= MobileTerminal::rules.max_lifetime + 2 * MobileTerminal::rules.clock_skew);

}  // namespace safeq::token
