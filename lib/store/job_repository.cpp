// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/job_repository.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using job::Intent;
using job::Job;
using sqlite::Statement;

constexpr std::string_view columns =
    "id, tenant, owner, intake, ipp_id, state, attempt, device, created, changed, expires, format, bytes, pages, "
    "copies, "
    "documents, kept, restricted, title, pins";

void bind_all(Statement& statement, const Job& job) {
    statement.bind(job.id).bind(job.tenant).bind(job.owner).bind(job.intake).bind(job.ipp_id);
    statement.bind(static_cast<std::uint8_t>(job.state)).bind(job.attempt).bind(job.device);
    statement.bind(job.created).bind(job.changed).bind(job.expires);
    statement.bind(job.document.format).bind(job.document.bytes).bind(job.document.pages).bind(job.document.copies);
    statement.bind(job.document.count).bind(job.kept).bind(job.restricted).bind(ByteView{job.title});
    statement.bind(ByteView{job.pins});
}

Result<Job> read_job(Statement& row) {
    Job job;
    job.id = row.id<JobId>();
    job.tenant = row.id<TenantId>();
    job.owner = row.id<SubjectId>();
    job.intake = row.id<InstanceId>();
    const std::int64_t ipp_id = row.integer();
    if (ipp_id < INT32_MIN || ipp_id > INT32_MAX) return fail(Errc::malformed, "database row", "ipp_id out of range");
    job.ipp_id = static_cast<std::int32_t>(ipp_id);
    SAFEQ_TRY(job.state, job::state_from(row.number<std::uint64_t>()));
    job.attempt = row.number<std::uint64_t>();
    job.device = row.id<DeviceId>();
    job.created = row.time();
    job.changed = row.time();
    job.expires = row.time();
    job.document.format = row.text();
    job.document.bytes = row.number<std::uint64_t>();
    job.document.pages = row.optional([&] { return row.number<std::uint32_t>(); });
    job.document.copies = row.number<std::uint32_t>();
    job.document.count = row.number<std::uint32_t>();
    job.kept = row.boolean();
    job.restricted = row.boolean();
    job.title = row.bytes();
    job.pins = row.bytes();
    SAFEQ_TRY_VOID(row.check());
    return job;
}

// "1,2,3"
std::string numbers(const job::StateSet& states) {
    std::string out;
    for (const job::State state : job::all_states)
        if (states.contains(state)) out += fmt::format("{}{}", out.empty() ? "" : ",", static_cast<unsigned>(state));
    return out;
}

Result<Intent> read_intent(Statement& row) {
    Intent intent;
    intent.record = row.id<RecordId>();
    intent.tenant = row.id<TenantId>();
    intent.job = row.id<JobId>();
    const auto kind = row.number<std::uint8_t>();
    if (kind != static_cast<std::uint8_t>(job::IntentKind::releasing) &&
        kind != static_cast<std::uint8_t>(job::IntentKind::outcome))
        return fail(Errc::malformed, "database row", "no such kind of intent");
    intent.kind = static_cast<job::IntentKind>(kind);
    SAFEQ_TRY(intent.event, job::event_from(row.number<std::uint64_t>()));
    intent.attempt = row.number<std::uint64_t>();
    intent.record_json = row.bytes();
    SAFEQ_TRY_VOID(row.check());
    return intent;
}

class Unit final : public job::UnitOfWork {
public:
    Unit(Access db, sqlite::Transaction transaction) noexcept
        : db_{std::move(db)}, transaction_{std::move(transaction)} {}

    Result<job::Insertion> insert(const Job& job) override {
        return guarded([&]() -> Result<job::Insertion> {
            static const std::string sql = fmt::format(
                "INSERT INTO job ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
                columns);
            {
                SAFEQ_TRY(auto insert, db_->prepare(sql));
                bind_all(insert, job);
                SAFEQ_TRY_VOID(insert.run());
            }
            if (db_->changes() == 1) return job::Insertion::inserted;
            const auto there = find(job.tenant, job.id);
            if (there) return job::Insertion::already_there;
            // One of this id is there, and it isn't this tenant's.
            if (there.error().code == Errc::not_found) return fail(Errc::conflict, "job", job.id.text());
            return std::unexpected{there.error()};
        });
    }

    Result<Job> find(TenantId tenant, JobId id) override {
        static const std::string sql = fmt::format("SELECT {} FROM job WHERE id = ? AND tenant = ?", columns);
        return guarded([&]() -> Result<Job> {
            SAFEQ_TRY(auto row, db_->prepare(sql));
            row.bind(id).bind(tenant);
            return only(row, id.text());
        });
    }

    Result<Job> find_by_ipp_id(TenantId tenant, InstanceId intake, std::int32_t ipp_id) override {
        static const std::string sql = fmt::format(
            "SELECT {} FROM job WHERE tenant = ? AND intake = ? AND ipp_id = ? ORDER BY id DESC LIMIT 1", columns);
        return guarded([&]() -> Result<Job> {
            SAFEQ_TRY(auto row, db_->prepare(sql));
            row.bind(tenant).bind(intake).bind(ipp_id);
            return only(row, fmt::format("IPP job {}", ipp_id));
        });
    }

