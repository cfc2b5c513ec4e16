// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/service/clock_watch.hpp>

namespace safeq::service {

/// Watches the machine's clock and has each change of it recorded, in order; what can't be recorded now is owed.
/// *Threads*: one at a time.
class ClockJournal final {
public:
    /// A moment by the clock that nobody can set.
    using Steady = ClockWatch::Steady;

    /// What isn't a change: see `ClockWatch`.
    static constexpr std::chrono::seconds tolerance{2};

    /// What it looks at, and where it tells.
    struct Parts {
        const Clock& clock;  ///< outlives the journal
        /// Records a change: `Recorder::time_changed`.
        std::function<Result<void>(std::chrono::milliseconds by)> record;
        /// Against which the clock is held.
        std::function<Steady()> steady = std::chrono::steady_clock::now;
    };

    /// Looks for the first time.
    explicit ClockJournal(Parts parts);

    /// What both clocks show, and by how much the one that can be set was changed.
    struct Look {
        Time wall;
        Steady steady;
        std::optional<std::chrono::milliseconds> change;
    };
    /// Looks; a change is owed to the log from now on.
    [[nodiscard]] Look look();

    /// Records what is owed. *Errors*: those of `Parts::record`; what isn't recorded stays owed.
    [[nodiscard]] Result<void> settle();

private:
    Parts parts_;
    ClockWatch watch_{tolerance};
    std::vector<std::chrono::milliseconds> owed_;
};

}  // namespace safeq::service
