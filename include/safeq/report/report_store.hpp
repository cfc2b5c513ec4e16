// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/merkle.hpp>
#include <safeq/audit/record.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>

namespace safeq::report {

/// Something personal as it stands in a log; it opens only with its subject's key, and not at all once that is gone.
struct SealedText {
    std::string origin;  ///< of the log that holds it
    RecordId record;
    audit::SealedField field;

    friend bool operator==(const SealedText&, const SealedText&) = default;
};

/// How far a job has come, as far as the logs tell.
enum class Outcome : std::uint8_t {
    accepted,
    held,
    releasing,
    printed,
    failed,
    uncertain,
    deleted,
    cancelled,
    expired
};

inline constexpr std::array all_outcomes{Outcome::accepted, Outcome::held,      Outcome::releasing,
                                         Outcome::printed,  Outcome::failed,    Outcome::uncertain,
                                         Outcome::deleted,  Outcome::cancelled, Outcome::expired};

/// "printed"; what exports and filters write.
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;
/// *Errors*: `malformed`.
[[nodiscard]] Result<Outcome> parse_outcome(std::string_view text);

/// Who, what, when, where: one job, from the records of all logs.
struct JobRow {
    TenantId tenant;
    JobId job;
    std::optional<SubjectId> owner = {};
    std::optional<SealedText> user_name = {};
    std::optional<SealedText> title = {};
    std::string format = {};  ///< empty: not known
    std::optional<std::uint64_t> bytes = {};
    std::optional<std::uint64_t> pages = {};  ///< of one copy
    std::optional<std::uint64_t> copies = {};
    std::optional<std::uint64_t> documents = {};
    std::uint64_t prints = 0;             ///< how often it was printed: a favourite, more than once
    std::uint64_t uncounted_prints = 0;   ///< those of which the device told no number of pages
    std::uint64_t printed_pages = 0;      ///< that devices counted, over all other prints and copies
    std::optional<DeviceId> device = {};  ///< of the last release
    std::optional<Time> accepted = {};    ///< by an intake
    std::optional<Time> held = {};        ///< by the release server
    std::optional<Time> released = {};    ///< the last time
    std::optional<Time> ended = {};       ///< printed, failed, deleted, cancelled, expired: the last time
    Outcome outcome = Outcome::accepted;
    bool restricted = false;  ///< frozen now (GDPR, article 18): it counts, and nobody is told whose or what it is
    Time first_seen = {};     ///< of the first record that was taken

    /// When the job came: accepted, else held, else first seen.
    [[nodiscard]] Time when() const noexcept;
    /// The pages that count, over all prints: what the device counted, else pages times copies. At most `max_number`.
    [[nodiscard]] std::uint64_t counted_pages() const noexcept;

    friend bool operator==(const JobRow&, const JobRow&) = default;
};

/// A person's name, as the logs told it last.
struct UserRow {
    TenantId tenant;
    SubjectId subject;
    SealedText name;

    friend bool operator==(const UserRow&, const UserRow&) = default;
};

/// A device's name, as the logs told it last.
struct DeviceRow {
    TenantId tenant;
    DeviceId device;
    std::string name;

    friend bool operator==(const DeviceRow&, const DeviceRow&) = default;
};

/// How far a log has been taken.
struct LogPosition {
    audit::Index next = 0;         ///< the entry to be taken next
    std::uint64_t unreadable = 0;  ///< entries that are no records of a version that is known
    std::string follower = {};     ///< `audit::FollowerState::encode()`

    friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

/// One transaction. What is not committed before the object goes is undone.
class ReportUnit {
public:
    virtual ~ReportUnit() = default;

    /// Where the log of that origin stands; the beginning when it was never seen.
    [[nodiscard]] virtual Result<LogPosition> position(const std::string& origin) = 0;
    /// Keeps where the log of that origin stands from now on.
    [[nodiscard]] virtual Result<void> set_position(const std::string& origin, const LogPosition& position) = 0;

