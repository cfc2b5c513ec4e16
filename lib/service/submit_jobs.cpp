// SPDX-License-Identifier: Apache-2.0
// What an intake tells people of their jobs: its own, and those that the release server has.
#include <safeq/service/submit.hpp>

#include <algorithm>

#include "service/remote_job.hpp"

namespace safeq::service {

bool Submit::reaches(const ipp::Owner& caller, const ipp::Owner& came_by) {
    return caller.subject == came_by.subject && (!caller.token || caller.token == came_by.token);
}

Result<std::vector<ipp::JobInfo>> Submit::all_jobs(const ipp::Owner& owner) {
    std::map<std::int32_t, ipp::JobInfo> merged;
    std::vector<std::int32_t> handed_over;
    std::set<JobId> reached;
    {
        const std::scoped_lock lock{mutex_};
        forget_old(parts_.clock.now());
        for (const auto& [number, local] : local_) {
            if (!reaches(owner, local.owner)) continue;
            reached.insert(local.id);
            merged.emplace(number, local.info).first->second.owner_name = owner.name;
            if (local.accepted && !parts_.handover.waits(local.id)) handed_over.push_back(number);
        }
    }
    const auto remote = parts_.upstream.jobs(owner.subject);
    if (!remote && remote.error().code != Errc::unavailable) return std::unexpected(remote.error());
    if (remote) {
        // What the release server has and doesn't tell isn't there: a frozen job, or one that ended long ago.
        for (const std::int32_t number : handed_over) merged.erase(number);
        // By which token a job came is known here alone, and no longer than the job is remembered.
        for (const RemoteJob& one : remote->jobs)
            if (!owner.token || reached.contains(one.id)) merged.insert_or_assign(one.ipp_id, to_info(one, owner.name));
    }
    std::vector<ipp::JobInfo> out;
    for (auto& [number, info] : merged) out.push_back(std::move(info));
    return out;
}

Result<std::vector<ipp::JobInfo>> Submit::jobs(const ipp::Caller& caller, const ipp::JobQuery& query) {
    if (!caller.owner) return fail(Errc::denied, "jobs");
    SAFEQ_TRY(std::vector<ipp::JobInfo> all, all_jobs(*caller.owner));
    std::erase_if(all, [&](const ipp::JobInfo& info) { return !ipp::matches(query.which, info.state); });
    if (query.which == ipp::WhichJobs::completed || query.which == ipp::WhichJobs::canceled ||
        query.which == ipp::WhichJobs::aborted)
        std::ranges::reverse(all);
    if (query.at_most > 0 && all.size() > static_cast<std::size_t>(query.at_most))
        all.resize(static_cast<std::size_t>(query.at_most));
    return all;
}

Result<ipp::JobInfo> Submit::job(const ipp::Caller& caller, std::int32_t job_id) {
    if (!caller.owner) return fail(Errc::denied, "job");
    SAFEQ_TRY(const std::vector<ipp::JobInfo> all, all_jobs(*caller.owner));
    const auto it = std::ranges::find(all, job_id, &ipp::JobInfo::id);
    if (it == all.end()) return fail(Errc::not_found, "job");
    return *it;
}

Result<void> Submit::cancel(const ipp::Caller& caller, std::int32_t job_id) {
    SAFEQ_TRY(const ipp::JobInfo info, job(caller, job_id));
    if (ipp::ended(info.state)) return fail(Errc::conflict, "job", "it has ended");
    {
        const std::scoped_lock lock{mutex_};
        const auto it = local_.find(job_id);
        if (it != local_.end() && !it->second.accepted) {
            if (it->second.receiving) return fail(Errc::conflict, "job", "its document is being received");
            local_.erase(it);
            return {};
        }
    }
    // It must be where it can be cancelled: the release server decides about its life.
    if (const auto there = parts_.handover.run_one(info.uuid); !there) {
        const Errc code = there.error().code == Errc::busy ? Errc::busy : Errc::unavailable;
        return fail(code, "job", there.error().message());
    }
    return parts_.upstream.cancel(caller.owner->subject, info.uuid);
}

}  // namespace safeq::service
