// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/epoch_keeper.hpp>

#include <algorithm>
#include <future>
#include <latch>
#include <map>

#include <catch2/catch_test_macros.hpp>
#include <safeq/audit/schema.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>

#include "epoch_world.hpp"
#include "memory_epoch_seeds.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::test_support::EpochWorld;
using service::test_support::must;

namespace {

struct World : EpochWorld {
    InstanceId intake = InstanceId::make(clock, random);
    test::MemoryEpochSeeds seeds{ring, random};
    std::unique_ptr<service::EpochKeeper> keeper;

    World() {
        intakes.set(intake, signer.verifying_key());
        restart();
    }

    void restart() { keeper = keeper_of(seeds); }

    spool::EpochKeyEntry current() {
        const auto note = must(keeper->signed_list());
        const auto list =
            must(spool::EpochList::open(note, {"release", signer.verifying_key()}, tenant, 0, clock.now()));
        return *must(list.current(clock.now()));
    }

    /// A job with a ticket and one document, sealed to `epoch`; `row` nothing: not taken yet.
    JobId job(const spool::EpochPublicKey& epoch, std::optional<job::State> row, bool kept = false) {
        job::Job job{.id = JobId::make(clock, random),
                     .tenant = tenant,
                     .owner = SubjectId::make(clock, random),
                     .intake = intake,
                     .ipp_id = 1,
                     .created = clock.now(),
                     .changed = clock.now(),
                     .expires = clock.now() + 72h,
                     .document = {.format = "application/pdf", .bytes = 20'000}};
        job.kept = kept;
        for (const std::uint32_t number : {0U, 1U}) {
            auto writer = must(spool::Writer::create(must(blobs.create({job.id, number})), header(job, number), epoch,
                                                     signer, random));
            REQUIRE(writer.append(Bytes(20'000, std::byte{'x'})));
            must(std::move(writer).finish());
        }
        owners[job.id] = job;
        if (row) {
            job.state = *row;
            const auto unit = must(repository.begin());
            must(unit->insert(job));
            REQUIRE(unit->commit());
        }
        return job.id;
    }

    [[nodiscard]] spool::Header header(const job::Job& job, std::uint32_t number) const {
        return {.tenant = tenant,
                .job = job.id,
                .document = number,
                .owner = job.owner,
                .intake = intake,
                .created = job.created};
    }

    /// The error with which a file opens now, `ok` where it does, to its last byte.
    std::optional<Errc> opens(JobId id, std::uint32_t number, Bytes file) {
        auto reader = spool::Reader::open(std::make_unique<test::MemoryBlobSource>(std::move(file)),
                                          header(owners.at(id), number), ring, intakes);
        if (!reader) return reader.error().code;
        const auto all = reader->verify_all();
        return all ? std::nullopt : std::optional{all.error().code};
    }
    std::optional<Errc> opens(JobId id, std::uint32_t number = 1) {
        return opens(id, number, blobs.bytes({id, number}));
    }

    std::vector<audit::Record> records(audit::Kind kind) {
        std::vector<audit::Record> out;
        must(log->publish());
        for (std::uint64_t i = 0; i < log->size(); ++i) {
            const auto record = must(audit::decode(must(log->entry(i))));
            if (record.kind == audit::KindName{kind}) out.push_back(record);
        }
        return out;
    }

    std::map<JobId, job::Job> owners;
};

}  // namespace

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
