// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::LogWorld;
using test::MemoryDisk;
using test::OpenLog;

TEST_CASE("a new log is empty and publishes an empty checkpoint") {
    LogWorld world;
    OpenLog log{world.disk, world};
    CHECK(log->size() == 0);
    CHECK(log->ready());
    CHECK(log->checkpoint().error().code == Errc::not_found);
    CHECK(log->entry(0).error().code == Errc::not_found);
    CHECK(!*log->find(world.record().id));
    const auto published = log->publish();
    REQUIRE(published);
    CHECK(published->checkpoint.head == TreeHead{});
    CHECK(SignedCheckpoint::open(published->encode(), world.verifier));
    OpenLog again{world.disk, world};
    CHECK(again->size() == 0);
    test::MemoryLogStore store{world.disk};
    CHECK(!Log::open(store, "no name", world.key));
}

TEST_CASE("entries are the exact bytes, in order, before and after publication") {
    LogWorld world;
    OpenLog log{world.disk, world};
    const std::vector<Record> records = world.records(600);
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < records.size(); ++i) {
        REQUIRE(*log->append(records[i]) == i);
        leaves.push_back(leaf_hash(*records[i].encode()));
        if (i == 100 || i == 255 || i == 300 || i == 550) {
            REQUIRE(log->publish()->checkpoint.head == TreeHead{i + 1, test::NaiveTree{leaves}.root(i + 1)});
        }
    }
    CHECK(log->published_size() == 551);
    const auto check_all = [&](const Log& each) {
        REQUIRE(each.size() == 600);
        for (const std::size_t i : {0u, 255u, 256u, 550u, 551u, 599u}) {
            CHECK(*each.entry(i) == *records[i].encode());
            CHECK(**each.find(records[i].id) == i);
        }
        Index expected = 37;
        REQUIRE(each.scan(37, [&](Index at, ByteView entry) -> Result<void> {
            CHECK(at == expected++);
            CHECK(same_bytes(entry, *records[at].encode()));
            return {};
        }));
        CHECK(expected == 600);
        CHECK(each.scan(0, [](Index, ByteView) { return Result<void>{fail(Errc::cancelled, "test")}; }).error().code ==
              Errc::cancelled);
    };
    check_all(*log.log);

    SECTION("proofs for every published size") {
        test::NaiveTree tree{leaves};
        for (const std::uint64_t size : {1u, 100u, 256u, 300u, 512u, 551u}) {
            for (const Index index : {Index{0}, size / 2, size - 1}) {
                const auto proof = log->prove(index, size);
                REQUIRE(proof);
                CHECK(verify_inclusion(*proof, leaves[index], tree.root(size)));
            }
            CHECK(log->prove(size, size).error().code == Errc::invalid_argument);
            const auto consistency = log->consistency(size, 551);
            REQUIRE(consistency);
            CHECK(verify_consistency(*consistency, tree.root(size), tree.root(551), FromEmpty::refuse));
        }
        CHECK(log->prove(0, 552).error().code == Errc::invalid_argument);
        CHECK(log->consistency(1, 552).error().code == Errc::invalid_argument);
    }
    SECTION("opened anew, with the journal beyond the tiles") {
        OpenLog again{world.disk, world};
        CHECK(again->published_size() == 551);
        check_all(*again.log);
        REQUIRE(again->publish()->checkpoint.head == TreeHead{600, test::NaiveTree{leaves}.root(600)});
        check_all(*again.log);
    }
    SECTION("opened anew with a small window of ids: all are found still") {
        OpenLog again{world.disk, world, {.recent_ids = 10}};
        check_all(*again.log);
        CHECK(!*again->find(world.record().id));
        const auto some = again->find(std::set{records[3].id, records[300].id, records[599].id, world.record().id});
        CHECK(*some == std::map<RecordId, Index>{{records[3].id, 3}, {records[300].id, 300}, {records[599].id, 599}});
        CHECK(again->find(std::set<RecordId>{})->empty());
        // In the window it is known, outside it is appended again.
        CHECK(*again->append(records[595]) == 595);
        CHECK(*again->append(records[5]) == 600);
        CHECK(**again->find(records[5].id) == 600);
    }
    SECTION("partial tiles go when the full one is there") {
        CHECK(!world.disk->files.contains("tile/0/000.p/101"));
        CHECK(world.disk->files.contains("tile/0/000"));
        CHECK(world.disk->files.contains("tile/0/002.p/39"));
        // The journal holds no more than what is not published.
        CHECK(world.disk->journal.size() == 49);
    }
}

