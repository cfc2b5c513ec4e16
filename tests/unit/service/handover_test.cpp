// SPDX-License-Identifier: Apache-2.0
// What keeps one job back keeps no other, and what the release server won't have has an end.
#include <safeq/service/handover.hpp>

#include <atomic>
#include <future>
#include <latch>
#include <semaphore>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "api_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::check_failed;
using test::must;
using test::World;

namespace {

std::size_t held(World& world, SubjectId owner) {
    return must(world.release->desk.jobs(world.session_of(owner))).size();
}

/// Alice's job, which something is wrong with, and then Bob's.
struct Two {
    World world;
    JobId bad = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    JobId good = world.print(test::make_pdf(1, "y"), world.bob, "bob").uuid;

    service::Handover::Progress run() { return world.intake->handover.run(); }
    void check_good_is_held() { CHECK(held(world, world.bob) == 1); }
};

/// A media-col with so many members: more than the release server takes of a ticket.
std::vector<ipp::Attribute> many_members(std::size_t count) {
    std::vector<ipp::Attribute> members;
    for (std::size_t i = 0; i < count; ++i)
        members.emplace_back("media-left-margin", ipp::Value::keyword(std::string(255, 'x')));
    return {ipp::Attribute{"media-col", ipp::Value::collection(ipp::Collection{std::move(members)})}};
}

}  // namespace

TEST_CASE("a job that asks for more than the release server reads is refused before it is acknowledged", "[service]") {
    World world;
    const auto refused =
        world.try_print(test::make_pdf(1, "x"), world.alice, "alice", "application/pdf", many_members(500));
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_large);
    CHECK(world.intake->log->size() == 0);
    CHECK(world.intake_blobs.list()->empty());
    REQUIRE(world.try_print(test::make_pdf(1, "x"), world.alice, "alice", "application/pdf", many_members(100)));
    CHECK(world.intake->handover.run().taken == 1);
}

TEST_CASE("a damaged ticket keeps no other job back", "[service]") {
    Two two;
    Bytes ticket = two.world.intake_blobs.bytes({two.bad, 0});
    ticket[0] ^= std::byte{1};
    two.world.intake_blobs.put({two.bad, 0}, ticket);
    const auto progress = two.run();
    CHECK(progress.taken == 1);
    CHECK(!progress.unavailable);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].first == two.bad);
    CHECK(progress.refused[0].second.code == Errc::malformed);
    check_failed(two.world, two.bad, two.world.alice, "malformed");
    // A start tries it again, in case it was mended; its end is on record once.
    const auto size = two.world.intake->log->size();
    two.world.restart();
    CHECK(must(two.world.intake->handover.recover()).waiting == 1);
    CHECK(two.run().refused.size() == 1);
    CHECK(two.world.intake->log->size() == size);
    two.check_good_is_held();
}

TEST_CASE("a file that the disk doesn't read keeps no other job back", "[service]") {
    Two two;
    two.world.intake_blobs.make_unreadable({two.bad, 1});
    const auto progress = two.run();
    CHECK(progress.taken == 1);
    CHECK(!progress.unavailable);
    REQUIRE(progress.later.size() == 1);
    CHECK(progress.later[0].first == two.bad);
    CHECK(progress.later[0].second.code == Errc::io_failed);
    CHECK(two.world.intake->handover.waits(two.bad));
    two.check_good_is_held();
}

TEST_CASE("a document that isn't there keeps no other job back", "[service]") {
    Two two;
    must(two.world.intake_blobs.remove({two.bad, 1}));
    const auto progress = two.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.later.size() == 1);
    CHECK(progress.later[0].second.code == Errc::not_found);
    two.check_good_is_held();
}

TEST_CASE("a file that the release server's disk doesn't read keeps no other job back", "[service]") {
    Two two;
    two.world.release_blobs.make_unreadable({two.bad, 1});
    const auto progress = two.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.later.size() == 1);
    CHECK(progress.later[0].second.code == Errc::io_failed);
    two.check_good_is_held();

    // And so it is told between the servers.
    test::ApiWorld w;
    w.nothing_is_taken = true;
    const JobId job = w.job();
    w.release_blobs.make_unreadable({job, 1});
    const auto told =
        w.call({.route = "POST /internal/v1/jobs/{job}", .peer = w.at_intake, .path = {{"job", job.text()}}});
    CHECK(told.status == 503);
    CHECK(told.body == R"({"error":"io_failed"})");
}

TEST_CASE("a job that is kept back is tried again, less and less often", "[service]") {
    Two two;
    World& world = two.world;
    const Bytes document = world.intake_blobs.bytes({two.bad, 1});
    must(world.intake_blobs.remove({two.bad, 1}));
    REQUIRE(two.run().later.size() == 1);
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 64s}) {
        world.clock.advance(pause - 1ms);
        CHECK(two.run().later.empty());
        world.clock.advance(1ms);
        CHECK(two.run().later.size() == 1);
    }
    // Nor does it wait for a clock that went back.
    world.clock.advance(-10min);
    CHECK(two.run().later.size() == 1);
    world.intake_blobs.put({two.bad, 1}, document);
    world.clock.advance(64s);
    CHECK(two.run().taken == 1);
    CHECK(held(world, world.alice) == 1);
    CHECK(world.intake->handover.waiting() == 0);
}