    /// The job's row; nothing when no record told of it.
    [[nodiscard]] virtual Result<std::optional<JobRow>> find_job(TenantId tenant, JobId job) = 0;
    /// Inserts the row, or replaces the one of its tenant and id.
    /// @{
    [[nodiscard]] virtual Result<void> put_job(const JobRow& row) = 0;
    [[nodiscard]] virtual Result<void> put_user(const UserRow& row) = 0;
    [[nodiscard]] virtual Result<void> put_device(const DeviceRow& row) = 0;
    /// @}

    /// Makes everything durable. *Errors*: also when an earlier call of this unit failed.
    [[nodiscard]] virtual Result<void> commit() = 0;

protected:
    ReportUnit() = default;
    ReportUnit(const ReportUnit&) = default;
    ReportUnit& operator=(const ReportUnit&) = default;
};

/// Which jobs. All that is given must hold.
struct JobFilter {
    TenantId tenant;
    std::optional<SubjectId> owner = {};
    std::optional<DeviceId> device = {};
    std::optional<Outcome> outcome = {};
    std::optional<Time> from = {};   ///< `JobRow::when()` at or after
    std::optional<Time> until = {};  ///< strictly before
};

/// A page of jobs, newest first by id (ids sort by the time at which they were made).
struct JobQuery {
    JobFilter filter;
    std::optional<JobId> after = {};  ///< continue behind (older than) this job
    std::size_t limit = 100;
};

/// What the jobs of one sum share.
enum class TotalsBy : std::uint8_t { user, device, day };

/// Sums (which stop at 2^63 - 1) over jobs that share an owner, a device, or the day (UTC) of `JobRow::when()`.
struct Total {
    std::optional<SubjectId> user = {};             ///< only by user; nothing: no owner known
    std::optional<DeviceId> device = {};            ///< only by device; nothing: never released
    std::optional<std::chrono::sys_days> day = {};  ///< only by day
    std::uint64_t jobs = 0;
    std::uint64_t printed = 0;  ///< sum of `JobRow::prints`
    std::uint64_t pages = 0;    ///< sum of `JobRow::counted_pages()`
    std::uint64_t bytes = 0;    ///< of all jobs whose size is known

    friend bool operator==(const Total&, const Total&) = default;
};

/// Which jobs to sum up, and by what.
struct TotalsQuery {
    JobFilter filter;
    TotalsBy by = TotalsBy::user;
    std::size_t limit = 1000;
};

/// Where reports are kept. *Threads*: safe from several threads; units of work follow one another.
class ReportStore {
public:
    virtual ~ReportStore() = default;

    /// Begins a transaction, once the one before has ended.
    [[nodiscard]] virtual Result<std::unique_ptr<ReportUnit>> begin() = 0;

    /// Where the log of that origin stands; the beginning when it was never seen.
    [[nodiscard]] virtual Result<LogPosition> position(const std::string& origin) = 0;
    /// The job's row; nothing when no record told of it.
    [[nodiscard]] virtual Result<std::optional<JobRow>> job(TenantId tenant, JobId job) = 0;
    /// A page of the jobs that the filter lets through.
    [[nodiscard]] virtual Result<std::vector<JobRow>> jobs(const JobQuery& query) = 0;
    /// By day: newest first. Else: most pages first, then most jobs, then by id.
    [[nodiscard]] virtual Result<std::vector<Total>> totals(const TotalsQuery& query) = 0;
    /// The person's row; nothing when no record told of them.
    [[nodiscard]] virtual Result<std::optional<UserRow>> user(TenantId tenant, SubjectId subject) = 0;
    /// The device's row; nothing when no record told of it.
    [[nodiscard]] virtual Result<std::optional<DeviceRow>> device(TenantId tenant, DeviceId device) = 0;

protected:
    ReportStore() = default;
    ReportStore(const ReportStore&) = default;
    ReportStore& operator=(const ReportStore&) = default;
};

}  // namespace safeq::report
