// SPDX-License-Identifier: Apache-2.0
// How much of one person's waits, here and at the release server.
#include <safeq/service/submit.hpp>

namespace safeq::service {

Result<Submit::Elsewhere> Submit::elsewhere(SubjectId owner) {
    Elsewhere out;
    {
        // What is handed over while the release server is asked must not be missed by both: it counts here.
        const std::scoped_lock lock{mutex_};
        for (const auto& [number, local] : local_)
            if (local.owner.subject == owner && local.accepted && !parts_.handover.waits(local.id))
                out.counted.insert(local.id);
        out.on_its_way = parts_.handover.waiting_of(owner);
    }
    const auto remote = parts_.upstream.jobs(owner);
    if (!remote && remote.error().code != Errc::unavailable) return std::unexpected(remote.error());
    if (remote) {
        out.waiting = remote->waiting;
        for (const RemoteJob& one : remote->jobs) out.counted.insert(one.id);
    }
    return out;
}

job::Waiting Submit::usage(SubjectId owner, const Elsewhere& elsewhere) const {
    job::Waiting out = elsewhere.waiting;
    const auto count = [&](JobId job, std::uint64_t bytes) {
        if (elsewhere.counted.contains(job)) return;
        ++out.jobs;
        out.bytes += bytes;
    };
    for (const auto& [job, bytes] : elsewhere.on_its_way) count(job, bytes);
    for (const auto& [number, local] : local_)
        if (local.owner.subject == owner && !elsewhere.on_its_way.contains(local.id)) count(local.id, local.bytes);
    return out;
}

Error Submit::over_quota(SubjectId owner, const char* what) {
    // The refusal stands whether or not the log can be written.
    if (auto told = parts_.recorder.quota_refused(owner, what); !told) return std::move(told).error();
    return {Errc::too_many, "quota", std::string{"no "} + what + " are left: print or delete what waits"};
}

}  // namespace safeq::service
