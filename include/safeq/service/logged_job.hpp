// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include <safeq/audit/log.hpp>

namespace safeq::service {

/// What the release server's log says of a job, for when its database doesn't know it (any more).
struct LoggedJob {
    bool held = false;        ///< it was taken over
    bool attempted = false;   ///< some attempt began whose end the log alone doesn't tell apart
    bool ended = false;       ///< printed and no favourite, deleted, cancelled or expired
    bool kept = false;        ///< a favourite, as of its last record
    bool restricted = false;  ///< its processing is restricted, as of its last record

    friend bool operator==(const LoggedJob&, const LoggedJob&) = default;
};

/// Reads what the log has on these jobs. The part of the log since the oldest of them was made is read, and a day
/// before; the whole, when it doesn't say there that each was taken over: ids tell the time of an intake's clock, and
/// records that of the release server's. *Errors*: those of `audit::Log::scan` and `audit::record_head`.
[[nodiscard]] Result<std::map<JobId, LoggedJob>> read_jobs(const audit::Log& log, const std::set<JobId>& jobs);

}  // namespace safeq::service
