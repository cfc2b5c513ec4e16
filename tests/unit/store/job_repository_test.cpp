// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/job_repository.hpp>
#include <safeq/store/subject_keys.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <random>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "job_desk.hpp"
#include "raw_database.hpp"
#include "support/memory_jobs.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using job::Intent;
using job::Job;
using job::State;
using store::Database;
using test::open_release;
using Desk = test::JobDesk;

TEST_CASE("a job comes back as it went, also after a restart", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    Job job = desk.job();
    Job bare = desk.job(2);
    bare.document.pages = std::nullopt;
    bare.title.clear();
    bare.ipp_id = -5;
    const Intent intent = desk.intent(job);
    {
        const auto database = open_release(root / "db");
        store::JobRepository repository{*database};
        auto unit = *repository.begin();
        CHECK(unit->insert(job) == job::Insertion::inserted);
        CHECK(unit->insert(bare) == job::Insertion::inserted);
        CHECK(unit->insert(job) == job::Insertion::already_there);
        REQUIRE(unit->add_intent(intent));
        CHECK(unit->add_intent(intent).error().code == Errc::already_exists);
        REQUIRE(unit->commit());
        CHECK_FALSE(unit->commit());
    }
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    auto unit = *repository.begin();
    CHECK(unit->find(desk.tenant, job.id) == job);
    CHECK(unit->find(desk.tenant, bare.id) == bare);
    CHECK(unit->find_by_ipp_id(desk.tenant, desk.intake, -5) == bare);
    CHECK(unit->intents(desk.tenant) == std::vector{intent});
    REQUIRE(unit->remove_intent(desk.tenant, intent.record));
    REQUIRE(unit->remove_intent(desk.tenant, intent.record));
    CHECK(unit->intents(desk.tenant)->empty());
    REQUIRE(unit->erase(desk.tenant, bare.id));
    CHECK(unit->erase(desk.tenant, bare.id).error().code == Errc::not_found);
}

TEST_CASE("what isn't committed is undone", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const Job job = desk.job();
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    {
        REQUIRE((*repository.begin())->insert(job));
    }
    CHECK((*repository.begin())->find(desk.tenant, job.id).error().code == Errc::not_found);
}

TEST_CASE("every call sees its own tenant only", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    Job job = desk.job();
    const Intent intent = desk.intent(job);
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    auto unit = *repository.begin();
    REQUIRE(unit->insert(job));
    REQUIRE(unit->add_intent(intent));
    CHECK(unit->find(desk.other_tenant, job.id).error().code == Errc::not_found);
    CHECK(unit->find_by_ipp_id(desk.other_tenant, desk.intake, 1).error().code == Errc::not_found);
    CHECK(unit->list(desk.other_tenant, {})->empty());
    CHECK(unit->intents(desk.other_tenant)->empty());
    REQUIRE(unit->remove_intent(desk.other_tenant, intent.record));
    CHECK(unit->intents(desk.tenant)->size() == 1);
    CHECK(unit->erase(desk.other_tenant, job.id).error().code == Errc::not_found);
    job.tenant = desk.other_tenant;
    CHECK(unit->update(job, State::held, 0).error().code == Errc::not_found);
    CHECK(unit->insert(job).error().code == Errc::conflict);
    CHECK(unit->commit());
}

TEST_CASE("update is compare and set", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    Job job = desk.job();
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    auto unit = *repository.begin();
    CHECK(unit->update(job, State::held, 0).error().code == Errc::not_found);
    REQUIRE(unit->insert(job));
    job.state = State::releasing;
    job.attempt = 1;
    CHECK(unit->update(job, State::held, 1).error().code == Errc::conflict);
    CHECK(unit->update(job, State::uncertain, 0).error().code == Errc::conflict);
    REQUIRE(unit->update(job, State::held, 0));
    CHECK(unit->find(desk.tenant, job.id) == job);
    CHECK(unit->update(job, State::held, 0).error().code == Errc::conflict);
}

TEST_CASE("the newest job of an IPP number is found", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const Job old = desk.job(9);
    const Job recent = desk.job(9);
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    auto unit = *repository.begin();
    REQUIRE(unit->insert(recent));
    REQUIRE(unit->insert(old));
    CHECK(unit->find_by_ipp_id(desk.tenant, desk.intake, 9) == recent);
}

TEST_CASE("a unit in which a call failed is not committed in part", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const Job good = desk.job();
    Job bad = desk.job();
    bad.attempt = ~std::uint64_t{0};
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    {
        auto unit = *repository.begin();
        REQUIRE(unit->insert(good));
        CHECK(unit->insert(bad).error().code == Errc::too_large);
        CHECK(unit->find(desk.tenant, good.id).error().code == Errc::too_large);
        CHECK(unit->commit().error().code == Errc::too_large);
    }
    CHECK((*repository.begin())->list(desk.tenant, {})->empty());
}

