// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::LogWorld;
using test::MemoryDisk;
using test::MemoryLogReader;
using test::OpenLog;

namespace {

struct Taken {
    std::vector<Bytes> entries = {};
    FollowerState state = {};
    std::size_t calls = 0;

    EntrySink sink() {
        return [this](const FollowedEntries& batch) -> Result<void> {
            CHECK(batch.first == entries.size());
            for (const ByteView entry : batch.entries) entries.push_back(to_bytes(entry));
            CHECK(batch.after.seen.size() == entries.size());
            state = batch.after;
            ++calls;
            return {};
        };
    }
};

void fill(OpenLog& log, LogWorld& world, std::size_t count) {
    REQUIRE(log->append_all(world.records(count)));
    REQUIRE(log->publish());
}

Errc follow_error(const LogWorld& world, const FollowerState& state, const std::shared_ptr<MemoryDisk>& disk) {
    MemoryLogReader reader{disk};
    Follower follower{world.verifier, state};
    const auto followed = follower.follow(reader, [](const FollowedEntries&) { return Result<void>{}; });
    REQUIRE(!followed);
    return followed.error().code;
}

// A log of the same key with other entries from index `from` on.
std::shared_ptr<MemoryDisk> fork_of(LogWorld& world, const std::vector<Bytes>& entries, std::size_t from,
                                    std::size_t size) {
    const auto disk = std::make_shared<MemoryDisk>();
    OpenLog log{disk, world};
    std::vector<Record> records;
    for (std::size_t i = 0; i < size; ++i) records.push_back(i < from ? *Record::parse(entries.at(i)) : world.record());
    REQUIRE(log->append_all(records));
    REQUIRE(log->publish());
    return disk;
}

}  // namespace

TEST_CASE("a follower takes every entry once, in order, over any number of visits") {
    LogWorld world;
    OpenLog log{world.disk, world};
    MemoryLogReader reader{world.disk};
    Taken taken;
    std::size_t total = 0;
    for (const std::size_t more : {0u, 1u, 200u, 0u, 55u, 256u, 3u, 700u}) {
        total += more;
        if (more != 0) fill(log, world, more);
        if (total == 0) REQUIRE(log->publish());
        // The state goes through its text, as it does in a database.
        Follower follower{
            world.verifier,
            *FollowerState::parse(taken.state.checkpoint.empty() ? FollowerState{}.encode() : taken.state.encode())};
        REQUIRE(follower.follow(reader, taken.sink()));
        CHECK(follower.state() == taken.state);
        REQUIRE(taken.entries.size() == total);
    }
    for (std::size_t i = 0; i < total; ++i) CHECK(taken.entries[i] == *log->entry(i));
    // Nothing new: nothing is given out.
    const std::size_t calls = taken.calls;
    Follower follower{world.verifier, taken.state};
    REQUIRE(follower.follow(reader, taken.sink()));
    CHECK(taken.calls == calls);
}

TEST_CASE("a sink that fails gets the same entries again") {
    LogWorld world;
    OpenLog log{world.disk, world};
    MemoryLogReader reader{world.disk};
    fill(log, world, 600);
    Taken taken;
    Follower follower{world.verifier, {}};
    std::size_t calls = 0;
    const EntrySink once = [&](const FollowedEntries& batch) -> Result<void> {
        if (calls++ == 1) return fail(Errc::disk_full, "test");
        return taken.sink()(batch);
    };
    CHECK(follower.follow(reader, once).error().code == Errc::disk_full);
    CHECK(taken.entries.size() == 256);
    CHECK(follower.state() == taken.state);
    // In between the log has grown, and the follower was restarted half way.
    fill(log, world, 10);
    Follower again{world.verifier, taken.state};
    REQUIRE(again.follow(reader, taken.sink()));
    CHECK(taken.entries.size() == 610);
}

