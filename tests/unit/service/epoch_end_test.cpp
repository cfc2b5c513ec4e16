// SPDX-License-Identifier: Apache-2.0
// How an epoch ends: what goes on, what is lost with it, and what holds it up.
#include <safeq/service/epoch_keeper.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "keeper_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::test_support::must;
using World = service::test_support::KeeperWorld;

TEST_CASE("what still waits is re-sealed before its epoch ends, and a copy from before opens no more",
          "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    const JobId held = w.job(first.key, job::State::held);
    const JobId favourite = w.job(first.key, job::State::held, true);
    const JobId uncertain = w.job(first.key, job::State::uncertain);
    const JobId coming = w.job(first.key, std::nullopt);
    const JobId ended = w.job(first.key, job::State::printed);
    const Bytes copy = w.blobs.bytes({favourite, 1});
    const Bytes left = w.blobs.bytes({ended, 1});

    w.clock.advance(25h + 72h + 1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    for (const JobId& job : {held, favourite, uncertain, coming})
        for (const std::uint32_t number : {0U, 1U}) CHECK(w.opens(job, number) == std::nullopt);
    CHECK(w.opens(favourite, 1, copy) == Errc::key_destroyed);
    CHECK(w.blobs.bytes({ended, 1}) == left);
    CHECK(w.opens(ended) == Errc::key_destroyed);
    // Only the envelope was exchanged.
    const Bytes now = w.blobs.bytes({favourite, 1});
    REQUIRE(now.size() == copy.size());
    CHECK(std::ranges::equal(ByteView{now}.subspan(1292), ByteView{copy}.subspan(1292)));
    CHECK_FALSE(std::ranges::equal(ByteView{now}.first(1292), ByteView{copy}.first(1292)));
    const auto told = w.records(audit::Kind::key_destroyed);
    REQUIRE(told.size() == 1);
    CHECK(*told[0].number("moved") == 8);
    CHECK(*told[0].number("lost") == 0);

    // The epoch for what is kept ends too, and hands its files on.
    const auto kept = std::ranges::find_if(w.seeds.living, [](const auto& e) { return e.entry.kept; })->entry;
    w.clock.advance(std::chrono::days{30} + 1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.ring.opening_key(kept.id()));
    CHECK(w.opens(favourite) == std::nullopt);
    CHECK(w.opens(favourite, 1, now) == Errc::key_destroyed);
}

TEST_CASE("a damaged file is named as lost, and holds nothing up", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    const JobId good = w.job(first.key, job::State::held);
    std::vector<JobId> bad;
    for (int i = 0; i < 3; ++i) {
        bad.push_back(w.job(first.key, job::State::held));
        Bytes file = w.blobs.bytes({bad.back(), 1});
        file[200] ^= std::byte{1};  // in the envelope
        w.blobs.put({bad.back(), 1}, file);
    }
    // Of an intake that the job isn't from.
    bad.push_back(w.job(first.key, job::State::held));
    Bytes foreign = w.blobs.bytes({bad.back(), 1});
    foreign[70] ^= std::byte{1};
    w.blobs.put({bad.back(), 1}, foreign);
    // Another job's file in its place, and one that was cut off.
    bad.push_back(w.job(first.key, job::State::held));
    w.blobs.put({bad.back(), 1}, w.blobs.bytes({good, 1}));
    bad.push_back(w.job(first.key, job::State::held));
    Bytes cut = w.blobs.bytes({bad.back(), 1});
    cut.resize(1412 + 10);
    w.blobs.put({bad.back(), 1}, cut);
    // One whose beginning is unreadable, so that it is no epoch's, and one that is missing: set aside, say.
    bad.push_back(w.job(first.key, job::State::held));
    w.blobs.put({bad.back(), 1}, Bytes(100));
    bad.push_back(w.job(first.key, job::State::uncertain));
    must(w.blobs.remove({bad.back(), 0}));
    // Nobody waits for the files of what has ended.
    const JobId ended = w.job(first.key, job::State::printed);
    must(w.blobs.remove({ended, 1}));

    const auto settled = must(w.keeper->end(first.id()));
    std::ranges::sort(bad);
    CHECK(settled.lost == bad);
    CHECK(w.opens(good) == std::nullopt);
    const auto told = w.records(audit::Kind::key_destroyed);
    REQUIRE(told.size() == 1);
    CHECK(*told[0].number("lost") == 8);
    std::string names;
    for (const JobId& job : bad) names += (names.empty() ? "" : " ") + job.text();
    CHECK(*told[0].text("jobs") == names);
}

TEST_CASE("an intake that isn't known holds its epoch's end up and no other's, and costs no job", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1s);
    const spool::EpochKeyEntry second = must(w.keeper->rotate());
    const JobId held = w.job(first.key, job::State::held);
    w.intakes.remove(w.intake);
    const auto failed = w.keeper->end(first.id());
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::key_unknown);
    CHECK(w.ring.opening_key(first.id()));
    CHECK(w.records(audit::Kind::key_destroyed).empty());
    CHECK(w.keeper->tick(w.clock.now() + 25h + 72h + 1ms).error().code == Errc::key_unknown);
    CHECK_FALSE(w.ring.opening_key(second.id()));
    CHECK(w.ring.opening_key(first.id()));
    w.intakes.set(w.intake, w.signer.verifying_key());
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.opens(held) == std::nullopt);
}