TEST_CASE("lists agree with the repository in memory, whatever the filter", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    std::mt19937_64 engine{7};
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    test::MemoryRepository memory;
    auto unit = *repository.begin();
    auto other = *memory.begin();
    std::vector<JobId> ids;
    const SubjectId second = SubjectId::make(desk.clock, desk.random);
    const InstanceId second_intake = InstanceId::make(desk.clock, desk.random);
    for (int i = 0; i < 200; ++i) {
        Job job = desk.job(i);
        job.state = job::all_states[engine() % job::all_states.size()];
        if (engine() % 2 == 0) job.owner = second;
        if (engine() % 5 == 0) job.tenant = desk.other_tenant;
        if (engine() % 3 == 0) job.intake = second_intake;
        job.restricted = engine() % 4 == 0;
        job.document.bytes = engine() % 1000;
        job.expires = Time{std::chrono::milliseconds{engine() % 100}};
        job.changed = Time{std::chrono::milliseconds{engine() % 100}};
        ids.push_back(job.id);
        REQUIRE(unit->insert(job));
        REQUIRE(other->insert(job));
    }
    std::size_t found = 0;
    for (int i = 0; i < 500; ++i) {
        job::JobFilter filter{.limit = engine() % 50};
        if (engine() % 2 == 0) filter.owner = engine() % 2 == 0 ? second : desk.owner;
        if (engine() % 4 == 0) filter.intake = engine() % 2 == 0 ? second_intake : desk.intake;
        filter.but_restricted = engine() % 4 == 0;
        if (engine() % 2 == 0) filter.expires_by = Time{std::chrono::milliseconds{engine() % 100}};
        if (engine() % 2 == 0) filter.changed_before = Time{std::chrono::milliseconds{engine() % 100}};
        if (engine() % 2 == 0) filter.changed_since = Time{std::chrono::milliseconds{engine() % 100}};
        if (engine() % 2 == 0) filter.after = ids[engine() % ids.size()];
        constexpr std::array sets{job::StateSet::all(),     job::StateSet::open(),           job::StateSet::terminal(),
                                  job::StateSet::running(), job::StateSet{State::uncertain}, job::StateSet{}};
        filter.states = sets[engine() % sets.size()];
        const TenantId tenant = engine() % 4 == 0 ? desk.other_tenant : desk.tenant;
        const auto jobs = unit->list(tenant, filter);
        REQUIRE(jobs);
        CHECK(*jobs == *other->list(tenant, filter));
        found += jobs->size();
    }
    CHECK(found > 1'000);
    for (const TenantId tenant : {desk.tenant, desk.other_tenant})
        for (const SubjectId owner : {desk.owner, second}) {
            const auto waiting = unit->waiting(tenant, owner);
            REQUIRE(waiting);
            CHECK(*waiting == *other->waiting(tenant, owner));
            CHECK(waiting->jobs > 0);
        }
    CHECK(*unit->waiting(desk.tenant, SubjectId::make(desk.clock, desk.random)) == job::Waiting{});
}

TEST_CASE("a sum of bytes that no integer holds is the largest", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    auto unit = *repository.begin();
    for (int i = 0; i < 3; ++i) {
        Job job = desk.job(i);
        job.document.bytes = INT64_MAX;
        REQUIRE(unit->insert(job));
    }
    CHECK(unit->waiting(desk.tenant, desk.owner) == job::Waiting{.jobs = 3, .bytes = INT64_MAX});
}

TEST_CASE("rows that hold what they can't are refused, not misread", "[store]") {
    const test::TemporaryFolder root;
    const char* const damages[] = {"UPDATE job SET state = 77",      "UPDATE job SET attempt = -1",
                                   "UPDATE job SET owner = x'0102'", "UPDATE job SET copies = 4294967296",
                                   "UPDATE job SET kept = 2",        "UPDATE job SET ipp_id = 2147483648",
                                   "UPDATE job SET pages = -1"};
    for (const char* damage : damages) {
        Desk desk;
        const auto path = root / "db";
        std::filesystem::remove(path);
        const Job job = desk.job();
        {
            const auto database = open_release(path);
            auto unit = *store::JobRepository{*database}.begin();
            REQUIRE(unit->insert(job));
            REQUIRE(unit->commit());
        }
        REQUIRE(test::execute_raw(path, damage) == SQLITE_OK);
        const auto database = open_release(path);
        auto unit = *store::JobRepository{*database}.begin();
        INFO(damage);
        CHECK(unit->find(desk.tenant, job.id).error().code == Errc::malformed);
    }
}

TEST_CASE("inside a unit its thread may read a subject's key, but not begin another unit", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    store::SubjectKeys keys{*database, desk.tenant, crypto::WrapKey::random(desk.random), desk.clock, desk.random};
    REQUIRE(keys.create(desk.owner));
    const SubjectId second = SubjectId::make(desk.clock, desk.random);
    {
        const auto unit = *repository.begin();
        CHECK(keys.key(desk.owner));
        CHECK(keys.create(second));
        CHECK(repository.begin().error().code == Errc::internal);
        CHECK(unit->list(desk.tenant, {}));
    }
    CHECK(keys.key(second).error().code == Errc::key_unknown);
    CHECK(repository.begin());
}

TEST_CASE("threads that race for one attempt get it once", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    const Job job = desk.job();
    const auto database = open_release(root / "db");
    store::JobRepository repository{*database};
    {
        auto unit = *repository.begin();
        REQUIRE(unit->insert(job));
        REQUIRE(unit->commit());
    }
    std::atomic<int> won = 0;
    std::atomic<int> conflicts = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            const auto claim = [&]() -> Result<void> {
                SAFEQ_TRY(const auto unit, repository.begin());
                Job mine = job;
                mine.state = State::releasing;
                mine.attempt = 1;
                SAFEQ_TRY_VOID(unit->update(mine, State::held, 0));
                return unit->commit();
            };
            const auto claimed = claim();
            if (claimed) ++won;
            else if (claimed.error().code == Errc::conflict) ++conflicts;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(won == 1);
    CHECK(conflicts == 7);
}
