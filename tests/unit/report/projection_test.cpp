// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "unit/report/report_world.hpp"

using namespace safeq;
using namespace safeq::report;
using audit::Kind;
using test::ReportWorld;

TEST_CASE("who, what, when, where: from both logs, however they are interleaved") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const JobId job = JobId::make(world.clock, world.random);
    const audit::Record accepted = world.accepted(job, alice);
    const audit::Record held = world.held(job, alice, "Plan.pdf", "Alice");
    audit::Record releasing = world.of_job(Kind::job_releasing, job);
    releasing.device = world.device;
    audit::Record printed = world.of_job(Kind::job_printed, job);
    printed.add(audit::field::pages, 7);
    audit::Record named = world.record(Kind::device_added);
    named.device = world.device;
    named.add(audit::field::name, "Floor 2");
    const std::vector<audit::Record> release{named, held, releasing, printed};

    // The intake's record comes before each of the release server's, or after all.
    std::optional<JobRow> expected;
    for (std::size_t when = 0; when <= release.size(); ++when) {
        world.store.clear();
        for (std::size_t i = 0; i <= release.size(); ++i) {
            if (i == when) REQUIRE(world.take(world.intake, {accepted}));
            if (i < release.size()) REQUIRE(world.take(world.release, {release[i]}));
        }
        const auto row = *world.store.job(world.tenant, job);
        REQUIRE(row);
        if (!expected) expected = row;
        CHECK(*row == *expected);
    }
    CHECK(expected->owner == alice);
    CHECK(expected->format == "application/pdf");
    CHECK(expected->pages == 3);
    CHECK(expected->accepted == accepted.at);
    CHECK(expected->held == held.at);
    CHECK(expected->released == releasing.at);
    CHECK(expected->ended == printed.at);
    CHECK(expected->device == world.device);
    CHECK(expected->outcome == Outcome::printed);
    CHECK(expected->when() == accepted.at);
    CHECK(expected->counted_pages() == 7);
    CHECK((*world.store.device(world.tenant, world.device))->name == "Floor 2");
}

TEST_CASE("the same entries again change nothing") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const JobId job = JobId::make(world.clock, world.random);
    std::vector<Bytes> entries;
    for (const audit::Record& each :
         {world.held(job, alice, "a", "b"), world.of_job(Kind::job_printed, job), world.of_job(Kind::job_printed, job)})
        entries.push_back(*each.encode());
    REQUIRE(world.take_entries(world.release, entries));
    const auto before = world.store.data();
    CHECK((*world.store.job(world.tenant, job))->prints == 2);
    CHECK((*world.store.job(world.tenant, job))->counted_pages() == 12);

    Projection projection{world.store, world.release};
    const audit::FollowerState state = *projection.state();
    CHECK(state.seen.size() == 3);
    std::vector<ByteView> views{entries.begin(), entries.end()};
    for (std::size_t first = 0; first <= 3; ++first) {
        REQUIRE(projection.take({first, std::span{views}.subspan(first), state}));
        CHECK(world.store.data() == before);
    }
    REQUIRE(projection.take({0, std::span{views}.first(2), state}));
    CHECK(world.store.data() == before);
    CHECK(projection.take({4, {}, state}).error().code == Errc::conflict);
}

TEST_CASE("whichever change fails, the entries count once") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const JobId job = JobId::make(world.clock, world.random);
    const audit::Record user = world.added(alice, "Alice");
    const std::vector<audit::Record> records{user, world.held(job, alice, "a", "b"),
                                             world.of_job(Kind::job_printed, job)};
    for (std::size_t n = 0;; ++n) {
        world.store.clear();
        world.store.fail_at(n);
        if (world.take(world.release, records)) {
            CHECK(n == 5);
            break;
        }
        CHECK(world.store.data() == decltype(world.store.data()){});
        world.store.fail_at(test::MemoryReportStore::never);
        REQUIRE(world.take(world.release, records));
        CHECK((*world.store.job(world.tenant, job))->prints == 1);
        CHECK((*world.store.user(world.tenant, alice))->name.record == user.id);
    }
}

TEST_CASE("the outcome is the last that the release server told") {
    ReportWorld world;
    const auto outcome_after = [&](std::initializer_list<Kind> kinds) {
        const JobId job = JobId::make(world.clock, world.random);
        JobRow row{.tenant = world.tenant, .job = job, .first_seen = world.clock.now()};
        for (const Kind kind : kinds) project(row, world.release, world.of_job(kind, job));
        return row.outcome;
    };
    using enum Kind;
    CHECK(outcome_after({job_accepted}) == Outcome::accepted);
    CHECK(outcome_after({job_held, job_accepted}) == Outcome::held);
    CHECK(outcome_after({job_held, job_releasing}) == Outcome::releasing);
    CHECK(outcome_after({job_held, job_releasing, job_uncertain}) == Outcome::uncertain);
    CHECK(outcome_after({job_held, job_releasing, job_uncertain, job_printed, job_deleted}) == Outcome::printed);
    CHECK(outcome_after({job_held, job_releasing, job_failed, job_held}) == Outcome::held);
    CHECK(outcome_after({job_held, job_releasing, job_failed}) == Outcome::failed);
    CHECK(outcome_after({job_held, job_deleted}) == Outcome::deleted);
    CHECK(outcome_after({job_held, job_cancelled}) == Outcome::cancelled);
    CHECK(outcome_after({job_held, job_expired}) == Outcome::expired);
    CHECK(outcome_after({job_held, sign_in, orphan_removed}) == Outcome::held);
    for (const Outcome outcome : all_outcomes) CHECK(*parse_outcome(name(outcome)) == outcome);
    CHECK(!parse_outcome("Printed"));
}