TEST_CASE("appending is idempotent by record id") {
    LogWorld world;
    OpenLog log{world.disk, world};
    Record record = world.record();
    CHECK(*log->append(record) == 0);
    record.at += std::chrono::seconds{1};
    CHECK(*log->append(record) == 0);
    CHECK(*log->append_encoded(*record.encode()) == 0);
    const Record other = world.record();
    const Record third = world.record();
    CHECK(*log->append_all(std::vector{record, other, third, other}) == std::vector<Index>{0, 1, 2, 1});
    CHECK(log->size() == 3);
    CHECK(log->append_all({})->empty());
    REQUIRE(log->publish());
    OpenLog again{world.disk, world};
    CHECK(*again->append_all(std::vector{third, record}) == std::vector<Index>{2, 0});
    CHECK(again->size() == 3);
    CHECK(log->append_encoded(as_bytes("{}")).error().code == Errc::malformed);
    Record bad = world.record();
    bad.add("Bad", 1);
    CHECK(log->append(bad).error().code == Errc::invalid_argument);
}

TEST_CASE("appends that meet share one sync") {
    LogWorld world;
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    world.disk->before_append = [&] {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return open; });
    };
    OpenLog log{world.disk, world};
    const std::vector<Record> records = world.records(64);
    std::vector<Index> indices(64);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 64; ++i)
        threads.emplace_back([&, i] { indices[i] = log->append(records[i]).value_or(9999); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (log->waiting() < 64 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    const std::size_t waiting = log->waiting();
    CHECK(log->size() == 0);
    {
        const std::scoped_lock lock{mutex};
        open = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
    CHECK(waiting == 64);
    // The first went alone, all others together.
    CHECK(world.disk->syncs == 2);
    CHECK(log->size() == 64);
    for (std::size_t i = 0; i < 64; ++i) CHECK(*log->entry(indices[i]) == *records[i].encode());
    CHECK(log->waiting() == 0);
}

TEST_CASE("threads append, publish and read at once") {
    LogWorld world;
    OpenLog log{world.disk, world};
    constexpr std::size_t each = 60;
    std::vector<std::vector<Record>> records;
    for (int t = 0; t < 8; ++t) records.push_back(world.records(each));
    std::atomic<int> running = 8;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (const Record& record : records[t]) {
                const auto at = log->append(record);
                if (!at || *log->entry(*at) != *record.encode() || **log->find(record.id) != *at) ++failures;
                // The neighbour's, at the same time as the neighbour.
                if (!log->append(records[(t + 1) % 8][static_cast<std::size_t>(&record - records[t].data())]))
                    ++failures;
            }
            --running;
        });
    }
    std::thread publisher{[&] {
        while (running > 0)
            if (!log->publish()) ++failures;
    }};
    std::thread reader{[&] {
        while (running > 0) {
            Index next = 0;
            if (!log->scan(0, [&](Index at, ByteView) -> Result<void> {
                    if (at != next++) ++failures;
                    return {};
                }))
                ++failures;
            const std::uint64_t size = log->published_size();
            if (size != 0 && !log->prove(size - 1, size)) ++failures;
        }
    }};
    for (std::thread& thread : threads) thread.join();
    publisher.join();
    reader.join();
    CHECK(failures == 0);
    CHECK(log->size() == 8 * each);
    REQUIRE(log->publish());
    test::MemoryLogReader files{world.disk};
    CHECK(verify_log(files, world.verifier)->checkpoint.head.size == 8 * each);
}

TEST_CASE("what isn't published is bounded") {
    LogWorld world;
    const std::vector<Record> records = world.records(4);
    const std::size_t bytes = records[0].encode()->size();
    OpenLog log{world.disk, world, {.max_unpublished_bytes = 3 * bytes}};
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(log->append(records[i]));
    CHECK(log->append(records[3]).error().code == Errc::log_unavailable);
    CHECK(*log->append(records[2]) == 2);
    REQUIRE(log->publish());
    CHECK(*log->append(records[3]) == 3);
}

TEST_CASE("a witness's cosignature joins the checkpoint") {
    LogWorld world;
    OpenLog log{world.disk, world};
    const crypto::SigningKey witness_key = crypto::SigningKey::generate(world.random);
    const Cosigner witness{"witness.example/w1", witness_key.verifying_key()};
    REQUIRE(log->append(world.record()));
    const SignedCheckpoint first = *log->publish();
    const std::string lines =
        encode_signatures(std::vector{*cosign(first, witness.name, witness_key, world.clock.now())});
    REQUIRE(log->add_cosignature(first, witness, lines));
    REQUIRE(log->add_cosignature(first, witness, lines));
    CHECK(log->checkpoint()->note.signatures.size() == 2);
    CHECK(verify_cosignature(*log->checkpoint(), witness));
    OpenLog again{world.disk, world};
    CHECK(verify_cosignature(*again->checkpoint(), witness));

    CHECK(log->add_cosignature(first, {"witness.example/w2", witness.key}, lines).error().code ==
          Errc::signature_invalid);
    REQUIRE(log->append(world.record()));
    const SignedCheckpoint second = *log->publish();
    CHECK(log->add_cosignature(first, witness, lines).error().code == Errc::conflict);
    CHECK(log->add_cosignature(second, witness, lines).error().code == Errc::signature_invalid);
    CHECK(log->checkpoint()->note.signatures.size() == 1);
}
