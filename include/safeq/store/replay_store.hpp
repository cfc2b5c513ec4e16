// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <safeq/store/database.hpp>
#include <safeq/token/replay.hpp>

namespace safeq::store {

/// What was used once, in memory and in the release database, where it is durable before it counts as spent: nothing
/// can be replayed after a restart either. *Threads*: safe from several threads.
class ReplayStore final : public token::ReplayStore {
public:
    /// Reads what is not over by now. *Requires*: the database outlives it, and has no other replay store; the guard is
    /// that of the verifiers, and began with the database's `clock_marks`. *Errors*: `busy`, `too_many` when more is
    /// remembered than the limits allow; the database's.
    [[nodiscard]] static Result<std::unique_ptr<ReplayStore>> open(Database& database,
                                                                   const token::ReplayLimits& limits,
                                                                   token::ClockGuard& clock);

    [[nodiscard]] Result<void> spend(const token::Spending& spending) override;

private:
    ReplayStore(Database& database, const token::ReplayLimits& limits, token::ClockGuard& clock) noexcept
        : database_{database}, clock_{clock}, known_{limits, clock} {}

    Database& database_;
    token::ClockGuard& clock_;
    token::MemoryReplayStore known_;
};

}  // namespace safeq::store
