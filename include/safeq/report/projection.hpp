// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <safeq/audit/follower.hpp>
#include <safeq/report/report_store.hpp>

namespace safeq::report {

/// What a record changes of its job's row. Pure; the order of the records of one log matters, how several logs are
/// interleaved does not. Records that tell nothing of a job change nothing.
void project(JobRow& row, std::string_view origin, const audit::Record& record);

/// Takes the entries of one log into the store, each exactly once. *Threads*: one projection, one thread at a time.
class Projection {
public:
    Projection(ReportStore& store, std::string origin) : store_{store}, origin_{std::move(origin)} {}

    /// Where to follow the log from. *Errors*: those of the store; `malformed` for a state that can't be read.
    [[nodiscard]] Result<audit::FollowerState> state() const;

    /// Rows and the follower's state, in one transaction; an entry that was taken before changes nothing. An entry that
    /// is no record is counted and passed over. *Errors*: `conflict` when entries in between are missing; those of the
    /// store: then nothing has changed.
    [[nodiscard]] Result<void> take(const audit::FollowedEntries& entries);

    /// `take`, as `Follower::follow` wants it.
    [[nodiscard]] audit::EntrySink sink();

private:
    ReportStore& store_;
    std::string origin_;
};

}  // namespace safeq::report
