// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/epoch_keeper.hpp>

#include <future>
#include <latch>

#include <catch2/catch_test_macros.hpp>

#include "keeper_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::test_support::must;
using World = service::test_support::KeeperWorld;

TEST_CASE("an epoch is made in time, follows the one before, and ends when its hold is over", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    REQUIRE(w.keeper->tick(w.clock.now()));
    REQUIRE(w.seeds.living.size() == 1);
    const spool::EpochKeyEntry first = w.current();
    CHECK(first.not_after - first.not_before == 25h);

    w.clock.advance(24h - 1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK(w.seeds.living.size() == 1);
    w.clock.advance(1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK(w.seeds.living.size() == 2);
    CHECK(w.current() != first);

    w.clock.advance(1h + 72h);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK(w.ring.opening_key(first.id()));
    w.clock.advance(1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    const auto gone = w.ring.opening_key(first.id());
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == Errc::key_destroyed);
    const auto told = w.records(audit::Kind::key_destroyed);
    REQUIRE(told.size() == 1);
    CHECK(*told[0].text("key") == first.id().text());
    CHECK(*told[0].text("assurance") == "hardware");
    CHECK(*told[0].number("lost") == 0);
    CHECK(told[0].text("jobs") == nullptr);
}

TEST_CASE("there is no key whose creation isn't on record", "[service][epoch]") {
    World w;
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.keeper->tick(w.clock.now()).error().code == Errc::log_unavailable);
    CHECK(w.seeds.living.empty());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(w.keeper->tick(w.clock.now()));
        w.restart();
    }
    CHECK(w.seeds.living.size() == 1);
    const auto told = w.records(audit::Kind::key_created);
    REQUIRE(told.size() == 1);
    CHECK(*told[0].text("key") == w.current().id().text());
}

TEST_CASE("while an epoch ends, for as long as that takes, keys are listed, made and retired", "[service][epoch]") {
    // Files of which the first that is listed is waited for.
    struct SlowBlobs final : spool::BlobStore {
        test::MemoryBlobStore& blobs;
        std::latch begun{1}, go_on{1};
        explicit SlowBlobs(test::MemoryBlobStore& all) : blobs{all} {}
        Result<std::unique_ptr<spool::BlobSink>> create(const spool::BlobName& name) override {
            return blobs.create(name);
        }
        Result<std::unique_ptr<spool::BlobSource>> open(const spool::BlobName& name) override {
            return blobs.open(name);
        }
        Result<void> remove(const spool::BlobName& name) override { return blobs.remove(name); }
        Result<void> set_aside(const spool::BlobName& name) override { return blobs.set_aside(name); }
        Result<std::vector<spool::BlobName>> list_aside() override { return blobs.list_aside(); }
        Result<std::vector<spool::BlobName>> list() override {
            if (!begun.try_wait()) begun.count_down();
            go_on.wait();
            return blobs.list();
        }
    };
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1s);
    const spool::EpochKeyEntry second = must(w.keeper->rotate());
    const JobId held = w.job(first.key, job::State::held);
    SlowBlobs slow{w.blobs};
    service::Survivors survivors{{w.tenant, slow, w.ring, w.intakes, w.repository, w.random}};
    const auto keeper = w.keeper_of(w.seeds, survivors);

    auto ended = std::async(std::launch::async, [&] { return keeper->end(first.id()).has_value(); });
    slow.begun.wait();
    std::vector<std::future<bool>> others;
    others.push_back(std::async(std::launch::async, [&] { return keeper->signed_list().has_value(); }));
    others.push_back(std::async(std::launch::async, [&] { return keeper->list().has_value(); }));
    others.push_back(std::async(std::launch::async, [&] { return keeper->rotate().has_value(); }));
    others.push_back(std::async(std::launch::async, [&] { return keeper->retire(second.id()).has_value(); }));
    std::vector<bool> done;
    for (auto& one : others) done.push_back(one.wait_for(30s) == std::future_status::ready);
    slow.go_on.count_down();
    CHECK(done == std::vector{true, true, true, true});
    for (auto& one : others) CHECK(one.get());
    CHECK(ended.get());
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.opens(held) == std::nullopt);
}

