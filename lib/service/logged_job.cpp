// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/logged_job.hpp>

#include <algorithm>
#include <chrono>

namespace safeq::service {
namespace {

using audit::Kind;

// Ids are UUIDs of version 7: their first 48 bits are the time, in milliseconds (RFC 9562, section 5.7).
Time made_at(JobId job) {
    std::int64_t milliseconds = 0;
    for (const std::byte each : job.bytes().first(6)) milliseconds = milliseconds << 8 | std::to_integer<int>(each);
    return Time{std::chrono::milliseconds{milliseconds}};
}

// The first entry that was written at this time or later, as far as the clock ran forward.
Result<audit::Index> first_since(const audit::Log& log, Time since) {
    audit::Index low = 0, high = log.size();
    while (low < high) {
        const audit::Index middle = low + (high - low) / 2;
        SAFEQ_TRY(const Bytes entry, log.entry(middle));
        SAFEQ_TRY(const audit::RecordHead head, audit::record_head(entry));
        if (head.at < since) low = middle + 1;
        else high = middle;
    }
    return low;
}

void tell(LoggedJob& job, Kind kind) {
    switch (kind) {
        case Kind::job_held: job.held = true; return;
        case Kind::job_kept: job.kept = true; return;
        case Kind::job_unkept: job.kept = false; return;
        case Kind::job_restricted: job.restricted = true; return;
        case Kind::job_unrestricted: job.restricted = false; return;
        case Kind::job_releasing:
        case Kind::job_uncertain:
        case Kind::job_failed: job.attempted = true; return;
        case Kind::job_printed:
            // A favourite waits again, and what came before is over.
            job.attempted = false;
            job.ended = !job.kept;
            return;
        case Kind::job_deleted:
        case Kind::job_cancelled:
        case Kind::job_expired: job.ended = true; return;
        default: return;
    }
}

Result<void> tell_all(std::map<JobId, LoggedJob>& jobs, const audit::Log& log, audit::Index from) {
    return log.scan(from, [&](audit::Index, ByteView entry) -> Result<void> {
        SAFEQ_TRY(const audit::RecordHead head, audit::record_head(entry));
        const auto kind = head.kind.known();
        if (!kind || !head.job) return {};
        if (const auto at = jobs.find(*head.job); at != jobs.end()) tell(at->second, *kind);
        return {};
    });
}

}  // namespace

Result<std::map<JobId, LoggedJob>> read_jobs(const audit::Log& log, const std::set<JobId>& jobs) {
    std::map<JobId, LoggedJob> out;
    for (const JobId job : jobs) out.emplace(job, LoggedJob{});
    if (jobs.empty()) return out;
    Time since = Time::max();
    for (const JobId job : jobs) since = std::min(since, made_at(job));
    SAFEQ_TRY(const audit::Index from, first_since(log, since - std::chrono::days{1}));
    SAFEQ_TRY_VOID(tell_all(out, log, from));

    // "Never taken over" is said of no job before the whole log was asked: some clock may have been off by more.
    std::map<JobId, LoggedJob> doubtful;
    for (const auto& [job, said] : out)
        if (!said.held) doubtful.emplace(job, LoggedJob{});
    if (from == 0 || doubtful.empty()) return out;
    SAFEQ_TRY_VOID(tell_all(doubtful, log, 0));
    for (const auto& [job, said] : doubtful) out[job] = said;
    return out;
}

}  // namespace safeq::service