TEST_CASE("entries that are no records, and kinds of later versions, are passed over") {
    ReportWorld world;
    const JobId job = JobId::make(world.clock, world.random);
    audit::Record later = world.of_job(Kind::job_held, job);
    later.kind = *audit::KindName::parse("job_teleported");
    REQUIRE(world.take_entries(world.release, {to_bytes("nonsense"), *later.encode(), to_bytes("{}")}));
    CHECK(world.store.position(world.release)->next == 3);
    CHECK(world.store.position(world.release)->unreadable == 2);
    CHECK(!*world.store.job(world.tenant, job));
    // A job of another tenant is another job.
    audit::Record foreign = world.of_job(Kind::job_held, job);
    foreign.tenant = TenantId::make(world.clock, world.random);
    REQUIRE(world.take(world.release, {foreign}));
    CHECK(!*world.store.job(world.tenant, job));
}

TEST_CASE("a frozen job counts, and nobody reads its title or whose it is until it is lifted") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const JobId job = JobId::make(world.clock, world.random);
    const audit::Record user = world.added(alice, "Alice");
    REQUIRE(world.take(world.release, {user, world.held(job, alice, "Plan.pdf", "Alice")}));
    const Report report{world.store, world.keys};
    const JobQuery all{.filter = {.tenant = world.tenant}};
    const auto readable = [&] {
        const auto lines = *report.jobs(all);
        REQUIRE(lines.size() == 1);
        const std::string texts = jobs_csv(lines) + jobs_json(lines) +
                                  to_html({.heading = "h",
                                           .style_sheet = "/style.css",
                                           .jobs = lines,
                                           .by_user = {},
                                           .by_device = {},
                                           .by_day = {}});
        CHECK(texts.contains("Alice") == texts.contains("Plan.pdf"));
        CHECK(texts.contains("(restricted)") == !texts.contains("Alice"));
        return texts.contains("Alice");
    };
    CHECK(readable());
    REQUIRE(world.take(world.release, {world.of_job(Kind::job_restricted, job)}));
    CHECK((*world.store.job(world.tenant, job))->restricted);
    CHECK((*world.store.job(world.tenant, job))->outcome == Outcome::held);
    CHECK_FALSE(readable());
    // The intake's log is read late: what it tells doesn't lift it.
    REQUIRE(world.take(world.intake, {world.accepted(job, alice)}));
    CHECK_FALSE(readable());
    CHECK(world.store.totals({.filter = all.filter})->at(0).jobs == 1);
    REQUIRE(world.take(world.release, {world.of_job(Kind::job_unrestricted, job)}));
    CHECK(readable());
}

TEST_CASE("counted pages never overflow") {
    JobRow row;
    CHECK(row.counted_pages() == 0);
    row.pages = audit::max_number;
    row.copies = audit::max_number;
    row.uncounted_prints = audit::max_number;
    CHECK(row.counted_pages() == audit::max_number);
    row.printed_pages = std::numeric_limits<std::uint64_t>::max();
    CHECK(row.counted_pages() == audit::max_number);
    row.copies = 0;
    row.printed_pages = 5;
    CHECK(row.counted_pages() == 5);
}

TEST_CASE("totals by user, device and day") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const SubjectId bob = world.person();
    const auto print = [&](SubjectId who, std::uint64_t pages) {
        const JobId job = JobId::make(world.clock, world.random);
        audit::Record printed = world.of_job(Kind::job_printed, job);
        printed.device = world.device;
        printed.add(audit::field::pages, pages);
        REQUIRE(world.take(world.release, {world.held(job, who, "t", "n"), printed}));
    };
    print(alice, 4);
    print(bob, 9);
    world.clock.advance(std::chrono::days{1});
    print(alice, 1);
    REQUIRE(world.take(world.intake, {world.accepted(JobId::make(world.clock, world.random), bob)}));

    const JobFilter all{.tenant = world.tenant};
    const auto users = *world.store.totals({.filter = all, .by = TotalsBy::user});
    REQUIRE(users.size() == 2);
    CHECK(users[0] == Total{.user = bob, .jobs = 2, .printed = 1, .pages = 9, .bytes = 10000});
    CHECK(users[1] == Total{.user = alice, .jobs = 2, .printed = 2, .pages = 5, .bytes = 10000});
    const auto days = *world.store.totals({.filter = all, .by = TotalsBy::day});
    REQUIRE(days.size() == 2);
    CHECK(days[0].day > days[1].day);
    CHECK(days[1].pages == 13);
    const auto devices = *world.store.totals({.filter = all, .by = TotalsBy::device});
    REQUIRE(devices.size() == 2);
    CHECK(devices[0].device == world.device);
    CHECK(devices[0].pages == 14);
    CHECK(!devices[1].device);
}