TEST_CASE("a job of an intake that release doesn't know waits until it does", "[service]") {
    Two two;
    World& world = two.world;
    world.intakes.remove(world.instance);
    const auto progress = two.run();
    CHECK(progress.refused.empty());
    REQUIRE(progress.later.size() == 2);
    CHECK(progress.later[0].second.code == Errc::key_unknown);
    world.intakes.set(world.instance, world.signer.verifying_key());
    world.clock.advance(1s);
    CHECK(two.run().taken == 2);

    // And so it is told between the servers; an epoch that isn't at hand likewise.
    for (const bool strange_epoch : {false, true}) {
        test::ApiWorld w;
        w.nothing_is_taken = true;
        if (strange_epoch) w.epoch_key = crypto::XwingPrivateKey::generate(w.random).public_key();
        const JobId job = w.job();
        if (!strange_epoch) w.intakes.remove(w.instance);
        const auto told =
            w.call({.route = "POST /internal/v1/jobs/{job}", .peer = w.at_intake, .path = {{"job", job.text()}}});
        CHECK(told.status == 503);
        CHECK(told.body == (strange_epoch ? R"({"error":"epoch_unknown"})" : R"({"error":"key_unknown"})"));
    }
}

TEST_CASE("a job whose owner nobody knows any more is on record as failed, and its files stay", "[service]") {
    World world;
    const SubjectId forgotten = SubjectId::make(world.clock, world.random);
    const JobId job = world.print(test::make_pdf(1, "x"), forgotten, "carol").uuid;
    (void)world.print(test::make_pdf(1, "y"), world.bob, "bob");
    const auto progress = world.intake->handover.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::denied);
    check_failed(world, job, forgotten, "denied");
    CHECK(world.intake_blobs.list()->size() == 2);
}

TEST_CASE("without a record of its end a job isn't ended", "[service]") {
    World world;
    const JobId job = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    world.subjects.destroy(world.alice);
    world.intake_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    const auto progress = world.intake->handover.run();
    CHECK(progress.refused.empty());
    CHECK(progress.unavailable->code == Errc::log_unavailable);
    CHECK(world.intake_blobs.list()->size() == 2);
    CHECK(world.intake->handover.run().refused.size() == 1);
    check_failed(world, job, world.alice, "key_destroyed");
    CHECK(world.intake_blobs.list()->empty());
}

TEST_CASE("a job of somebody who was disabled meanwhile is held for when they may sign in again", "[service]") {
    World world;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    auth::Account account = must(world.accounts.find_by_subject(world.tenant, world.alice));
    account.disabled = true;
    must(world.accounts.save(account));
    CHECK(world.intake->handover.run().taken == 1);
    CHECK(held(world, world.alice) == 1);
}

TEST_CASE("who is erased while a job of theirs is taken over has no job held", "[service]") {
    test::ApiWorld w;
    w.nothing_is_taken = true;
    const JobId job = w.job();
    w.nothing_is_taken = false;

    // It is on record as held, and about to be: the erasure goes as far as it can by then.
    std::atomic<bool> about = false, begun = false;
    std::binary_semaphore far{0};
    w.release_log_disk->before_append = [&] { about = true; };
    w.before_erasure = [&] { far.release(); };
    std::jthread erasing;
    Result<SubjectId> erased = fail(Errc::internal, "erasure", "not begun");
    w.repository.before_begin = [&] {
        if (!about || begun.exchange(true)) return;
        erasing = std::jthread{[&] {
            erased = w.front->admin.erase_user("carol");
            far.release();
        }};
        far.acquire();
    };
    w.clock.advance(1s);
    CHECK(w.intake->handover.run().taken == 1);
    REQUIRE(begun);
    erasing.join();
    CHECK(must(std::move(erased)) == w.carol);
    CHECK(w.state_of(job) == job::State::deleted);
    CHECK(w.release_blobs.list()->empty());
}

TEST_CASE("a job of which one file was set aside is on record as failed, and loses no other", "[service]") {
    for (const std::uint32_t damaged : {0u, 1u}) {
        Two two;
        World& world = two.world;
        must(world.intake_blobs.set_aside({two.bad, damaged}));
        world.restart();
        const auto recovered = must(world.intake->handover.recover());
        CHECK(recovered.waiting == 1);
        CHECK(recovered.failed == 1);
        CHECK(recovered.removed == 0);
        check_failed(world, two.bad, world.alice, "set_aside");
        CHECK(must(world.intake_blobs.list_aside()).size() == 2);

        // Which it is once, however often it is found.
        const auto size = world.intake->log->size();
        world.restart();
        CHECK(must(world.intake->handover.recover()).failed == 0);
        CHECK(world.intake->log->size() == size);
        CHECK(two.run().taken == 1);
        two.check_good_is_held();
    }
}

