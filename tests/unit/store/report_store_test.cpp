// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/report_store.hpp>

#include <algorithm>
#include <map>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "faulty_vfs.hpp"
#include "raw_database.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using report::JobFilter;
using report::JobRow;
using report::Total;
using report::TotalsBy;
using store::Database;

namespace {

Time at(std::uint64_t hours) { return Time{std::chrono::hours{hours}}; }

std::unique_ptr<Database> open(const test::TemporaryFolder& root) {
    return *Database::open(root / "db", Database::Purpose::report);
}

struct Names {
    ManualClock clock{at(400'000)};
    test::SeededRandom random;
    std::array<TenantId, 2> tenants{TenantId::make(clock, random), TenantId::make(clock, random)};
    std::array<SubjectId, 3> owners{SubjectId::make(clock, random), SubjectId::make(clock, random),
                                    SubjectId::make(clock, random)};
    std::array<DeviceId, 3> devices{DeviceId::make(clock, random), DeviceId::make(clock, random),
                                    DeviceId::make(clock, random)};

    report::SealedText sealed(std::string name) {
        return {"safeq.example/release",
                RecordId::make(clock, random),
                {std::move(name), owners[0], to_bytes("sealed bytes")}};
    }
    JobRow full() {
        clock.advance(std::chrono::milliseconds{1});
        JobRow row;
        row.tenant = tenants[0];
        row.job = JobId::make(clock, random);
        row.owner = owners[0];
        row.user_name = sealed("user");
        row.title = sealed("title");
        row.format = "application/pdf";
        row.bytes = ~std::uint64_t{0};
        row.pages = 12;
        row.copies = 2;
        row.documents = 3;
        row.prints = 3;
        row.uncounted_prints = 1;
        row.printed_pages = 24;
        row.device = devices[0];
        row.accepted = at(1);
        row.held = at(2);
        row.released = at(3);
        row.ended = at(4);
        row.outcome = report::Outcome::printed;
        row.restricted = true;
        row.first_seen = at(5);
        return row;
    }
};

bool matches(const JobRow& row, const JobFilter& filter) {
    return row.tenant == filter.tenant && (!filter.owner || row.owner == filter.owner) &&
           (!filter.device || row.device == filter.device) && (!filter.outcome || row.outcome == *filter.outcome) &&
           (!filter.from || row.when() >= *filter.from) && (!filter.until || row.when() < *filter.until);
}

std::vector<Total> sum(const std::vector<JobRow>& rows, const report::TotalsQuery& query) {
    std::vector<Total> totals;
    for (const JobRow& row : rows) {
        if (!matches(row, query.filter)) continue;
        Total key;
        if (query.by == TotalsBy::user) key.user = row.owner;
        if (query.by == TotalsBy::device) key.device = row.device;
        if (query.by == TotalsBy::day) key.day = std::chrono::floor<std::chrono::days>(row.when());
        auto found = std::ranges::find_if(
            totals, [&](const Total& t) { return t.user == key.user && t.device == key.device && t.day == key.day; });
        if (found == totals.end()) found = totals.insert(found, key);
        ++found->jobs;
        found->printed += row.prints;
        found->pages += row.counted_pages();
        found->bytes += row.bytes.value_or(0);
    }
    std::ranges::sort(totals, [&](const Total& a, const Total& b) {
        if (query.by == TotalsBy::day) return a.day > b.day;
        if (a.pages != b.pages) return a.pages > b.pages;
        if (a.jobs != b.jobs) return a.jobs > b.jobs;
        return a.user != b.user ? a.user < b.user : a.device < b.device;
    });
    totals.resize(std::min(totals.size(), query.limit));
    return totals;
}

}  // namespace

TEST_CASE("rows and positions come back as they went, also after a restart", "[store]") {
    const test::TemporaryFolder root;
    Names names;
    const JobRow full = names.full();
    JobRow bare;
    bare.tenant = names.tenants[0];
    bare.job = names.full().job;
    bare.first_seen = at(9);
    const report::UserRow user{names.tenants[0], names.owners[0], names.sealed("user")};
    const report::DeviceRow device{names.tenants[0], names.devices[0], "Second floor"};
    const report::LogPosition position{77, 1, std::string{"state\0\xff", 7}};
    {
        const auto database = open(root);
        store::ReportStore store{*database};
        CHECK(store.position("safeq.example/release") == report::LogPosition{});
        auto unit = *store.begin();
        REQUIRE(unit->put_job(names.full()));
        JobRow early = full;
        early.outcome = report::Outcome::accepted;
        early.title.reset();
        REQUIRE(unit->put_job(early));
        REQUIRE(unit->put_job(full));
        REQUIRE(unit->put_job(bare));
        REQUIRE(unit->put_user({user.tenant, user.subject, names.sealed("older")}));
        REQUIRE(unit->put_user(user));
        REQUIRE(unit->put_device(device));
        REQUIRE(unit->set_position("safeq.example/release", {1, 0, "x"}));
        REQUIRE(unit->set_position("safeq.example/release", position));
        CHECK(unit->position("safeq.example/release") == position);
        CHECK(*unit->find_job(full.tenant, full.job) == full);
        REQUIRE(unit->commit());
    }
    const auto database = open(root);
    store::ReportStore store{*database};
    CHECK(*store.job(full.tenant, full.job) == full);
    CHECK(*store.job(bare.tenant, bare.job) == bare);
    CHECK(*store.user(user.tenant, user.subject) == user);
    CHECK(*store.device(device.tenant, device.device) == device);
    CHECK(store.position("safeq.example/release") == position);
    CHECK(store.position("safeq.example/intake") == report::LogPosition{});
    CHECK(store.job(names.tenants[1], full.job)->has_value() == false);
    CHECK(store.user(names.tenants[1], user.subject)->has_value() == false);
    CHECK(store.device(names.tenants[1], device.device)->has_value() == false);
    CHECK(store.jobs({.filter = {.tenant = full.tenant}})->size() == 3);
}

TEST_CASE("a database from before jobs could be frozen in it is taken over as it is", "[store]") {
    const test::TemporaryFolder root;
    Names names;
    JobRow row = names.full();
    {
        const auto database = open(root);
        store::ReportStore store{*database};
        auto unit = *store.begin();
        REQUIRE(unit->put_job(row));
        REQUIRE(unit->commit());
    }
    REQUIRE(test::execute_raw(root / "db", "ALTER TABLE report_job DROP COLUMN restricted; PRAGMA user_version = 2") ==
            SQLITE_OK);
    const auto database = open(root);
    store::ReportStore store{*database};
    row.restricted = false;
    CHECK(*store.job(row.tenant, row.job) == row);
}

TEST_CASE("pages and sums agree with counting by hand", "[store]") {
    const test::TemporaryFolder root;
    Names names;
    std::mt19937_64 engine{3};
    const auto database = open(root);
    store::ReportStore store{*database};
    std::vector<JobRow> rows;
    {
        auto unit = *store.begin();
        for (int i = 0; i < 300; ++i) {
            JobRow row = names.full();
            row.tenant = names.tenants[engine() % 5 == 0 ? 1 : 0];
            row.owner = engine() % 6 == 0 ? std::nullopt : std::optional{names.owners[engine() % 3]};
            row.device = engine() % 4 == 0 ? std::nullopt : std::optional{names.devices[engine() % 3]};
            row.bytes = engine() % 6 == 0 ? std::nullopt : std::optional{engine() % 100'000};
            row.pages = engine() % 30;
            row.prints = engine() % 5;
            row.uncounted_prints = engine() % 3;
            if (engine() % 2 == 0) row.printed_pages = 0;
            row.accepted = engine() % 3 == 0 ? std::nullopt : std::optional{at(engine() % 200)};
            row.outcome = report::all_outcomes[engine() % report::all_outcomes.size()];
            rows.push_back(row);
            REQUIRE(unit->put_job(row));
        }
        REQUIRE(unit->commit());
    }
    std::size_t listed = 0;
    for (int i = 0; i < 300; ++i) {
        JobFilter filter{.tenant = names.tenants[engine() % 2]};
        if (engine() % 3 == 0) filter.owner = names.owners[engine() % 3];
        if (engine() % 3 == 0) filter.device = names.devices[engine() % 3];
        if (engine() % 3 == 0) filter.outcome = report::all_outcomes[engine() % report::all_outcomes.size()];
        if (engine() % 3 == 0) filter.from = at(engine() % 200);
        if (engine() % 3 == 0) filter.until = at(engine() % 200);
        report::JobQuery query{.filter = filter, .limit = engine() % 60};
        if (engine() % 3 == 0) query.after = rows[engine() % rows.size()].job;
        std::vector<JobRow> expected;
        for (auto row = rows.rbegin(); row != rows.rend() && expected.size() < query.limit; ++row)
            if (matches(*row, filter) && (!query.after || row->job < *query.after)) expected.push_back(*row);
        const auto jobs = store.jobs(query);
        REQUIRE(jobs);
        CHECK(*jobs == expected);
        listed += jobs->size();
        for (const TotalsBy by : {TotalsBy::user, TotalsBy::device, TotalsBy::day}) {
            const report::TotalsQuery totals{.filter = filter, .by = by, .limit = engine() % 12};
            const auto got = store.totals(totals);
            REQUIRE(got);
            CHECK(*got == sum(rows, totals));
        }
    }
    CHECK(listed > 1'000);
}

TEST_CASE("a forged giant spoils neither its neighbours nor the query", "[store]") {
    const test::TemporaryFolder root;
    Names names;
    const auto database = open(root);
    store::ReportStore store{*database};
    auto unit = *store.begin();
    for (int i = 0; i < 2'000; ++i) {
        JobRow row = names.full();
        row.printed_pages = ~std::uint64_t{0};
        REQUIRE(unit->put_job(row));
    }
    REQUIRE(unit->commit());
    unit.reset();
    const auto totals = store.totals({.filter = {.tenant = names.tenants[0]}, .by = TotalsBy::user});
    REQUIRE(totals);
    REQUIRE(totals->size() == 1);
    CHECK(totals->front().jobs == 2'000);
    CHECK(totals->front().pages == 0x7fff'ffff'ffff'ffff);
}

TEST_CASE("power lost at any point: rows and position together, or neither", "[store]") {
    std::size_t acknowledged = 0;
    std::size_t lost = 0;
    std::size_t n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        Names names;
        const JobRow row = names.full();
        {
            open(root);
        }
        bool done = false;
        {
            const test::FaultyVfs vfs{n};
            if (const auto database = Database::open(root / "db", Database::Purpose::report)) {
                store::ReportStore store{**database};
                const auto take = [&]() -> Result<void> {
                    SAFEQ_TRY(const auto unit, store.begin());
                    SAFEQ_TRY_VOID(unit->put_job(row));
                    SAFEQ_TRY_VOID(unit->set_position("origin", {1, 0, "state"}));
                    return unit->commit();
                };
                done = take().has_value();
            }
            reached = vfs.calls() >= n;
        }
        const auto database = open(root);
        store::ReportStore store{*database};
        const bool there = store.job(row.tenant, row.job)->has_value();
        CHECK(store.position("origin")->next == (there ? 1u : 0u));
        if (done) {
            CHECK(there);
            ++acknowledged;
        }
        if (!there) ++lost;
    }
    CHECK(acknowledged >= 1);
    CHECK(lost >= 3);
}