TEST_CASE("a file that nobody has taken, of an intake that isn't known, holds up no end", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    const JobId held = w.job(first.key, job::State::held);
    const JobId made_up = w.job(first.key, std::nullopt);
    Bytes file = w.blobs.bytes({made_up, 0});
    file[70] ^= std::byte{1};  // in the intake's name
    w.blobs.put({made_up, 0}, file);
    const auto settled = must(w.keeper->end(first.id()));
    CHECK(settled.lost == std::vector{made_up});
    CHECK(settled.moved == 3);
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.opens(held) == std::nullopt);
}

TEST_CASE("a start goes on with an epoch that can't end, and needs a key to seal to", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    const JobId held = w.job(first.key, job::State::held);
    w.clock.advance(25h + 72h + 1ms);

    w.restart();
    w.seeds.fail_on = "create";
    CHECK(w.keeper->begin().error().code == Errc::io_failed);
    w.seeds.fail_on.clear();
    REQUIRE(w.keeper->begin());
    CHECK(w.current() != first);
    CHECK(w.ring.opening_key(first.id()));
    // The disk is full, then the intake that the job came by is taken away.
    w.blobs.fail_at(0, Errc::disk_full);
    CHECK(w.keeper->tick(w.clock.now()).error().code == Errc::disk_full);
    w.blobs.fail_at(test::MemoryBlobStore::never);
    w.intakes.remove(w.intake);
    for (int starts = 0; starts < 2; ++starts) {
        w.restart();
        REQUIRE(w.keeper->begin());
        CHECK(w.seeds.living.size() == 3);  // the two, and one for what is kept
        CHECK(w.keeper->tick(w.clock.now()).error().code == Errc::key_unknown);
    }
    w.intakes.set(w.intake, w.signer.verifying_key());
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.opens(held) == std::nullopt);
}

TEST_CASE("a key that can't be made holds up no end", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1s);
    const spool::EpochKeyEntry second = must(w.keeper->rotate());
    must(w.keeper->end(first.id()));  // now there is one for what is kept
    w.clock.advance(25h + 72h + 1ms);
    w.seeds.fail_on = "create";
    CHECK(w.keeper->tick(w.clock.now()).error().code == Errc::io_failed);
    CHECK_FALSE(w.ring.opening_key(second.id()));
}

TEST_CASE("traces of a key that could not be erased are erased by a later tick, or by who asks again",
          "[service][epoch]") {
    for (const bool by_tick : {true, false}) {
        World w;
        REQUIRE(w.keeper->tick(w.clock.now()));
        const spool::EpochKeyEntry first = w.current();
        (void)w.job(first.key, job::State::held);
        w.seeds.fail_on = "erase";
        CHECK(w.keeper->end(first.id()).error().code == Errc::io_failed);
        CHECK_FALSE(w.ring.opening_key(first.id()));
        // Meanwhile the others come and go.
        const spool::EpochKeyEntry second = w.current();
        CHECK_FALSE(w.keeper->tick(w.clock.now() + 25h + 72h + 1ms));
        CHECK_FALSE(w.ring.opening_key(second.id()));
        CHECK_FALSE(w.keeper->end(first.id()));
        CHECK(w.seeds.traces);
        w.seeds.fail_on.clear();
        if (by_tick) REQUIRE(w.keeper->tick(w.clock.now()));
        else CHECK(must(w.keeper->end(first.id())).moved == 2);
        CHECK_FALSE(w.seeds.traces);
        // Who asked and was told of a failure is told how it ended; the next time there is no such epoch.
        if (by_tick) CHECK(must(w.keeper->end(first.id())).moved == 2);
        CHECK(w.keeper->end(first.id()).error().code == Errc::epoch_unknown);
        CHECK(w.records(audit::Kind::key_destroyed).size() == 2);
    }
}

TEST_CASE("an end that was cut off is finished after a restart, wherever it was", "[service][epoch]") {
    for (const std::string step : {"condemn", "create", "spool", "log", "destroy"}) {
        CAPTURE(step);
        World w;
        REQUIRE(w.keeper->tick(w.clock.now()));
        const spool::EpochKeyEntry first = w.current();
        REQUIRE(w.keeper->rotate());
        const JobId held = w.job(first.key, job::State::held);
        if (step == "spool") w.blobs.fail_at(3, Errc::disk_full);
        else if (step == "log") w.disk->fail(2, test::MemoryDisk::Failure::clean);
        else w.seeds.fail_on = step;
        const auto failed = w.keeper->end(first.id());
        REQUIRE_FALSE(failed);
        CHECK(w.ring.opening_key(first.id()));
        CHECK(w.opens(held) == std::nullopt);

        w.blobs.fail_at(test::MemoryBlobStore::never);
        w.seeds.fail_on.clear();
        w.restart();
        REQUIRE(w.keeper->tick(w.clock.now()));
        if (step == "condemn") {  // it was never begun
            CHECK(w.ring.opening_key(first.id()));
            must(w.keeper->end(first.id()));
        }
        CHECK_FALSE(w.ring.opening_key(first.id()));
        CHECK(w.opens(held) == std::nullopt);
        CHECK(w.records(audit::Kind::key_destroyed).size() == 1);
    }
}
