// SPDX-License-Identifier: Apache-2.0
// What one person may have waiting, whichever way it comes.
#include <algorithm>
#include <barrier>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <safeq/service/upstream_answer.hpp>

#include "api_world.hpp"

using namespace safeq;
using test::must;
using test::World;

namespace {

service::RemoteJob remote(World& world, job::State state, std::uint64_t bytes) {
    return {.id = JobId::make(world.clock, world.random), .state = state, .bytes = bytes};
}

ipp::Caller caller(World& world) {
    return {.path = "/ipp/print", .owner = ipp::Owner{world.alice, "alice"}, .peer_address = {}};
}

/// An intake that goes on for the whole of a test.
struct Intake {
    explicit Intake(World& world) : epochs{world.epoch_key}, submit{world.submit_parts(epochs)}, who{caller(world)} {}

    std::unique_ptr<ipp::DocumentSink> open() { return must(submit.print(who, {.job_name = "t"})); }

    test::OneEpoch epochs;
    service::Submit submit;
    ipp::Caller who;
};

bool refused(const auto& result) { return !result && result.error().code == Errc::too_many; }

}  // namespace

TEST_CASE("who has as many jobs waiting as they may have is refused another, and that is on record", "[service]") {
    World world;
    world.quota.jobs = 2;
    const auto remote = [&](job::State state, std::uint64_t bytes) {
        return service::RemoteJob{.id = JobId::make(world.clock, world.random), .state = state, .bytes = bytes};
    };
    world.there = {remote(job::State::held, 10), remote(job::State::printed, 10)};
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.there->push_back(remote(job::State::held, 10));
    const auto refused = world.try_print(test::make_pdf(1, "x"), world.alice, "alice");
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_many);
    CHECK(refused.error().message().contains("no jobs are left"));
    const audit::Record record =
        must(audit::Record::parse(must(world.intake->log->entry(world.intake->log->size() - 1))));
    CHECK(record.kind == audit::Kind::quota_refused);
    CHECK(record.subject == world.alice);
    // While the release server is away, what it has doesn't count.
    world.there.reset();
    CHECK(world.try_print(test::make_pdf(1, "x"), world.alice, "alice"));
}

TEST_CASE("a document is refused at the byte that its owner has no room for", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(1, "x");
    world.there = {{.id = JobId::make(world.clock, world.random), .state = job::State::held, .bytes = 1000}};
    world.quota.bytes = 1000 + pdf.size() - 1;
    const auto refused = world.try_print(pdf, world.alice, "alice");
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_many);
    CHECK(refused.error().message().contains("no bytes are left"));
    CHECK(world.intake_blobs.list()->empty());
    world.quota.bytes += 1;
    CHECK(world.try_print(pdf, world.alice, "alice"));
}

TEST_CASE("documents that end in turn, while others are open, don't each get the whole of the quota", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(1, "x");
    world.there.emplace();
    world.quota.bytes = 2 * pdf.size();
    Intake intake{world};
    auto first = intake.open();
    auto second = intake.open();
    must(first->append(pdf));
    (void)must(first->finish());
    first.reset();
    // One that begins now finds the first among what waits, and it counts once.
    auto third = intake.open();
    must(second->append(pdf));
    (void)must(second->finish());
    second.reset();
    CHECK(refused(third->append(pdf)));
    third.reset();
    CHECK(refused(intake.open()->append(pdf)));

    // Handed over and printed: all of it is free again.
    CHECK(world.intake->handover.run().taken == 2);
    CHECK(intake.open()->append(pdf));
}

TEST_CASE("a document counts once, whether it waits here, is told by the release server, or both", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(1, "x");
    world.there.emplace();
    world.quota = {.jobs = 2, .bytes = 2 * pdf.size()};
    Intake intake{world};
    auto open = intake.open();
    must(open->append(pdf));
    const ipp::JobInfo info = must(open->finish());
    // The release server has it; this intake hasn't heard yet.
    world.there->push_back({.id = info.uuid, .ipp_id = info.id, .bytes = pdf.size()});
    auto second = intake.open();
    CHECK(second->append(pdf));
    CHECK(refused(intake.submit.create_job(intake.who, {})));
}