TEST_CASE("a log that drops its last entries is seen") {
    LogWorld world;
    OpenLog log{world.disk, world};
    fill(log, world, 300);
    const auto backup = world.disk->copy();
    fill(log, world, 7);
    MemoryLogReader reader{world.disk};
    Taken taken;
    REQUIRE(Follower(world.verifier, {}).follow(reader, taken.sink()));

    SECTION("the week-old copy is put in its place") {
        CHECK(follow_error(world, taken.state, backup) == Errc::rollback);
        // It verifies alone: only who saw more can tell.
        MemoryLogReader old{backup};
        CHECK(verify_log(old, world.verifier)->checkpoint.head.size == 300);
    }
    SECTION("the week-old copy goes on to another log of the same length, or longer") {
        for (const std::size_t more : {7u, 200u}) {
            const auto disk = backup->copy();
            OpenLog restored{disk, world};
            fill(restored, world, more);
            CHECK(follow_error(world, taken.state, disk) == Errc::fork_detected);
        }
    }
    SECTION("n dropped and signed anew") {
        for (const std::size_t n : {1u, 50u, 307u}) {
            const auto disk = fork_of(world, taken.entries, 307 - n, 307 - n);
            CHECK(follow_error(world, taken.state, disk) == Errc::rollback);
        }
    }
}

TEST_CASE("a fork is proved, whatever the sizes") {
    LogWorld world;
    for (const std::size_t seen : {1u, 2u, 5u, 64u, 255u, 256u, 257u, 300u}) {
        const auto disk = std::make_shared<MemoryDisk>();
        OpenLog log{disk, world};
        fill(log, world, seen);
        MemoryLogReader reader{disk};
        Taken taken;
        REQUIRE(Follower(world.verifier, {}).follow(reader, taken.sink()));
        for (const std::size_t size : {seen, seen + 1, 520 + seen}) {
            for (const std::size_t from : {std::size_t{0}, seen / 2, seen - 1})
                REQUIRE(follow_error(world, taken.state, fork_of(world, taken.entries, from, size)) ==
                        Errc::fork_detected);
        }
    }
}

TEST_CASE("entries and tiles that don't belong to the checkpoint are refused, each") {
    LogWorld world;
    OpenLog log{world.disk, world};
    fill(log, world, 300);
    MemoryLogReader reader{world.disk};
    Taken taken;
    REQUIRE(Follower(world.verifier, {}).follow(reader, taken.sink()));
    fill(log, world, 300);

    std::size_t files = 0;
    const auto original = world.disk->copy();
    for (const auto& [path, bytes] : original->files) {
        // The last one is of the first publication, and of no use to this checkpoint.
        if (path == checkpoint_path || path == "tile/1/000.p/1") continue;
        INFO(path);
        ++files;
        const auto changed = world.disk->copy();
        changed->files[path][bytes.size() / 2] ^= std::byte{1};
        MemoryLogReader bad{changed};
        REQUIRE(!verify_log(bad, world.verifier));
        const auto missing = world.disk->copy();
        missing->files.erase(path);
        MemoryLogReader incomplete{missing};
        REQUIRE(!verify_log(incomplete, world.verifier));
    }
    CHECK(files == 7);

    const auto changed = world.disk->copy();
    changed->files["tile/entries/001"].back() ^= std::byte{1};
    CHECK(follow_error(world, taken.state, changed) == Errc::proof_invalid);
    // Tiles that are nonsense prove nothing, also no fork.
    const auto nonsense = world.disk->copy();
    nonsense->files["tile/0/001"][3] ^= std::byte{1};
    CHECK(follow_error(world, taken.state, nonsense) == Errc::proof_invalid);
    const auto swapped = world.disk->copy();
    std::swap(swapped->files["tile/entries/000"], swapped->files["tile/entries/001"]);
    MemoryLogReader bad{swapped};
    CHECK(verify_log(bad, world.verifier).error().code == Errc::proof_invalid);
}

