// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/handover.hpp>

namespace safeq::service {

Result<Handover::Recovered> Handover::recover() {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    std::map<JobId, std::vector<std::uint32_t>> jobs;
    for (const spool::BlobName& name : names) jobs[name.job].push_back(name.document);

    Recovered out;
    for (const auto& [job, documents] : jobs) {
        SAFEQ_TRY(const bool accepted, parts_.recorder.holds_accepted(job));
        if (accepted) {
            // The hand-over deletes the ticket first: documents without one were taken over already.
            if (documents.front() == 0) {
                add(job, documents.back());
                ++out.waiting;
                continue;
            }
        } else {
            SAFEQ_TRY_VOID(parts_.recorder.orphan_removed(job, "not acknowledged"));
        }
        for (const std::uint32_t number : documents) {
            SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
            ++out.removed;
        }
    }
    return out;
}

void Handover::add(JobId job, std::uint32_t documents) {
    const std::scoped_lock lock{mutex_};
    waiting_.emplace(job, documents);
}

Result<void> Handover::hand_over(JobId job, std::uint32_t documents) {
    bool held = false;
    for (std::uint32_t number = 0; number <= documents && !held; ++number) {
        SAFEQ_TRY(const auto file, parts_.blobs.open({job, number}));
        const auto sent = parts_.upstream.send({job, number}, *file);
        held = !sent && sent.error().code == Errc::already_exists;
        if (!sent && !held) return sent;
    }
    if (!held) SAFEQ_TRY_VOID(parts_.upstream.take(job));
    for (std::uint32_t number = 0; number <= documents; ++number) SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
    return {};
}

Handover::Progress Handover::run() {
    const std::scoped_lock one{one_runner_};
    Progress out;
    std::map<JobId, std::uint32_t> batch;
    {
        const std::scoped_lock lock{mutex_};
        batch = waiting_;
    }
    for (const auto& [job, documents] : batch) {
        auto done = hand_over(job, documents);
        if (!done && done.error().code != Errc::denied) {
            // A job for which there is no room must not keep smaller ones waiting.
            const bool no_room = done.error().code == Errc::disk_full;
            out.unavailable = std::move(done).error();
            if (no_room) continue;
            return out;
        }
        if (done) ++out.taken;
        else out.refused.emplace_back(job, std::move(done).error());
        const std::scoped_lock lock{mutex_};
        waiting_.erase(job);
    }
    return out;
}

std::size_t Handover::waiting() const {
    const std::scoped_lock lock{mutex_};
    return waiting_.size();
}

bool Handover::waits(JobId job) const {
    const std::scoped_lock lock{mutex_};
    return waiting_.contains(job);
}

}  // namespace safeq::service
