// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <safeq/audit/log.hpp>
#include <safeq/audit/personal.hpp>
#include <safeq/auth/pepper.hpp>
#include <safeq/job/job.hpp>
#include <safeq/job/journal.hpp>
#include <safeq/service/report_event.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/token/store.hpp>

namespace safeq::service {

/// Where and by what somebody shows who they are.
enum class SignInMethod : std::uint8_t { terminal, password, print_token };
/// Where a sign-in is tried, and by what.
struct SignInPlace {
    SignInMethod method;
    std::optional<DeviceId> device = {};  ///< whose terminal it is
};

/// What the destruction of a key is worth: whether older copies of what protects it may lie on some disk.
enum class Assurance : std::uint8_t { best_effort, hardware };

/// Writes what happens into the audit log, one function for each kind of event; every call returns only when the record
/// is durable, so that the act may follow. Names and titles are sealed under the person's own key.
/// *Errors* of all: `log_unavailable`: then the act must be refused. *Threads*: safe from several threads.
class Recorder final : public job::Journal {
public:
    /// What records are made with; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        audit::Log& log;
        audit::SubjectKeys* subjects = nullptr;  ///< where names are known: the release server; null elsewhere
        const Clock& clock;
        Random& random;
    };

    explicit Recorder(const Parts& parts) noexcept : parts_{parts} {}

    /// What an intake knows of a job: ids, format and sizes.
    struct Accepted {
        JobId job;
        SubjectId owner;
        std::string format;
        std::uint64_t bytes;
        std::optional<std::uint32_t> pages;
        std::uint32_t copies;
        std::uint32_t documents;
    };
    /// Before the job is acknowledged. Idempotent: the record's id is derived from the job's.
    [[nodiscard]] Result<void> job_accepted(const Accepted& accepted);
    /// Which of these jobs were recorded as accepted, and whose they are.
    [[nodiscard]] Result<std::map<JobId, SubjectId>> accepted_among(const std::set<JobId>& jobs) const;

    /// The same job at the release server, with its title and its owner's name. Idempotent likewise.
    [[nodiscard]] Result<void> job_held(const job::Job& job, std::string_view title, std::string_view user_name);

