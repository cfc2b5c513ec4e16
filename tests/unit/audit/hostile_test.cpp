// SPDX-License-Identifier: Apache-2.0
// HOSTILE 22: whoever holds the log's key and its disk drops the last entries, forks the log, or puts a week-old copy
// in its place. Everybody who saw more can tell: the follower, the witness, and who kept a checkpoint.
#include <safeq/audit/proof_file.hpp>
#include <safeq/audit/tile.hpp>

#include <map>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::LogWorld;
using test::MemoryDisk;
using test::MemoryLogReader;
using test::OpenLog;

namespace {

class MemoryWitnessStore final : public WitnessStore {
public:
    Result<Witnessed> load(const std::string& origin) override { return seen_[origin]; }
    Result<void> replace(const std::string& origin, const Witnessed& from, const Witnessed& to) override {
        if (broken) return fail(Errc::disk_full, "witness");
        if (seen_[origin] != from) return fail(Errc::conflict, "witness");
        seen_[origin] = to;
        return {};
    }
    bool broken = false;

private:
    std::map<std::string, Witnessed> seen_;
};

struct Scene {
    LogWorld world;
    crypto::SigningKey witness_key = crypto::SigningKey::generate(world.random);
    MemoryWitnessStore store;
    Witness witness{{.name = "witness.example",
                     .key = witness_key,
                     .logs = {world.verifier},
                     .store = store,
                     .clock = world.clock}};
    Cosigner cosigner{"witness.example", witness_key.verifying_key()};
    FollowerState followed = {};
    std::vector<Bytes> entries = {};
    std::string kept = {};  // an auditor's copy of the latest checkpoint

    std::string note(const std::shared_ptr<MemoryDisk>& disk) {
        MemoryLogReader reader{disk};
        return std::string{as_text(*reader.read(checkpoint_path))};
    }

    // What the owner of a log would send: the best proof that its tiles give.
    AddCheckpoint request(const std::shared_ptr<MemoryDisk>& disk, std::uint64_t old_size) {
        MemoryLogReader reader{disk};
        AddCheckpoint out{old_size, {}, note(disk)};
        const std::uint64_t size = SignedCheckpoint::open(out.checkpoint, world.verifier)->checkpoint.head.size;
        TileHashes hashes{reader, size};
        if (old_size < size) out.proof = prove_consistency(hashes, old_size, size)->path;
        return out;
    }

    void see(const std::shared_ptr<MemoryDisk>& disk) {
        MemoryLogReader reader{disk};
        Follower follower{world.verifier, followed};
        REQUIRE(follower.follow(reader, [&](const FollowedEntries& batch) -> Result<void> {
            for (const ByteView entry : batch.entries) entries.push_back(to_bytes(entry));
            return {};
        }));
        const std::uint64_t before = followed.seen.size();
        followed = follower.state();
        REQUIRE(witness.answer(request(disk, before).encode()).status == 200);
        kept = note(disk);
    }

    // Everybody's verdict on what now stands in the log's place.
    void nobody_is_fooled(const std::shared_ptr<MemoryDisk>& disk) {
        MemoryLogReader reader{disk};
        // Alone it is a log like any other.
        REQUIRE(verify_log(reader, world.verifier));

        const auto taken = Follower{world.verifier, followed}.follow(reader, [](const FollowedEntries&) {
            FAIL("entries of a log that contradicts itself were given out");
            return Result<void>{};
        });
        REQUIRE(!taken);
        CHECK((taken.error().code == Errc::rollback || taken.error().code == Errc::fork_detected));

        const std::uint64_t seen = followed.seen.size();
        const std::uint64_t size = SignedCheckpoint::open(note(disk), world.verifier)->checkpoint.head.size;
        for (const std::uint64_t old_size : {seen, size, seen / 2, std::uint64_t{0}}) {
            const WitnessAnswer answer = witness.answer(request(disk, old_size).encode());
            INFO(old_size << " of " << size << ": " << answer.body);
            CHECK((answer.status == 400 || answer.status == 409 || answer.status == 422));
        }

        const SignedCheckpoint old = *SignedCheckpoint::open(kept, world.verifier);
        const auto grown = prove_growth(reader, world.verifier, old, note(disk));
        REQUIRE(!grown);
        CHECK((grown.error().code == Errc::rollback || grown.error().code == Errc::fork_detected ||
               grown.error().code == Errc::proof_invalid));
    }

    // The log anew, signed with its own key: `keep` of its entries, then others up to `size`.
    std::shared_ptr<MemoryDisk> forge(std::size_t keep, std::size_t size) {
        const auto disk = std::make_shared<MemoryDisk>();
        OpenLog log{disk, world};
        for (std::size_t i = 0; i < keep; ++i) REQUIRE(log->append_encoded(entries.at(i)));
        for (std::size_t i = keep; i < size; ++i) REQUIRE(log->append(world.record()));
        REQUIRE(log->publish());
        return disk;
    }
};

}  // namespace

