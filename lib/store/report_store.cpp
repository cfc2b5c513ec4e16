// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/report_store.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "database_impl.hpp"
#include "report_rows.hpp"

namespace safeq::store {
namespace {

using report::DeviceRow;
using report::JobFilter;
using report::JobRow;
using report::LogPosition;
using report::Total;
using report::TotalsBy;
using report::UserRow;
using sqlite::Connection;
using sqlite::Statement;

Result<LogPosition> find_position(Connection& db, const std::string& origin) {
    SAFEQ_TRY(auto row, db.prepare("SELECT next, unreadable, follower FROM log WHERE origin = ?"));
    row.bind(origin);
    SAFEQ_TRY(const bool there, row.step());
    LogPosition position;
    if (!there) return position;
    position.next = row.number<std::uint64_t>();
    position.unreadable = row.number<std::uint64_t>();
    position.follower = as_text(row.bytes());
    SAFEQ_TRY_VOID(row.check());
    return position;
}

Result<std::optional<JobRow>> find_job(Connection& db, TenantId tenant, JobId job) {
    static const std::string sql =
        fmt::format("SELECT {} FROM report_job WHERE tenant = ? AND job = ?", report_job_columns);
    SAFEQ_TRY(auto row, db.prepare(sql));
    row.bind(tenant).bind(job);
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return std::optional<JobRow>{};
    SAFEQ_TRY(JobRow found, read_row(row));
    return std::optional{std::move(found)};
}

std::string where(const JobFilter& filter) {
    std::string sql = " WHERE tenant = ?";
    if (filter.owner) sql += " AND owner = ?";
    if (filter.device) sql += " AND device = ?";
    if (filter.outcome) sql += " AND outcome = ?";
    if (filter.from) sql += " AND came >= ?";
    if (filter.until) sql += " AND came < ?";
    return sql;
}

void bind_filter(Statement& row, const JobFilter& filter) {
    row.bind(filter.tenant);
    if (filter.owner) row.bind(*filter.owner);
    if (filter.device) row.bind(*filter.device);
    if (filter.outcome) row.bind(name(*filter.outcome));
    if (filter.from) row.bind(*filter.from);
    if (filter.until) row.bind(*filter.until);
}

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(limit, INT64_MAX));
}

std::string_view column_of(TotalsBy by) noexcept {
    switch (by) {
        case TotalsBy::user: return "owner";
        case TotalsBy::device: return "device";
        case TotalsBy::day: return "day";
    }
    return "day";
}

Result<Total> read_total(Statement& row, TotalsBy by) {
    Total total;
    switch (by) {
        case TotalsBy::user: total.user = row.optional([&] { return row.id<SubjectId>(); }); break;
        case TotalsBy::device: total.device = row.optional([&] { return row.id<DeviceId>(); }); break;
        case TotalsBy::day: total.day = std::chrono::sys_days{std::chrono::days{row.integer()}}; break;
    }
    total.jobs = row.number<std::uint64_t>();
    total.printed = row.number<std::uint64_t>();
    total.pages = row.number<std::uint64_t>();
    total.bytes = row.number<std::uint64_t>();
    SAFEQ_TRY_VOID(row.check());
    return total;
}

class Unit final : public report::ReportUnit {
public:
    Unit(Access db, sqlite::Transaction transaction) noexcept
        : db_{std::move(db)}, transaction_{std::move(transaction)} {}

    Result<LogPosition> position(const std::string& origin) override {
        return guarded([&] { return store::find_position(*db_, origin); });
    }
    Result<void> set_position(const std::string& origin, const LogPosition& position) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto put,
                      db_->prepare("INSERT INTO log (origin, next, unreadable, follower) VALUES (?,?,?,?) ON CONFLICT "
                                   "(origin) DO UPDATE SET next = excluded.next, unreadable = excluded.unreadable, "
                                   "follower = excluded.follower"));
            put.bind(origin).bind(position.next).bind(position.unreadable).bind(as_bytes(position.follower));
            return put.run();
        });
    }
    Result<std::optional<JobRow>> find_job(TenantId tenant, JobId job) override {
        return guarded([&] { return store::find_job(*db_, tenant, job); });
    }
    Result<void> put_job(const JobRow& row) override {
        static const std::string sql = fmt::format(
            "INSERT OR REPLACE INTO report_job ({}, {}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            report_job_columns, report_derived_columns);
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto put, db_->prepare(sql));
            bind_row(put, row);
            return put.run();
        });
    }
    Result<void> put_user(const UserRow& row) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto put,
                      db_->prepare("INSERT OR REPLACE INTO report_user (tenant, subject, name) VALUES (?,?,?)"));
            put.bind(row.tenant).bind(row.subject).bind(ByteView{encode(row.name)});
            return put.run();
        });
    }
    Result<void> put_device(const DeviceRow& row) override {
        return guarded([&]() -> Result<void> {
            SAFEQ_TRY(auto put,
                      db_->prepare("INSERT OR REPLACE INTO report_device (tenant, device, name) VALUES (?,?,?)"));
            put.bind(row.tenant).bind(row.device).bind(row.name);
            return put.run();
        });
    }
    Result<void> commit() override {
        if (failed_) return std::unexpected(*failed_);
        return transaction_.commit();
    }

