// SPDX-License-Identifier: Apache-2.0
#include <safeq/report/projection.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace safeq::report {
namespace {

using audit::Kind;
using audit::Record;

template <class T>
void fill(std::optional<T>& place, const T* value) {
    if (!place && value != nullptr) place = *value;
}

// What the job consists of; the first record that tells it counts.
void describe(JobRow& row, std::string_view origin, const Record& record) {
    if (!row.owner) row.owner = record.subject;
    if (const std::string* const format = record.text(audit::field::format); format != nullptr && row.format.empty())
        row.format = *format;
    fill(row.bytes, record.number(audit::field::bytes));
    fill(row.pages, record.number(audit::field::pages));
    fill(row.copies, record.number(audit::field::copies));
    fill(row.documents, record.number(audit::field::documents));
    const auto keep = [&](std::optional<SealedText>& place, std::string_view field) {
        if (const audit::SealedField* const sealed = record.sealed(field); sealed != nullptr && !place)
            place = SealedText{std::string{origin}, record.id, *sealed};
    };
    keep(row.title, audit::field::title);
    keep(row.user_name, audit::field::user_name);
}

void end(JobRow& row, const Record& record, Outcome outcome) {
    row.outcome = outcome;
    row.ended = record.at;
    if (record.device) row.device = record.device;
}

bool tells_of_a_job(Kind kind) noexcept {
    switch (kind) {
        case Kind::job_accepted:
        case Kind::job_held:
        case Kind::job_releasing:
        case Kind::job_printed:
        case Kind::job_failed:
        case Kind::job_uncertain:
        case Kind::job_deleted:
        case Kind::job_cancelled:
        case Kind::job_expired:
        case Kind::job_restricted:
        case Kind::job_unrestricted: return true;
        case Kind::sign_in:
        case Kind::sign_in_refused:
        case Kind::user_added:
        case Kind::user_changed:
        case Kind::user_erased:
        case Kind::device_added:
        case Kind::device_changed:
        case Kind::token_issued:
        case Kind::token_revoked:
        case Kind::key_created:
        case Kind::key_destroyed:
        case Kind::daemon_started:
        case Kind::daemon_stopped:
        case Kind::orphan_removed:
        case Kind::policy_exception_used:
        case Kind::time_changed:
        case Kind::quota_refused:
        case Kind::credentials_reloaded:
        case Kind::key_retired:
        case Kind::job_kept:
        case Kind::job_unkept:
        case Kind::job_restored:
        case Kind::user_unlocked:
        case Kind::concurrent_use:
        case Kind::pepper_changed:
        case Kind::device_removed: return false;
    }
    return false;
}

Result<void> take_record(ReportUnit& unit, const std::string& origin, const Record& record) {
    const auto kind = record.kind.known();
    if (!kind) return {};
    if (tells_of_a_job(*kind) && record.job) {
        SAFEQ_TRY(std::optional<JobRow> row, unit.find_job(record.tenant, *record.job));
        if (!row) row = JobRow{.tenant = record.tenant, .job = *record.job, .first_seen = record.at};
        project(*row, origin, record);
        return unit.put_job(*row);
    }
    if ((*kind == Kind::user_added || *kind == Kind::user_changed) && record.subject) {
        const audit::SealedField* const name = record.sealed(audit::field::user_name);
        if (name != nullptr) return unit.put_user({record.tenant, *record.subject, {origin, record.id, *name}});
    }
    if ((*kind == Kind::device_added || *kind == Kind::device_changed) && record.device) {
        const std::string* const name = record.text(audit::field::name);
        if (name != nullptr) return unit.put_device({record.tenant, *record.device, *name});
    }
    return {};
}

}  // namespace

void project(JobRow& row, std::string_view origin, const Record& record) {
    const auto kind = record.kind.known();
    if (!kind || !tells_of_a_job(*kind)) return;
    // The earliest, so that it doesn't matter which log is read first.
    if (record.at < row.first_seen) row.first_seen = record.at;
    switch (*kind) {
        case Kind::job_accepted:
            describe(row, origin, record);
            if (!row.accepted) row.accepted = record.at;
            break;
        case Kind::job_held:
            describe(row, origin, record);
            if (!row.held) row.held = record.at;
            row.outcome = Outcome::held;
            break;
        case Kind::job_releasing:
            row.outcome = Outcome::releasing;
            row.released = record.at;
            if (record.device) row.device = record.device;
            break;
        case Kind::job_printed:
            end(row, record, Outcome::printed);
            ++row.prints;
            if (const std::uint64_t* const pages = record.number(audit::field::pages); pages != nullptr) {
                row.printed_pages = std::min(row.printed_pages + *pages, audit::max_number);
            } else {
                ++row.uncounted_prints;
            }
            break;
        case Kind::job_uncertain:
            row.outcome = Outcome::uncertain;
            if (record.device) row.device = record.device;
            break;
        case Kind::job_failed: end(row, record, Outcome::failed); break;
        case Kind::job_deleted:
        case Kind::job_cancelled:
        case Kind::job_expired:
            // A job that was printed and then removed was printed.
            if (row.outcome == Outcome::printed) break;
            end(row, record,
                *kind == Kind::job_deleted     ? Outcome::deleted
                : *kind == Kind::job_cancelled ? Outcome::cancelled
                                               : Outcome::expired);
            break;
        case Kind::job_restricted: row.restricted = true; break;
        case Kind::job_unrestricted: row.restricted = false; break;
        default: break;
    }
}

Result<audit::FollowerState> Projection::state() const {
    SAFEQ_TRY(const LogPosition position, store_.position(origin_));
    if (position.follower.empty()) return audit::FollowerState{};
    return audit::FollowerState::parse(position.follower);
}

Result<void> Projection::take(const audit::FollowedEntries& entries) {
    SAFEQ_TRY(const std::unique_ptr<ReportUnit> unit, store_.begin());
    SAFEQ_TRY(LogPosition position, unit->position(origin_));
    if (entries.first > position.next)
        return fail(Errc::conflict, origin_, fmt::format("entry {} came, {} is next", entries.first, position.next));
    const audit::Index end = entries.first + entries.entries.size();
    if (end < position.next) return {};
    for (audit::Index at = position.next; at < end; ++at) {
        const Result<Record> record = Record::parse(entries.entries[at - entries.first]);
        if (record) {
            SAFEQ_TRY_VOID(take_record(*unit, origin_, *record));
        } else {
            ++position.unreadable;
        }
    }
    position.next = end;
    position.follower = entries.after.encode();
    SAFEQ_TRY_VOID(unit->set_position(origin_, position));
    return unit->commit();
}

audit::EntrySink Projection::sink() {
    return [this](const audit::FollowedEntries& entries) { return take(entries); };
}

}  // namespace safeq::report