TEST_CASE("HOSTILE 22: dropped entries, forks and restored copies are seen by follower, witness and auditor") {
    Scene scene;
    OpenLog log{scene.world.disk, scene.world};
    const auto grow = [&](std::size_t count) {
        REQUIRE(log->append_all(scene.world.records(count)));
        REQUIRE(log->publish());
        scene.see(scene.world.disk);
    };
    grow(1);
    grow(260);
    const auto week_old = scene.world.disk->copy();
    grow(50);
    const std::size_t size = scene.entries.size();
    REQUIRE(size == 311);

    SECTION("the last n are dropped") {
        for (const std::size_t n : {1u, 2u, 55u, 310u}) scene.nobody_is_fooled(scene.forge(size - n, size - n));
    }
    SECTION("the last n are dropped and others put in their place") {
        for (const std::size_t n : {1u, 55u, 311u})
            for (const std::size_t more : {0u, 1u, 300u}) scene.nobody_is_fooled(scene.forge(size - n, size + more));
    }
    SECTION("one entry in the middle is another") {
        scene.entries[100] = *scene.world.record().encode();
        scene.nobody_is_fooled(scene.forge(size, size));
    }
    SECTION("a week-old copy of the disk is put back") {
        scene.nobody_is_fooled(week_old);
        // It goes on from there, as if nothing had been.
        for (const std::size_t more : {10u, 50u, 200u}) {
            const auto disk = week_old->copy();
            OpenLog restored{disk, scene.world};
            REQUIRE(restored->append_all(scene.world.records(more)));
            REQUIRE(restored->publish());
            scene.nobody_is_fooled(disk);
        }
    }
    SECTION("nothing of the kind: it only grew") {
        grow(7);
        CHECK(scene.entries.size() == size + 7);
    }
}

TEST_CASE("a witness answers as C2SP tlog-witness has it") {
    Scene scene;
    OpenLog log{scene.world.disk, scene.world};
    REQUIRE(log->append_all(scene.world.records(5)));
    REQUIRE(log->publish());
    const auto ask = [&](const AddCheckpoint& request) { return scene.witness.answer(request.encode()); };

    const AddCheckpoint first = scene.request(scene.world.disk, 0);
    CHECK(scene.witness.answer("nonsense").status == 400);
    scene.store.broken = true;
    CHECK(ask(first).status == 500);
    scene.store.broken = false;
    const WitnessAnswer cosigned = ask(first);
    REQUIRE(cosigned.status == 200);
    SignedCheckpoint checkpoint = *SignedCheckpoint::open(first.checkpoint, scene.world.verifier);
    checkpoint.note.signatures.push_back(parse_signatures(cosigned.body)->at(0));
    CHECK(*verify_cosignature(checkpoint, scene.cosigner) ==
          std::chrono::floor<std::chrono::seconds>(scene.world.clock.now()));

    CHECK(ask(first) == WitnessAnswer{409, "text/x.tlog.size", "5\n"});
    CHECK(ask(scene.request(scene.world.disk, 5)).status == 200);
    AddCheckpoint over = first;
    over.old_size = 6;
    CHECK(ask(over).status == 400);
    REQUIRE(log->append_all(scene.world.records(5)));
    REQUIRE(log->publish());
    AddCheckpoint wrong = scene.request(scene.world.disk, 5);
    wrong.proof.pop_back();
    CHECK(ask(wrong).status == 422);

    AddCheckpoint other = first;
    other.checkpoint = SignedCheckpoint::sign({.origin = "other.example", .head = {}}, scene.world.key)->encode();
    CHECK(ask(other).status == 404);
    other.checkpoint = SignedCheckpoint::sign({.origin = scene.world.origin, .head = {}}, scene.witness_key)->encode();
    CHECK(ask(other).status == 403);
}

TEST_CASE("a quorum of witnesses is asked for, and counted honestly") {
    Scene scene;
    OpenLog log{scene.world.disk, scene.world};
    REQUIRE(log->append_all(scene.world.records(5)));
    SignedCheckpoint checkpoint = *log->publish();
    const crypto::SigningKey second = crypto::SigningKey::generate(scene.world.random);
    WitnessPolicy policy{.witnesses = {scene.cosigner, {"second.example", second.verifying_key()}}, .quorum = 0};
    CHECK(verify_quorum(checkpoint, policy)->empty());
    policy.quorum = 1;
    CHECK(verify_quorum(checkpoint, policy).error().code == Errc::signature_invalid);
    const auto add = [&](std::string_view name, const crypto::SigningKey& key) {
        checkpoint.note.signatures.push_back(*cosign(checkpoint, name, key, scene.world.clock.now()));
    };
    add("stranger.example", second);
    CHECK(!verify_quorum(checkpoint, policy));
    add("witness.example", scene.witness_key);
    CHECK(verify_quorum(checkpoint, policy)->size() == 1);
    policy.quorum = 2;
    // The same one twice is one.
    add("witness.example", scene.witness_key);
    CHECK(!verify_quorum(checkpoint, policy));
    add("second.example", second);
    CHECK(verify_quorum(checkpoint, policy)->size() == 2);
    checkpoint.note.signatures.back().signature.back() ^= std::byte{1};
    policy.quorum = 1;
    CHECK(verify_quorum(checkpoint, policy).error().code == Errc::signature_invalid);
}