TEST_CASE("what was taken over isn't on record as failed when its rest was set aside", "[service]") {
    Two two;
    World& world = two.world;
    CHECK(two.run().taken == 2);
    // As if the intake had ended before it had removed the document, which was damaged then.
    world.intake_blobs.put({two.bad, 1}, world.release_blobs.bytes({two.bad, 1}));
    must(world.intake_blobs.set_aside({two.bad, 1}));
    world.restart();
    const auto recovered = must(world.intake->handover.recover());
    CHECK(recovered.failed == 0);
    CHECK(recovered.waiting == 0);
    CHECK(must(world.intake->recorder.failed_among({two.bad})).empty());
}

TEST_CASE("a job that was refused and is in the log all the same has its end there too", "[service]") {
    World world;
    world.intake_log_disk->fail(0, test::MemoryDisk::Failure::unknown_kept);
    const auto refused = world.try_print(test::make_pdf(1, "x"), world.alice, "alice");
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::log_unavailable);
    const auto left = must(world.intake_blobs.list());
    REQUIRE(left.size() == 1);

    world.restart();
    REQUIRE(world.intake->log->size() == 1);
    const auto recovered = must(world.intake->handover.recover());
    CHECK(recovered.waiting == 0);
    CHECK(recovered.failed == 1);
    check_failed(world, left[0].job, world.alice, "log_unavailable");
    CHECK(world.intake_blobs.list()->empty());
    CHECK(world.intake->handover.run().taken == 0);
}

TEST_CASE("files of another site, or of an intake that isn't known, are left where they are", "[service]") {
    World world;
    const auto put = [&](TenantId tenant, InstanceId intake) {
        const spool::Header header{.tenant = tenant,
                                   .job = JobId::make(world.clock, world.random),
                                   .document = 0,
                                   .owner = world.alice,
                                   .intake = intake,
                                   .created = world.clock.now()};
        auto writer = must(spool::Writer::create(must(world.release_blobs.create({header.job, 0})), header,
                                                 world.epoch_key, world.signer, world.random));
        (void)must(std::move(writer).finish());
        world.clock.advance(1ms);  // so that they stand in this order
        return header.job;
    };
    const JobId theirs = put(TenantId::make(world.clock, world.random), world.instance);
    const JobId strange = put(world.tenant, InstanceId::make(world.clock, world.random));
    const JobId ours = put(world.tenant, world.instance);
    const auto swept = must(world.release->custody.sweep());
    REQUIRE(swept.left.size() == 2);
    CHECK(swept.left[0].first == theirs);
    CHECK(swept.left[0].second.code == Errc::header_mismatch);
    CHECK(swept.left[1].first == strange);
    CHECK(swept.left[1].second.code == Errc::key_unknown);
    CHECK(swept.removed == 1);
    CHECK(world.release_blobs.has({theirs, 0}));
    CHECK(world.release_blobs.has({strange, 0}));
    CHECK(!world.release_blobs.has({ours, 0}));
}

TEST_CASE("a fault in the release server's own stores is no verdict on a job", "[service]") {
    Two two;
    for (const Errc fault : {Errc::malformed, Errc::internal}) {
        two.world.repository.fault = fault;
        const auto progress = two.run();
        CHECK(progress.refused.empty());
        CHECK(two.world.intake->handover.waiting() == 2);
        two.world.clock.advance(65s);
    }
    two.world.repository.fault = std::nullopt;
    CHECK(two.run().taken == 2);
}

TEST_CASE("one job is handed over by itself, and doesn't wait while others are", "[service]") {
    // The first document of a run stands still on its way.
    struct Slow final : World {
        std::latch begun{1}, go_on{1};
        std::atomic<bool> stand_still = true;
        Result<void> send(const spool::BlobName& name, spool::BlobSource& file) override {
            if (stand_still.exchange(false)) {
                begun.count_down();
                go_on.wait();
            }
            return World::send(name, file);
        }
    } world;
    const JobId first = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    const JobId second = world.print(test::make_pdf(1, "y"), world.bob, "bob").uuid;
    auto run = std::async(std::launch::async, [&] { return world.intake->handover.run().taken; });
    world.begun.wait();
    CHECK(world.intake->handover.run_one(second).error().code == Errc::busy);
    CHECK(world.intake->handover.run_one(JobId::make(world.clock, world.random)));  // nothing waits for that
    world.go_on.count_down();
    CHECK(run.get() == 2);

    const JobId third = world.print(test::make_pdf(1, "z"), world.alice, "alice").uuid;
    const JobId fourth = world.print(test::make_pdf(1, "z"), world.alice, "alice").uuid;
    world.cut = true;
    CHECK(world.intake->handover.run_one(fourth).error().code == Errc::unavailable);
    world.cut = false;
    CHECK(world.intake->handover.run_one(fourth));
    CHECK_FALSE(world.intake->handover.waits(fourth));
    CHECK(world.intake->handover.waits(third));
    CHECK(world.intake->handover.run_one(first));  // long gone
}
