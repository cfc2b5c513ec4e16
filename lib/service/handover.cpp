// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/handover.hpp>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/envelope.hpp>

namespace safeq::service {

Result<Handover::Recovered> Handover::recover() {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    std::map<JobId, std::vector<std::uint32_t>> jobs;
    for (const spool::BlobName& name : names) jobs[name.job].push_back(name.document);

    std::set<JobId> ids;
    for (const auto& [job, documents] : jobs) ids.insert(job);
    SAFEQ_TRY(const std::set<JobId> accepted, parts_.recorder.accepted_among(ids));

    Recovered out;
    for (const auto& [job, documents] : jobs) {
        if (accepted.contains(job)) {
            // The hand-over deletes the ticket first: documents without one were taken over already.
            if (documents.front() == 0) {
                SAFEQ_TRY(const Accepted left, found(job, documents.back()));
                add(job, left);
                ++out.waiting;
                continue;
            }
        } else {
            SAFEQ_TRY_VOID(parts_.recorder.orphan_removed(job, "not acknowledged"));
            SAFEQ_FAIL_POINT("handover.orphan_recorded");
        }
        for (const std::uint32_t number : documents) {
            SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
            ++out.removed;
            SAFEQ_FAIL_POINT("handover.orphan_removed");
        }
    }
    return out;
}

// What isn't ours to open says it outside; a file that doesn't is for the hand-over to report.
Result<Handover::Accepted> Handover::found(JobId job, std::uint32_t documents) {
    Accepted out{.documents = documents};
    for (std::uint32_t number = 1; number <= documents; ++number) {
        SAFEQ_TRY(const auto file, parts_.blobs.open({job, number}));
        const auto envelope = spool::inspect(*file);
        if (!envelope) continue;
        out.owner = envelope->header().owner;
        out.bytes += envelope->layout.plaintext_bytes;
    }
    return out;
}

void Handover::add(JobId job, const Accepted& accepted) {
    const std::scoped_lock lock{mutex_};
    waiting_.emplace(job, accepted);
}

Result<void> Handover::hand_over(JobId job, std::uint32_t documents) {
    bool held = false;
    for (std::uint32_t number = 0; number <= documents && !held; ++number) {
        SAFEQ_FAIL_POINT("handover.send");
        SAFEQ_TRY(const auto file, parts_.blobs.open({job, number}));
        const auto sent = parts_.upstream.send({job, number}, *file);
        held = !sent && sent.error().code == Errc::already_exists;
        if (!sent && !held) return sent;
        SAFEQ_FAIL_POINT("handover.sent");
    }
    if (!held) SAFEQ_TRY_VOID(parts_.upstream.take(job));
    SAFEQ_FAIL_POINT("handover.taken");
    return remove(job, documents);
}

// The ticket first: see recover.
Result<void> Handover::remove(JobId job, std::uint32_t documents) {
    for (std::uint32_t number = 0; number <= documents; ++number) {
        SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
        SAFEQ_FAIL_POINT("handover.copy_removed");
    }
    return {};
}

Result<void> Handover::give_up(JobId job, std::uint32_t documents) {
    SAFEQ_TRY(const auto ticket, parts_.blobs.open({job, 0}));
    SAFEQ_TRY(const spool::ParsedEnvelope envelope, spool::inspect(*ticket));
    SAFEQ_TRY_VOID(parts_.recorder.job_failed(job, envelope.header().owner, name(Errc::key_destroyed)));
    SAFEQ_FAIL_POINT("handover.given_up");
    return remove(job, documents);
}

Handover::Progress Handover::run() {
    const std::scoped_lock one{one_runner_};
    Progress out;
    std::map<JobId, Accepted> batch;
    {
        const std::scoped_lock lock{mutex_};
        batch = waiting_;
    }
    for (const auto& [job, accepted] : batch) {
        const std::uint32_t documents = accepted.documents;
        auto done = hand_over(job, documents);
        bool for_good = !done && done.error().code == Errc::denied;
        if (!done && done.error().code == Errc::key_destroyed) {
            if (auto ended = give_up(job, documents); ended) for_good = true;
            else done = std::move(ended);
        }
        if (!done && !for_good) {
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

std::map<JobId, std::uint64_t> Handover::waiting_of(SubjectId owner) const {
    std::map<JobId, std::uint64_t> out;
    const std::scoped_lock lock{mutex_};
    for (const auto& [job, accepted] : waiting_)
        if (accepted.owner == owner) out.emplace(job, accepted.bytes);
    return out;
}

}  // namespace safeq::service
