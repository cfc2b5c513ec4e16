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
    for (const auto& [number, local] : local_) {
        if (local.owner.subject != owner || elsewhere.counted.contains(local.id)) continue;
        ++out.jobs;
        out.bytes += local.bytes;
    }
    return out;
}

Error Submit::over_quota(SubjectId owner, const char* what) {
    // The refusal stands whether or not the log can be written.
    if (auto told = parts_.recorder.quota_refused(owner, what); !told) return std::move(told).error();
    return {Errc::too_many, "quota", std::string{"no "} + what + " are left: print or delete what waits"};
}

}  // namespace safeq::service