TEST_CASE("a list is accepted after a clock that ran ahead is set back, also when the server restarts",
          "[service][epoch]") {
    World w;
    const auto accepted = [&](std::uint64_t former) {
        const auto note = must(w.keeper->signed_list());
        return must(
                   spool::EpochList::open(note, {"release", w.signer.verifying_key()}, w.tenant, former, w.clock.now()))
            .sequence;
    };
    w.clock.advance(24h * 365);
    REQUIRE(w.keeper->tick(w.clock.now()));
    const std::uint64_t ahead = accepted(0);
    CHECK(ahead == static_cast<std::uint64_t>(w.clock.now().time_since_epoch().count()));
    w.clock.advance(-24h * 365);
    w.restart();
    const std::uint64_t after = accepted(ahead);
    CHECK(after > ahead);
    CHECK(accepted(after) > after);
}

TEST_CASE("an end that was refused for want of a record is not carried out later", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1s);
    REQUIRE(w.keeper->rotate());
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.keeper->end(first.id()).error().code == Errc::log_unavailable);
    w.restart();
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.seeds.living.at(0).ending);
    CHECK(w.ring.opening_key(first.id()));
    CHECK(w.records(audit::Kind::key_retired).empty());

    // Once it has begun it goes on, and who wanted it is on record, once.
    w.seeds.fail_on = "destroy";
    CHECK_FALSE(w.keeper->end(first.id()));
    CHECK_FALSE(w.keeper->end(first.id()));
    const auto told = w.records(audit::Kind::key_retired);
    REQUIRE(told.size() == 1);
    CHECK(*told[0].text("key") == first.id().text());
    CHECK(*told[0].text("expires") == to_rfc3339(w.clock.now()));
    w.seeds.fail_on.clear();
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.records(audit::Kind::key_retired).size() == 1);
}

TEST_CASE("by hand: rotate and end", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1s);
    const spool::EpochKeyEntry second = must(w.keeper->rotate());
    CHECK(w.current() == second);
    CHECK(w.ring.opening_key(first.id()));

    // Ending the only one makes another first: intakes always have a key to seal to.
    must(w.keeper->end(first.id()));
    w.clock.advance(1s);
    must(w.keeper->end(second.id()));
    CHECK(w.current() != second);
    const auto again = w.keeper->end(second.id());
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::epoch_unknown);

    // One whose end has begun is never offered to intakes.
    const spool::EpochKeyEntry third = w.current();
    w.seeds.fail_on = "destroy";
    REQUIRE_FALSE(w.keeper->end(third.id()));
    CHECK(w.current() != third);
}

TEST_CASE("no more keys are begun by hand than a list has room for", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    std::size_t begun = 1;
    for (; begun < 100; ++begun) {
        w.clock.advance(1s);
        if (const auto made = w.keeper->rotate(); !made) {
            CHECK(made.error().code == Errc::too_many);
            break;
        }
    }
    CHECK(begun == spool::max_epoch_list_keys - 8);
    // What is made without being asked for still has room.
    must(w.keeper->end(first.id()));
    CHECK_FALSE(w.keeper->rotate());
    w.clock.advance(24h);
    REQUIRE(w.keeper->tick(w.clock.now()));
    (void)w.current();
    // Those of a day before are over.
    w.clock.advance(1h);
    CHECK(w.keeper->rotate());
    (void)w.current();
}

TEST_CASE("a retired epoch is no longer sealed to, and ends when its hold is over", "[service][epoch]") {
    World w;
    REQUIRE(w.keeper->tick(w.clock.now()));
    const spool::EpochKeyEntry first = w.current();
    w.clock.advance(1h);
    // First the record of the epoch that follows can't be written, then that of the one that goes.
    for (const std::size_t record : {0U, 1U}) {
        w.disk->fail(record, test::MemoryDisk::Failure::clean);
        CHECK(w.keeper->retire(first.id()).error().code == Errc::log_unavailable);
        CHECK(w.seeds.living.at(0).entry == first);
    }
    CHECK(must(w.keeper->retire(first.id())) == w.clock.now() + 72h);
    CHECK(w.records(audit::Kind::key_retired).size() == 1);
    CHECK(w.current() != first);
    // What an intake sealed to it before it had the new list is still taken, and outlives it.
    const JobId late = w.job(first.key, job::State::held);
    w.clock.advance(72h);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK(w.opens(late) == std::nullopt);
    CHECK(w.ring.opening_key(first.id()));
    w.clock.advance(1ms);
    REQUIRE(w.keeper->tick(w.clock.now()));
    CHECK_FALSE(w.ring.opening_key(first.id()));
    CHECK(w.opens(late) == std::nullopt);
    const auto again = w.keeper->retire(first.id());
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::epoch_unknown);
}