TEST_CASE("a log that withholds or garbles what it signed tampers; one that can't be read may be honest") {
    LogWorld world;
    OpenLog log{world.disk, world};
    fill(log, world, 300);
    MemoryLogReader reader{world.disk};
    Taken taken;
    REQUIRE(Follower(world.verifier, {}).follow(reader, taken.sink()));
    fill(log, world, 300);
    const auto told = [&](const std::string& path, const std::function<void(Bytes&)>& change) {
        INFO(path);
        const auto disk = world.disk->copy();
        REQUIRE(disk->files.contains(path));
        if (change) change(disk->files[path]);
        else disk->files.erase(path);
        return follow_error(world, taken.state, disk);
    };
    for (const char* const path : {"tile/entries/001", "tile/entries/002.p/88", "tile/0/001", "tile/0/002.p/88"}) {
        CHECK(told(path, {}) == Errc::proof_invalid);
        CHECK(told(path, [](Bytes& bytes) { bytes.clear(); }) == Errc::proof_invalid);
        CHECK(told(path, [](Bytes& bytes) { bytes.pop_back(); }) == Errc::proof_invalid);
        CHECK(told(path, [](Bytes& bytes) { bytes.push_back({}); }) == Errc::proof_invalid);
        CHECK(told(path, [](Bytes& bytes) { bytes = to_bytes("<html>"); }) == Errc::proof_invalid);
    }
    CHECK(told(checkpoint_path, [](Bytes& bytes) { bytes = to_bytes("<html>"); }) == Errc::checkpoint_invalid);
    CHECK(told(checkpoint_path, [](Bytes& bytes) { bytes.clear(); }) == Errc::checkpoint_invalid);
    CHECK(told(checkpoint_path, [](Bytes& bytes) { bytes.resize(100'000); }) == Errc::checkpoint_invalid);
    for (const Errc code :
         {Errc::proof_invalid, Errc::checkpoint_invalid, Errc::signature_invalid, Errc::rollback, Errc::fork_detected})
        CHECK(is_tampering(code));

    // A server that is away, or was never filled, says nothing about the log.
    class Away final : public LogReader {
    public:
        Away(LogReader& inner, Errc code, int reads) : inner_{inner}, code_{code}, left_{reads} {}
        Result<Bytes> read(const std::string& path) override {
            if (left_-- == 0) return fail(code_, path);
            return inner_.read(path);
        }

    private:
        LogReader& inner_;
        Errc code_;
        int left_;
    };
    for (const Errc code : {Errc::unavailable, Errc::io_failed, Errc::connection_closed}) {
        for (int reads = 0; reads < 4; ++reads) {
            Away away{reader, code, reads};
            const auto followed = Follower(world.verifier, taken.state).follow(away, [](const FollowedEntries&) {
                return Result<void>{};
            });
            REQUIRE(!followed);
            CHECK(followed.error().code == code);
            CHECK(!is_tampering(code));
        }
    }
    CHECK(!is_tampering(told(checkpoint_path, {})));
    // The log went on between two reads: the partial tile has given way to the full one.
    const std::string note{as_text(*reader.read(checkpoint_path))};
    fill(log, world, 300);
    CHECK(!world.disk->files.contains("tile/0/002.p/88"));
    CHECK(Follower(world.verifier, taken.state).follow(note, reader, taken.sink()));
}

TEST_CASE("checkpoints of others are refused") {
    LogWorld world;
    OpenLog log{world.disk, world};
    fill(log, world, 3);
    LogWorld other;
    other.verifier.name = "log.example/other";
    CHECK(follow_error(other, {}, world.disk) == Errc::signature_invalid);
    other.verifier = {world.origin, crypto::SigningKey::generate(world.random).verifying_key()};
    CHECK(follow_error(other, {}, world.disk) == Errc::signature_invalid);
    CHECK(follow_error(world, {}, std::make_shared<MemoryDisk>()) == Errc::not_found);
}

TEST_CASE("a follower's state has one form") {
    LogWorld world;
    OpenLog log{world.disk, world};
    fill(log, world, 300);
    MemoryLogReader reader{world.disk};
    Taken taken;
    REQUIRE(Follower(world.verifier, {}).follow(reader, taken.sink()));
    const std::string text = taken.state.encode();
    CHECK(*FollowerState::parse(text) == taken.state);
    CHECK(*FollowerState::parse(FollowerState{}.encode()) == FollowerState{});
    const std::size_t size_at = text.find("300");
    const auto with = [&](std::string_view size) { return std::string{text}.replace(size_at, 3, size); };
    for (const std::string& bad :
         {std::string{}, std::string{"x"}, with("301"), with("0300"), with("+300"), with("-1"),
          with("18446744073709551616"), text.substr(0, size_at + 3), text.substr(0, size_at + 10), text.substr(1)}) {
        INFO(bad);
        CHECK(!FollowerState::parse(bad));
    }
    CHECK(FollowerState::parse(std::string(100'000, 'a')).error().code == Errc::too_large);
}