    /// Before somebody gets a session, or a listener is told who it is. `factors`: as of `auth::FactorSet::text`.
    [[nodiscard]] Result<void> signed_in(SubjectId subject, const SignInPlace& place, std::string_view factors);
    /// `reason`: the name of an error.
    [[nodiscard]] Result<void> sign_in_refused(const SignInPlace& place, std::string_view reason);
    /// A card that signs in at `here` while its owner is signed in at `other`.
    [[nodiscard]] Result<void> concurrent_use(SubjectId subject, DeviceId here, DeviceId other);
    /// Before a new account is saved.
    [[nodiscard]] Result<void> account_added(SubjectId subject, std::string_view user_name);
    /// Before another form of an account is saved; `changed`: the names of what is different.
    [[nodiscard]] Result<void> account_changed(SubjectId subject, std::string_view user_name,
                                               std::span<const std::string_view> changed);
    /// Before the throttle forgets failures at this person's account.
    [[nodiscard]] Result<void> user_unlocked(SubjectId subject);
    /// Before the person's key is destroyed. Idempotent: the record's id is derived from the person's.
    [[nodiscard]] Result<void> user_erased(SubjectId subject);
    /// Before a job is frozen, or no longer.
    [[nodiscard]] Result<void> job_restricted(const job::Job& job, bool restricted);
    /// Before a job that the log says was taken over, and that the database doesn't have, is held again.
    [[nodiscard]] Result<void> job_restored(const job::Job& job);
    /// By its owner, before it is one, or none any more; `expires`: its new end.
    [[nodiscard]] Result<void> job_kept(const job::Job& job, bool kept, Time expires);
    /// Before a new device is saved.
    [[nodiscard]] Result<void> device_added(DeviceId device, std::string_view name);
    /// Before another form of a device is saved; `changed`: the names of what is different.
    [[nodiscard]] Result<void> device_changed(DeviceId device, std::string_view name,
                                              std::span<const std::string_view> changed);
    /// Before a device is removed.
    [[nodiscard]] Result<void> device_removed(DeviceId device, std::string_view name);
    /// Before a token is given out.
    [[nodiscard]] Result<void> print_token_issued(SubjectId subject, token::TokenId token);
    /// Before a token is revoked.
    [[nodiscard]] Result<void> print_token_revoked(SubjectId subject, token::TokenId token);
    /// Before its key is stored anywhere. Idempotent: the record's id is derived from the epoch's.
    [[nodiscard]] Result<void> epoch_created(const spool::EpochId& epoch);
    /// Before nothing new is sealed to the epoch: when its key is to be destroyed.
    [[nodiscard]] Result<void> epoch_retired(const spool::EpochId& epoch, Time ends);
    /// Before the epoch's key is destroyed: how many files were re-sealed to another, and which jobs that still wait
    /// can't be read any more, every one by its id, 100 in a record. Idempotent: the ids of the records are derived
    /// from the epoch's.
    [[nodiscard]] Result<void> epoch_destroyed(const spool::EpochId& epoch, std::uint64_t moved,
                                               std::span<const JobId> lost, Assurance assurance);
    /// `configuration`: all that is in effect and no secret, as text; the record has its digest. Where the clock is
    /// behind the log's last records, it was set back while the daemon was off: that is recorded before.
    [[nodiscard]] Result<void> daemon_started(std::string_view daemon, std::string_view version,
                                              std::string_view configuration);
    /// Before a daemon ends in order.
    [[nodiscard]] Result<void> daemon_stopped(std::string_view daemon);
    /// Before a daemon shows other certificates than it started with: `serial` and `expires` of its own. Policies
    /// and revocation lists are read anew with them, so `configuration` is told as at the start.
    [[nodiscard]] Result<void> credentials_reloaded(std::string_view daemon, std::string_view serial, Time expires,
                                                    std::string_view configuration);
    /// Before anything is stored under this pepper. Writes nothing where it is the one that was recorded last; who was
    /// recorded more than 65,536 records ago is recorded again, so that a start never reads a whole log.
    [[nodiscard]] Result<void> pepper_in_use(const auth::PepperId& pepper);
    /// What the report server tells. Idempotent: the record's id is derived from the event's and its kind, so that no
    /// event takes the place of another record.
    [[nodiscard]] Result<void> of_report(const ReportEvent& event);
    /// `what`: "jobs" or "bytes".
    [[nodiscard]] Result<void> quota_refused(SubjectId subject, std::string_view what);
    /// Before the files of a job that was never acknowledged are removed. `why`: for people.
    [[nodiscard]] Result<void> orphan_removed(JobId job, std::string_view why);
    /// An accepted job that ended before anybody could take it over; idempotent. `why`: the name of an error, or
    /// "set_aside".
    [[nodiscard]] Result<void> job_failed(JobId job, SubjectId owner, std::string_view why);
    /// Which of these jobs were recorded so.
    [[nodiscard]] Result<std::set<JobId>> failed_among(const std::set<JobId>& jobs) const;
    /// For each connection that a weaker policy than the rule lets through.
    [[nodiscard]] Result<void> policy_exception_used(DeviceId device, std::string_view policy, std::string_view reason,
                                                     std::optional<Time> expires);
    /// The clock jumped, by so much; back where negative.
    [[nodiscard]] Result<void> time_changed(std::chrono::milliseconds by);

    // job::Journal: the life of jobs.
    [[nodiscard]] Result<void> ready() override;
    [[nodiscard]] Result<Bytes> describe(const job::Happening& happening) override;
    [[nodiscard]] Result<void> append(const job::Intent& intent) override;
    [[nodiscard]] Result<bool> holds(RecordId record) override;

private:
    [[nodiscard]] audit::Record record(audit::Kind kind) const;
    [[nodiscard]] Result<Time> last_time() const;
    /// Where records of this kind are whose ids are derived from these jobs'.
    [[nodiscard]] Result<std::map<JobId, audit::Index>> of_jobs(audit::Kind kind, const std::set<JobId>& jobs) const;
    [[nodiscard]] Result<void> write(const audit::Record& record);
    [[nodiscard]] Result<void> write_device(audit::Kind kind, DeviceId device, std::string_view name);
    [[nodiscard]] Result<void> write_print_token(audit::Kind kind, SubjectId subject, token::TokenId token);
    [[nodiscard]] Result<void> add_personal(audit::Record& record, SubjectId subject, std::string_view name,
                                            std::string_view text);

    Parts parts_;
};

/// A person's text sealed under their own key for a database row; opens for the same job only.
[[nodiscard]] Bytes seal_title(const audit::SubjectKey& key, const job::Job& job, std::string_view title,
                               Random& random);
/// *Errors*: `authentication_failed`, `truncated`.
[[nodiscard]] Result<std::string> open_title(const audit::SubjectKey& key, const job::Job& job);

}  // namespace safeq::service
