// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::LogWorld;
using test::MemoryDisk;
using test::OpenLog;

namespace {

// Every acknowledged record is there, once; the log verifies; nothing but what was given stands in it.
void check_log(const LogWorld& world, const std::shared_ptr<MemoryDisk>& disk, const std::vector<Record>& given,
               const std::vector<Record>& acknowledged) {
    OpenLog log{disk, world};
    std::vector<RecordId> held;
    REQUIRE(log->scan(0, [&](Index, ByteView entry) -> Result<void> {
        held.push_back(*record_id(entry));
        return {};
    }));
    for (const Record& record : acknowledged) REQUIRE(std::ranges::count(held, record.id) == 1);
    for (const RecordId& id : held) REQUIRE(std::ranges::count(given, id, &Record::id) == 1);
    REQUIRE(log->publish());
    test::MemoryLogReader reader{disk};
    const auto verified = verify_log(reader, world.verifier);
    REQUIRE(verified);
    REQUIRE(verified->checkpoint.head.size == held.size());
}

}  // namespace

TEST_CASE("whichever call to the store fails, nothing acknowledged is lost") {
    LogWorld world;
    // Tiles fill in the middle: 256 entries at the third publication.
    const std::vector<Record> given = world.records(300);
    std::size_t runs = 0;
    for (const MemoryDisk::Failure how :
         {MemoryDisk::Failure::clean, MemoryDisk::Failure::unknown_lost, MemoryDisk::Failure::unknown_kept}) {
        bool failed = true;
        for (std::size_t n = 0; failed; ++n) {
            const auto disk = std::make_shared<MemoryDisk>();
            std::vector<Record> acknowledged;
            std::vector<SignedCheckpoint> published;
            failed = false;
            {
                OpenLog log{disk, world};
                disk->fail(n, how);
                for (std::size_t i = 0; i < given.size(); i += 20) {
                    const std::span part = std::span{given}.subspan(i, 20);
                    if (log->append_all(part)) {
                        acknowledged.insert(acknowledged.end(), part.begin(), part.end());
                    } else {
                        failed = true;
                        // Unless nobody knows what happened, the same log goes on.
                        if (how == MemoryDisk::Failure::clean) {
                            REQUIRE(log->ready());
                            REQUIRE(log->append_all(part));
                            acknowledged.insert(acknowledged.end(), part.begin(), part.end());
                        } else {
                            REQUIRE(log->ready().error().code == Errc::log_unavailable);
                            REQUIRE(log->append(given[i]).error().code == Errc::log_unavailable);
                            REQUIRE(log->find(given[i].id).error().code == Errc::log_unavailable);
                            REQUIRE(log->publish());
                            break;
                        }
                    }
                    if (auto checkpoint = log->publish()) {
                        published.push_back(*std::move(checkpoint));
                    } else {
                        failed = true;
                    }
                }
                failed = failed || disk->calls > n;
            }
            check_log(world, disk, given, acknowledged);
            // Whatever was signed is a beginning of the log that goes on.
            OpenLog log{disk, world};
            test::MemoryLogStore store{disk};
            for (const SignedCheckpoint& each : published) {
                const TreeHead& old = each.checkpoint.head;
                const auto now = log->checkpoint()->checkpoint.head;
                const auto proof = log->consistency(old.size, now.size);
                REQUIRE(proof);
                REQUIRE(verify_consistency(*proof, old.root, now.root, FromEmpty::accept));
            }
            ++runs;
        }
    }
    CHECK(runs > 100);
}

TEST_CASE("an append that failed but was kept is there when the log is opened anew, and is not doubled") {
    LogWorld world;
    const Record record = world.record();
    {
        OpenLog log{world.disk, world};
        world.disk->fail(0, MemoryDisk::Failure::unknown_kept);
        REQUIRE(!log->append(record));
    }
    OpenLog log{world.disk, world};
    CHECK(*log->append(record) == 0);
    CHECK(log->size() == 1);
}

TEST_CASE("a disagreement of tiles, journal and checkpoint is never taken silently") {
    LogWorld world;
    const auto disk = world.disk;
    {
        OpenLog log{disk, world};
        for (int i = 0; i < 3; ++i) {
            REQUIRE(log->append_all(world.records(100)));
            REQUIRE(log->publish());
        }
        REQUIRE(log->append_all(world.records(5)));
    }
    const auto older = disk->copy();
    {
        OpenLog log{disk, world};
        REQUIRE(log->append_all(world.records(50)));
        REQUIRE(log->publish());
        REQUIRE(log->append_all(world.records(5)));
    }
    const auto now = disk->copy();
    CHECK(OpenLog(now->copy(), world)->size() == 360);

    SECTION("an older checkpoint and tiles under a newer journal") {
        now->files = older->files;
        CHECK(test::open_error(now, world) == Errc::rollback);
    }
    SECTION("an older journal under newer tiles") {
        now->first = older->first;
        now->journal = older->journal;
        CHECK(test::open_error(now, world) == Errc::rollback);
    }
    SECTION("no journal") {
        now->first.reset();
        now->journal.clear();
        CHECK(test::open_error(now, world) == Errc::rollback);
    }
    SECTION("no checkpoint") {
        now->files.erase("checkpoint");
        CHECK(test::open_error(now, world) == Errc::rollback);
    }
    SECTION("an older checkpoint alone") {
        now->files["checkpoint"] = older->files["checkpoint"];
        const Errc code = test::open_error(now, world);
        CHECK(code == Errc::rollback);
    }
    SECTION("a missing tile") {
        now->files.erase("tile/0/001.p/99");
        now->files.erase("tile/0/001");
        for (auto& [path, bytes] : now->files) INFO(path);
        std::erase_if(now->files, [](const auto& file) { return file.first.starts_with("tile/0/001"); });
        CHECK(test::open_error(now, world) == Errc::rollback);
    }
    SECTION("a changed tile") {
        std::size_t changed = 0;
        for (auto& [path, bytes] : now->files) {
            if (!path.starts_with("tile/0/001")) continue;
            bytes[5] ^= std::byte{1};
            ++changed;
        }
        REQUIRE(changed > 0);
        CHECK(test::open_error(now, world) == Errc::fork_detected);
    }
    SECTION("a changed bundle, full or partial") {
        now->files.at("tile/entries/000")[50] ^= std::byte{1};
        CHECK(test::open_error(now, world) == Errc::fork_detected);
    }
    SECTION("a journal that holds other entries than the tiles") {
        // What a crash right after a publication leaves: the journal reaches back behind the checkpoint.
        auto behind = older->copy();
        behind->files = now->files;
        behind->journal.insert(behind->journal.end(), now->journal.begin(), now->journal.end());
        behind->journal.resize(5);
        for (const Record& record : world.records(60)) behind->journal.push_back(*record.encode());
        CHECK(test::open_error(behind, world) == Errc::fork_detected);
    }
    SECTION("a changed or foreign checkpoint") {
        now->files["checkpoint"][25] ^= std::byte{1};
        CHECK(test::open_error(now, world) == Errc::signature_invalid);
        LogWorld other;
        other.key = crypto::SigningKey::generate(world.random);
        CHECK(test::open_error(older, other) == Errc::signature_invalid);
        LogWorld renamed;
        renamed.origin = "log.example/intake";
        CHECK(test::open_error(older, renamed) == Errc::signature_invalid);
    }
}