TEST_CASE("what waits at the intake counts for as long as it waits, however long, and after a restart", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(1, "x");
    world.quota = {.jobs = 1, .bytes = 2 * pdf.size() - 1};
    const auto no_job_and_no_room = [&] {
        world.quota.jobs = 1;
        Intake intake{world};
        CHECK(refused(intake.submit.create_job(intake.who, {})));
        CHECK(intake.submit.create_job(
            {.path = "/ipp/print", .owner = ipp::Owner{world.bob, "bob"}, .peer_address = {}}, {}));
        world.quota.jobs = 0;
        Intake lenient{world};
        CHECK(refused(lenient.open()->append(pdf)));
    };
    {
        Intake intake{world};
        auto open = intake.open();
        must(open->append(pdf));
        (void)must(open->finish());
        world.clock.advance(std::chrono::hours{3});
        intake.submit.sweep();
        CHECK(refused(intake.submit.create_job(intake.who, {})));
    }
    no_job_and_no_room();
    world.restart();
    CHECK(must(world.intake->handover.recover()).waiting == 1);
    no_job_and_no_room();

    // Handed over and printed: all of it is free again.
    world.there.emplace();
    REQUIRE(world.intake->handover.run().taken == 1);
    Intake intake{world};
    CHECK(intake.open()->append(pdf));
}

TEST_CASE("jobs that are begun at once are counted at once", "[service]") {
    constexpr std::size_t parallel = 8;
    // Each has been told what waits before one of them goes on.
    struct Meeting final : World {
        std::barrier<> all{parallel};
        Result<service::RemoteJobs> jobs(SubjectId owner) override {
            auto told = World::jobs(owner);
            all.arrive_and_wait();
            return told;
        }
    } world;
    world.there = {remote(world, job::State::held, 10)};
    world.quota.jobs = 4;
    Intake intake{world};
    std::atomic<std::size_t> made = 0, over = 0;
    {
        std::vector<std::jthread> clients;
        for (std::size_t i = 0; i < parallel; ++i)
            clients.emplace_back([&] {
                const auto info = intake.submit.create_job(intake.who, {});
                if (info) ++made;
                else if (refused(info)) ++over;
            });
    }
    CHECK(made == 3);
    CHECK(over == parallel - 3);
}

TEST_CASE("what the release server doesn't list counts too", "[service]") {
    World world;
    world.there.emplace();
    world.unlisted = {.jobs = 1500, .bytes = 1'000'000};
    world.quota.jobs = 1501;
    CHECK(world.try_print(test::make_pdf(1, "x"), world.alice, "alice"));
    world.quota.jobs = 1500;
    CHECK(refused(world.try_print(test::make_pdf(1, "x"), world.alice, "alice")));
    world.quota = {.jobs = 0, .bytes = 1'000'100};
    CHECK(refused(world.try_print(test::make_pdf(1, "x"), world.alice, "alice")));
}

TEST_CASE("the release server tells all that somebody has waiting, however much, from every intake", "[service]") {
    test::ApiWorld world;
    const auto add = [&](InstanceId intake, SubjectId owner, job::State state, bool restricted) {
        world.clock.advance(std::chrono::milliseconds{1});
        job::Job job{.id = JobId::make(world.clock, world.random),
                     .tenant = world.tenant,
                     .owner = owner,
                     .intake = intake,
                     .ipp_id = 1,
                     .state = state,
                     .created = world.clock.now(),
                     .changed = world.clock.now(),
                     .expires = world.clock.now(),
                     .document = {.format = "application/pdf", .bytes = 10},
                     .restricted = restricted};
        job.title = service::seal_title(must(world.subjects.key(owner)), job, "t", world.random);
        const auto unit = must(world.repository.begin());
        (void)must(unit->insert(job));
        must(unit->commit());
    };
    const InstanceId other = InstanceId::make(world.clock, world.random);
    for (int i = 0; i < 1100; ++i) add(other, world.carol, job::State::held, false);
    for (int i = 0; i < 1100; ++i) add(world.instance, world.carol, job::State::held, false);
    add(world.instance, world.carol, job::State::uncertain, false);
    add(world.instance, world.carol, job::State::printed, false);
    add(world.instance, world.carol, job::State::held, true);
    add(world.instance, world.alice, job::State::held, false);
    const auto told = must(service::read_remote_jobs(world
                                                         .call({.route = "GET /internal/v1/owners/{owner}/jobs",
                                                                .peer = world.at_intake,
                                                                .path = {{"owner", world.carol.text()}}})
                                                         .body));
    CHECK(told.jobs.size() == 1001);  // what another intake has keeps none of this one's out
    CHECK(told.waiting == job::Waiting{.jobs = 2201, .bytes = 22'010});
}
