// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include <safeq/audit/log.hpp>
#include <safeq/core/clock.hpp>

namespace safeq::service {

/// The time by which that is done which can't be undone: waiting jobs expire, ended ones are forgotten, keys are
/// destroyed. It goes with the clock and never before it; by what the clock was set forward it follows only when that
/// has lasted for a day, in which somebody can set it back. *Threads*: one at a time.
class SettledTime final {
public:
    /// A clock that nobody sets; the process's own in a daemon.
    using Steady = std::chrono::steady_clock::time_point;

    /// How long a jump forward must have lasted, by a clock that only counts on, until it is believed.
    static constexpr std::chrono::hours settling{24};

    /// `unseen`: how much of the time before now nobody saw pass, as `unseen_time` tells; it is not believed at once
    /// either.
    SettledTime(std::chrono::milliseconds unseen, Steady now) { changed(unseen, now); }

    /// The clock was set forward by so much, or back where negative: that takes back the latest jumps forward.
    void changed(std::chrono::milliseconds by, Steady now);

    /// What is settled when the clock says `wall`.
    [[nodiscard]] Time at(Time wall, Steady now);

private:
    struct Jump {
        std::chrono::milliseconds by;
        Steady at;
    };
    std::vector<Jump> jumps_;  // forward, not yet believed, oldest first
};

/// How much of the time until `now` the log doesn't show to have passed: the sum of the hours and more without a record
/// in the last day before it, while the server was off, say, or had the wrong time when it was started.
/// To be asked on start, before anything is recorded. *Errors*: those of `audit::Log::scan` and of
/// `audit::record_head`.
[[nodiscard]] Result<std::chrono::milliseconds> unseen_time(const audit::Log& log, Time now);

}  // namespace safeq::service
