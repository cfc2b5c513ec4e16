// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include <safeq/token/clock_guard.hpp>
#include <safeq/token/store.hpp>

namespace safeq::token {

/// The one use of something: of a token that is good for once, or of a nonce under a token.
struct Spending {
    crypto::Sha256Digest key{};  ///< what is spent
    TokenId token;               ///< under which token; for the bound on each
    Time forget_at{};            ///< when it couldn't be shown again anyway
};

/// `what` is the kind of thing, `nonce` the thing itself under the token; empty for the token alone.
[[nodiscard]] Spending spending_of(std::string_view what, TenantId tenant, TokenId token, ByteView nonce,
                                   Time forget_at);

/// Where uses are remembered. *Threads*: safe from several threads.
class ReplayStore {
public:
    virtual ~ReplayStore() = default;

    /// Remembers a use, in one atomic step with looking whether it was there. A store that several processes share
    /// must do so for all of them. *Errors*: `duplicate` when it was spent before; `expired` when it couldn't be
    /// remembered any more; `busy` when a bounded store has no
    /// place left, `too_many` when this token has used up its share: then it is not spent, and must be refused.
    [[nodiscard]] virtual Result<void> spend(const Spending& spending) = 0;

protected:
    ReplayStore() = default;
    ReplayStore(const ReplayStore&) = default;
    ReplayStore& operator=(const ReplayStore&) = default;
};

/// How many uses are remembered at a time.
struct ReplayLimits {
    std::size_t entries;          ///< of some 300 bytes each
    std::size_t entries_a_token;  ///< what one token's holder can take of them
};

/// At most some 20 MiB.
inline constexpr ReplayLimits replay_2026{.entries = 65'536, .entries_a_token = 2'048};

/// Uses in memory, bounded; nothing that could still be replayed is ever pushed out. Borrows the guard, which is that
/// of the verifiers: what is forgotten when the clock leaps is over for them when it returns.
class MemoryReplayStore final : public ReplayStore {
public:
    MemoryReplayStore(const ReplayLimits& limits, ClockGuard& clock) noexcept : limits_{limits}, clock_{clock} {}

    [[nodiscard]] Result<void> spend(const Spending& spending) override;

    /// How many uses are remembered.
    [[nodiscard]] std::size_t size() const;

private:
    struct Use {
        TokenId token;
        Time forget_at;
    };
    void forget(Time now);

    mutable std::mutex mutex_;
    ReplayLimits limits_;
    ClockGuard& clock_;
    std::map<crypto::Sha256Digest, Use> uses_;
    std::set<std::pair<Time, crypto::Sha256Digest>> by_time_;
    std::map<TokenId, std::size_t> of_token_;
};

}  // namespace safeq::token
