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
#include <safeq/token/clock_guard.hpp>
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
    /// Removes what has `forget_at` at or before `now`; returns how many. A store that outlives the process keeps the
    /// marks in the same step.
    [[nodiscard]] virtual Result<std::size_t> forget(Time now, const ClockMarks& marks) = 0;

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
    [[nodiscard]] Result<std::size_t> forget(Time now, const ClockMarks& marks) override;

private:
    struct Times {
        Time issued_until;
        Time forget_at;
    };
    std::mutex mutex_;
    std::size_t max_entries_;
    std::map<RevocationKey, Times> entries_;
};

/// The longest of the purposes that a list serves.
struct RevocationRules {
    std::chrono::milliseconds max_lifetime;
    std::chrono::milliseconds clock_skew;

    /// Until the last token has expired that a server could have made by now whose clock is ahead.
    [[nodiscard]] constexpr std::chrono::milliseconds keep_for() const noexcept {
        return max_lifetime + 2 * clock_skew;
    }
    /// Whether a revocation by these rules outlasts every token of that purpose.
    [[nodiscard]] constexpr bool serves(const PurposeRules& purpose) const noexcept {
        return purpose.max_lifetime <= max_lifetime && purpose.clock_skew <= clock_skew;
    }
};

/// For `MobileTerminal`.
inline constexpr RevocationRules revocation_2026{.max_lifetime = std::chrono::minutes{5},
                                                 .clock_skew = std::chrono::seconds{30}};
static_assert(revocation_2026.serves(MobileTerminal::rules));

/// Withdraws tokens before their time is over. A revocation is kept until the last token that it can concern has
/// expired: verifiers of a purpose that `rules` doesn't serve take no token. *Threads*: safe from several threads.
/// Borrows store and guard; the guard is that of the verifiers.
class RevocationList final {
public:
    RevocationList(RevocationStore& store, ClockGuard& clock, const RevocationRules& rules) noexcept
        : store_{store}, clock_{clock}, rules_{rules} {}

    /// Whether it keeps what it withdraws for as long as tokens of that purpose are good.
    [[nodiscard]] bool serves(const PurposeRules& purpose) const noexcept { return rules_.serves(purpose); }

    /// *Errors*: the store's; then the token is still good.
    /// @{
    [[nodiscard]] Result<void> revoke(TenantId tenant, TokenId token);
    [[nodiscard]] Result<void> revoke(TenantId tenant, SessionId session);
    /// @}

    /// Every token that this person has by now, those of a server whose clock is ahead included. So those that are made
    /// within the clock skew from now on are refused as well; later ones count. A clock that is behind by more says too
    /// early a `now`: revoke again when it is right.
    [[nodiscard]] Result<void> revoke(TenantId tenant, SubjectId subject);

    /// *Errors*: `revoked`; the store's.
    [[nodiscard]] Result<void> check(const Claims& claims);

    /// Forgets what no token can concern any more; returns how many. Worth calling every minute.
    [[nodiscard]] Result<std::size_t> sweep();

private:
    [[nodiscard]] Result<void> revoke_all_of(const RevocationKey& key);

    RevocationStore& store_;
    ClockGuard& clock_;
    RevocationRules rules_;
};

}  // namespace safeq::token