    Result<std::vector<Job>> list(TenantId tenant, const job::JobFilter& filter) override {
        return guarded([&]() -> Result<std::vector<Job>> {
            const std::string states = numbers(filter.states);
            if (states.empty()) return std::vector<Job>{};
            std::string sql = fmt::format("SELECT {} FROM job WHERE tenant = ? AND state IN ({})", columns, states);
            if (filter.owner) sql += " AND owner = ?";
            if (filter.intake) sql += " AND intake = ?";
            if (filter.expires_by) sql += " AND expires <= ?";
            if (filter.changed_before) sql += " AND changed < ?";
            if (filter.changed_since) sql += " AND changed >= ?";
            if (filter.after) sql += " AND id > ?";
            if (filter.but_restricted) sql += " AND restricted = 0";
            sql += " ORDER BY id LIMIT ?";
            SAFEQ_TRY(auto row, db_->prepare(sql));
            row.bind(tenant);
            if (filter.owner) row.bind(*filter.owner);
            if (filter.intake) row.bind(*filter.intake);
            if (filter.expires_by) row.bind(*filter.expires_by);
            if (filter.changed_before) row.bind(*filter.changed_before);
            if (filter.changed_since) row.bind(*filter.changed_since);
            if (filter.after) row.bind(*filter.after);
            row.bind(static_cast<std::int64_t>(std::min<std::uint64_t>(filter.limit, INT64_MAX)));
            std::vector<Job> jobs;
            for (;;) {
                SAFEQ_TRY(const bool more, row.step());
                if (!more) return jobs;
                SAFEQ_TRY(Job job, read_job(row));
                jobs.push_back(std::move(job));
            }
        });
    }

    Result<job::Waiting> waiting(TenantId tenant, SubjectId owner) override {
        // total() adds as floating point: unlike sum() it can't overflow, and its cast stops at the largest integer.
        static const std::string sql = fmt::format(
            "SELECT count(*), CAST(total(bytes) AS INTEGER) FROM job WHERE tenant = ? AND owner = ? AND "
            "state IN ({}) AND restricted = 0",
            numbers(job::StateSet::open()));
        return guarded([&]() -> Result<job::Waiting> {
            SAFEQ_TRY(auto row, db_->prepare(sql));
            row.bind(tenant).bind(owner);
            SAFEQ_TRY(const bool there, row.step());
            if (!there) return fail(Errc::malformed, "database", "no sum");
            job::Waiting out;
            out.jobs = row.number<std::uint64_t>();
            out.bytes = row.number<std::uint64_t>();
            SAFEQ_TRY_VOID(row.check());
            return out;
        });
    }

    Result<void> update(const Job& job, job::State state, std::uint64_t attempt) override {
        static const std::string sql = fmt::format(
            "UPDATE job SET ({}) = (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE id = ? AND tenant = ? AND state = ? "
            "AND attempt = ?",
            columns);
        return guarded([&]() -> Result<void> {
            {
                SAFEQ_TRY(auto update, db_->prepare(sql));
                bind_all(update, job);
                update.bind(job.id).bind(job.tenant).bind(static_cast<std::uint8_t>(state)).bind(attempt);
                SAFEQ_TRY_VOID(update.run());
            }
            if (db_->changes() == 1) return {};
            SAFEQ_TRY(const Job now, find(job.tenant, job.id));
            return fail(Errc::conflict, "job", fmt::format("it is {}, attempt {}", name(now.state), now.attempt));
        });
    }

    Result<void> erase(TenantId tenant, JobId id) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto erase, db_->prepare("DELETE FROM job WHERE id = ? AND tenant = ?"));
            erase.bind(id).bind(tenant);
            SAFEQ_TRY_VOID(erase.run());
            if (db_->changes() == 0) return fail(Errc::not_found, "job", id.text());
            return {};
        });
    }

    Result<void> add_intent(const Intent& intent) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto add,
                      db_->prepare("INSERT INTO intent (record, tenant, job, kind, event, attempt, record_json) "
                                   "VALUES (?,?,?,?,?,?,?)"));
            add.bind(intent.record).bind(intent.tenant).bind(intent.job).bind(static_cast<std::uint8_t>(intent.kind));
            add.bind(static_cast<std::uint8_t>(intent.event)).bind(intent.attempt).bind(ByteView{intent.record_json});
            return add.run();
        });
    }

    Result<std::vector<Intent>> intents(TenantId tenant) override {
        return guarded([&]() -> Result<std::vector<Intent>> {
            SAFEQ_TRY(auto row,
                      db_->prepare("SELECT record, tenant, job, kind, event, attempt, record_json FROM intent "
                                   "WHERE tenant = ? ORDER BY number"));
            row.bind(tenant);
            std::vector<Intent> intents;
            for (;;) {
                SAFEQ_TRY(const bool more, row.step());
                if (!more) return intents;
                SAFEQ_TRY(Intent intent, read_intent(row));
                intents.push_back(std::move(intent));
            }
        });
    }

    Result<void> remove_intent(TenantId tenant, RecordId record) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto remove, db_->prepare("DELETE FROM intent WHERE record = ? AND tenant = ?"));
            remove.bind(record).bind(tenant);
            return remove.run();
        });
    }

    Result<void> commit() override {
        if (failed_) return std::unexpected(*failed_);
        return transaction_.commit();
    }

private:
    static Result<Job> only(Statement& row, std::string what) {
        SAFEQ_TRY(const bool there, row.step());
        if (!there) return fail(Errc::not_found, "job", std::move(what));
        return read_job(row);
    }

    // A unit in which something went wrong is never committed in part.
    template <class Call>
    auto guarded(Call call) -> decltype(call()) {
        if (failed_) return std::unexpected(*failed_);
        auto result = call();
        if (!result) {
            const Errc code = result.error().code;
            if (code != Errc::not_found && code != Errc::conflict && code != Errc::already_exists)
                failed_ = result.error();
        }
        return result;
    }

    Access db_;
    sqlite::Transaction transaction_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<job::UnitOfWork>> JobRepository::begin() {
    Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    return std::make_unique<Unit>(std::move(db), std::move(transaction));
}

}  // namespace safeq::store
