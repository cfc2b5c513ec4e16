// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>

#include <safeq/auth/account.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/service/logged_job.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/retention.hpp>
#include <safeq/service/ticket.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/reader.hpp>

namespace safeq::service {

/// Takes jobs over from the intakes: sealed files come first, one by one, then the job as a whole is checked, recorded
/// and held. Every step may be repeated: an intake retries until the job is taken, then deletes its own copy.
/// *Threads*: safe from several threads.
class Custody final {
public:
    /// What taking over needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        spool::BlobStore& blobs;
        spool::EpochKeys& epochs;
        spool::KnownIntakes& intakes;
        job::Repository& repository;
        job::Jobs& jobs;
        auth::CredentialStore& accounts;
        audit::SubjectKeys& subjects;
        Recorder& recorder;
        const audit::Log& log;  ///< of the recorder
        const Clock& clock;
        Random& random;
        Retention retention;
    };

    explicit Custody(const Parts& parts) : parts_{parts} {}

    /// Where the bytes of one sealed file of the job go, exactly as the intake has them; what isn't that intake's, this
    /// tenant's and of this name is refused with its beginning: see `spool::arrival`.
    /// *Errors*: `already_exists` when the job is held already: there is nothing to send; those of the blob store.
    [[nodiscard]] Result<std::unique_ptr<spool::BlobSink>> receive(InstanceId intake, const spool::BlobName& name);

    /// Takes the job over: all its files are here, they are that intake's, this tenant's and one owner's, and open.
    /// Returns only when the job is held durably; taking it again changes nothing. An owner who is disabled keeps what
    /// was acknowledged: it waits until it expires, or they may sign in again.
    /// *Errors*: `key_destroyed` for files that nobody can ever open, or whose owner was erased: they are removed;
    /// `header_mismatch`, `denied` for another intake's files or an unknown owner; those of `spool::Reader::open`, of
    /// `Ticket::parse`; `log_unavailable`.
    [[nodiscard]] Result<void> take(InstanceId intake, JobId job);

    /// What became of files that no job in the database needs.
    struct Swept {
        std::size_t removed = 0;   ///< files: their intakes still have them and send them again, or their jobs ended
        std::size_t restored = 0;  ///< jobs
        std::vector<std::pair<JobId, Error>> left;  ///< jobs whose files were not touched, and why
    };

    /// On start, before anything is received. A job that the log says was taken over, and that the database doesn't
    /// know, was lost with it (an old copy was put back, say), and its intake has forgotten it: it is held again, also
    /// as a favourite or restricted, when nobody has tried to print it; its files are removed when it has ended; and
    /// left where they are when that can't be told, or they don't open. What was never taken over is removed, for its
    /// intake sends it again; what another tenant's or an unknown intake's is stays.
    [[nodiscard]] Result<Swept> sweep();

    /// Runs `act` while no job is being taken: those that are under way end first, others wait. The jobs that `act`
    /// finds are then all that there are. Not to be called from within itself.
    [[nodiscard]] Result<void> undisturbed(const std::function<Result<void>()>& act);

private:
    [[nodiscard]] Result<void> take_what_opens(InstanceId intake, JobId job, const LoggedJob* lost);
    [[nodiscard]] Result<void> restore(JobId job, const LoggedJob& lost);
    [[nodiscard]] Result<bool> sort_out(JobId job, std::span<const spool::BlobName> files, const LoggedJob& logged,
                                        Swept& swept);
    [[nodiscard]] std::optional<Error> not_ours(JobId job, std::span<const spool::BlobName> files);
    [[nodiscard]] Result<void> discard(JobId job);
    [[nodiscard]] Result<Ticket> read_ticket(const spool::Header& expected, Bytes& pins);
    [[nodiscard]] Result<bool> known(JobId job);

    Parts parts_;
    std::shared_mutex taking_;
};

}  // namespace safeq::service
