// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string_view>

#include <safeq/job/lifecycle.hpp>
#include <safeq/service/clock_journal.hpp>
#include <safeq/service/epoch_keeper.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/retention.hpp>
#include <safeq/service/settled_time.hpp>

namespace safeq::service {

/// What the release server does by itself as time goes by: it pays what is owed to the log, ends what nobody came for,
/// forgets what ended long ago, and makes and ends keys. The clock is looked at first, a change of it recorded, and
/// nothing is ended by a time that isn't settled: see `SettledTime`. *Threads*: safe from several threads.
class Housekeeping final {
public:
    /// What it keeps in order; what it refers to outlives it.
    struct Parts {
        TenantId tenant;
        job::Jobs& jobs;
        EpochKeeper& keeper;
        Recorder& recorder;
        const Clock& clock;
        Retention retention;
        /// What `unseen_time` told on start.
        std::chrono::milliseconds unseen;
        /// Deletes the files of a job that has ended: `ReleaseDesk::discard`.
        std::function<Result<void>(const job::Job&)> discard;
        /// Told what failed and will be tried again; `what` is a word for the log of operators.
        std::function<void(std::string_view what, const Error& error)> explain;
        /// Against which the clock is held.
        std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    };

    explicit Housekeeping(Parts parts);

    /// Once a second: leaves that are owed, jobs whose time is over, and the files of those.
    void each_second();
    /// Once a minute: rows of jobs that ended long ago, and epochs.
    void each_minute();

    /// Looks at the clock, records a change of it, and tells the time by which things may be ended now.
    [[nodiscard]] Time settled();

private:
    void discard_ended(const job::Job& job);

    Parts parts_;
    std::mutex mutex_;
    ClockJournal changes_;
    SettledTime time_;
};

}  // namespace safeq::service
