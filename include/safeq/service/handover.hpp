// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/upstream.hpp>
#include <safeq/spool/blob.hpp>

namespace safeq::service {

/// The intake's accepted jobs on their way to the release server. The sealed files themselves are the durable record:
/// there is no other. *Threads*: safe from several threads.
class Handover final {
public:
    /// What handing over needs; what is referred to must outlive the object.
    struct Parts {
        spool::BlobStore& blobs;
        Recorder& recorder;
        Upstream& upstream;
        const Clock& clock;
    };

    explicit Handover(const Parts& parts) noexcept : parts_{parts} {}

    /// What a start found in the spool.
    struct Recovered {
        std::size_t waiting = 0;  ///< accepted jobs that are to be handed over
        std::size_t failed = 0;   ///< accepted jobs that can't be handed over any more
        std::size_t removed = 0;  ///< files that no accepted job needs
    };

    /// On start, before listening. A file whose job has no durable leaf was never acknowledged, so it is removed and
    /// recorded. A job of whose files one was set aside is recorded as failed, and the others follow that one. A ticket
    /// without documents is what `Submit` leaves of a job that its client was refused, while nobody knew what the log
    /// had of it: if it has the leaf, the job is recorded as failed, and removed. All others wait to be handed over.
    /// *Errors*: `log_unavailable`; those of the blob store.
    [[nodiscard]] Result<Recovered> recover();

    /// What an accepted job is, as far as handing it over goes.
    struct Accepted {
        std::uint32_t documents = 0;
        SubjectId owner = {};
        std::uint64_t bytes = 0;  ///< of the documents, before sealing

        friend bool operator==(const Accepted&, const Accepted&) = default;
    };
    /// A job whose acceptance is durable now.
    void add(JobId job, const Accepted& accepted);

    /// What one run came to.
    struct Progress {
        std::size_t taken = 0;
        std::vector<std::pair<JobId, Error>> refused;  ///< for good
        std::vector<std::pair<JobId, Error>> later;    ///< not now, for a reason of their own
        std::optional<Error> unavailable;              ///< why others wait: the release server is away, or has no room
    };
    /// Hands over what waits, oldest first. Stops when the release server can't take anything now; what keeps one job
    /// back, such as a file that doesn't read, keeps no other: it is tried again after a second, then after longer and
    /// longer ones, a minute at the most. Jobs that it refuses for good are recorded as failed and reported. Their
    /// files stay until the next start, which tries again; but what was sealed to a key that has been destroyed, or is
    /// of somebody who was erased, is removed, for nobody can ever have it (`key_destroyed`).
    [[nodiscard]] Progress run();

    /// Hands over this one now, if it waits: for who can't act on it before. *Errors*: `busy` while a run is under way,
    /// which may take long; why it is kept back.
    [[nodiscard]] Result<void> run_one(JobId job);

    [[nodiscard]] std::size_t waiting() const;
    /// Whether this job is still to be handed over.
    [[nodiscard]] bool waits(JobId job) const;
    /// What of one person's is still to be handed over, and its bytes, before sealing.
    [[nodiscard]] std::map<JobId, std::uint64_t> waiting_of(SubjectId owner) const;

private:
    // Of a job that is kept back.
    struct Pause {
        std::chrono::seconds length;
        Time end;
    };

    [[nodiscard]] bool pauses(JobId job) const;
    void pause(JobId job);
    // What there is of a job: the numbers of its files, in ascending order.
    struct Files {
        std::vector<std::uint32_t> here, aside;
        [[nodiscard]] bool has_ticket() const noexcept;
    };

    [[nodiscard]] Result<void> sort_out(JobId job, SubjectId owner, const Files& files, bool has_failed,
                                        Recovered& out);
    [[nodiscard]] Result<void> clear(JobId job, const Files& files, Recovered& out);
    [[nodiscard]] Result<void> record_end(JobId job, SubjectId owner, std::string_view why);
    [[nodiscard]] Accepted found(JobId job, std::uint32_t documents, SubjectId owner);
    [[nodiscard]] bool try_one(JobId job, const Accepted& accepted, Progress& out);
    [[nodiscard]] Result<void> hand_over(JobId job, std::uint32_t documents);
    [[nodiscard]] Result<void> remove(JobId job, std::uint32_t documents);
    [[nodiscard]] Result<void> give_up(JobId job, const Accepted& accepted, Errc why);

    Parts parts_;
    mutable std::mutex mutex_;
    std::map<JobId, Accepted> waiting_;
    std::mutex one_runner_;
    std::map<JobId, Pause> pauses_;  // of the one who runs, as is what follows
    std::set<JobId> over_;           // taken, or ended: only our copies are left
};

}  // namespace safeq::service