private:
    // A unit in which something went wrong is never committed in part.
    template <class Call>
    auto guarded(Call call) -> decltype(call()) {
        if (failed_) return std::unexpected(*failed_);
        auto result = call();
        if (!result) failed_ = result.error();
        return result;
    }

    Access db_;
    sqlite::Transaction transaction_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<report::ReportUnit>> ReportStore::begin() {
    Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    return std::make_unique<Unit>(std::move(db), std::move(transaction));
}

Result<LogPosition> ReportStore::position(const std::string& origin) {
    const Access db{database_};
    return find_position(*db, origin);
}

Result<std::optional<JobRow>> ReportStore::job(TenantId tenant, JobId job) {
    const Access db{database_};
    return find_job(*db, tenant, job);
}

Result<std::vector<JobRow>> ReportStore::jobs(const report::JobQuery& query) {
    const Access db{database_};
    SAFEQ_TRY(auto row,
              db->prepare(fmt::format("SELECT {} FROM report_job{}{} ORDER BY job DESC LIMIT ?", report_job_columns,
                                      where(query.filter), query.after ? " AND job < ?" : "")));
    bind_filter(row, query.filter);
    if (query.after) row.bind(*query.after);
    row.bind(limit_of(query.limit));
    std::vector<JobRow> jobs;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return jobs;
        SAFEQ_TRY(JobRow job, read_row(row));
        jobs.push_back(std::move(job));
    }
}

Result<std::vector<Total>> ReportStore::totals(const report::TotalsQuery& query) {
    const Access db{database_};
    // total() adds as floating point: unlike sum() it can't overflow, and its cast stops at the largest integer.
    SAFEQ_TRY(auto row,
              db->prepare(fmt::format(
                  "SELECT {0}, count(*), CAST(total(counted_prints) AS INTEGER), CAST(total(counted_pages) AS INTEGER) "
                  "AS pages, "
                  "CAST(total(known_bytes) AS INTEGER) FROM report_job{1} GROUP BY {0} ORDER BY {2} LIMIT ?",
                  column_of(query.by), where(query.filter),
                  query.by == TotalsBy::day ? "day DESC"
                                            : fmt::format("pages DESC, count(*) DESC, {}", column_of(query.by)))));
    bind_filter(row, query.filter);
    row.bind(limit_of(query.limit));
    std::vector<Total> totals;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return totals;
        SAFEQ_TRY(const Total total, read_total(row, query.by));
        totals.push_back(total);
    }
}

Result<std::optional<UserRow>> ReportStore::user(TenantId tenant, SubjectId subject) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare("SELECT name FROM report_user WHERE tenant = ? AND subject = ?"));
    row.bind(tenant).bind(subject);
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return std::optional<UserRow>{};
    SAFEQ_TRY(auto name, decode_sealed_text(row.bytes()));
    SAFEQ_TRY_VOID(row.check());
    return std::optional{UserRow{tenant, subject, std::move(name)}};
}

Result<std::optional<DeviceRow>> ReportStore::device(TenantId tenant, DeviceId device) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare("SELECT name FROM report_device WHERE tenant = ? AND device = ?"));
    row.bind(tenant).bind(device);
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return std::optional<DeviceRow>{};
    std::string name = row.text();
    SAFEQ_TRY_VOID(row.check());
    return std::optional{DeviceRow{tenant, device, std::move(name)}};
}

}  // namespace safeq::store
