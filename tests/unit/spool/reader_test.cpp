// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/reader.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

/// A source whose bytes and faults the test changes while it is read.
struct Shared {
    Bytes bytes;
    bool broken = false;
    std::size_t reads = 0;
    std::size_t bytes_read = 0;
};

class SharedSource final : public spool::BlobSource {
public:
    explicit SharedSource(Shared& shared) : shared_{shared} {}
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        ++shared_.reads;
        if (shared_.broken) return fail(Errc::io_failed, "test source");
        MemoryBlobSource now{shared_.bytes};
        auto n = now.read_at(offset, out);
        shared_.bytes_read += *n;
        return n;
    }
    Result<std::uint64_t> size() override { return std::uint64_t{shared_.bytes.size()}; }

private:
    Shared& shared_;
};

}  // namespace

TEST_CASE("a reader says what the intake signed") {
    World world;
    const spool::Receipt receipt = world.seal_as(world.header, world.text(50'000));
    spool::Header expected = world.header;
    expected.intake = InstanceId{};
    expected.created = Time{};
    const auto reader = world.open(world.blobs.bytes(world.name), expected);
    REQUIRE(reader);
    CHECK(reader->header() == world.header);
    CHECK(reader->epoch() == world.epoch_id);
    CHECK(reader->salt() == receipt.salt);
    CHECK(reader->commitment() == receipt.commitment);
    CHECK(reader->plaintext_bytes() == 50'000);
    CHECK(reader->file_bytes() == receipt.file_bytes);
    CHECK(reader->chunk_count() == 4);
}

TEST_CASE("chunks are read in any order, each authenticated") {
    World world;
    const Bytes text = world.text(40 * 16384 + 5);
    auto reader = world.open(world.sealed(text));
    REQUIRE(reader);
    REQUIRE(reader->chunk_count() == 41);
    CHECK(reader->verify_ends());
    CHECK(reader->verify_all());
    for (const std::uint64_t index : {0ULL, 1ULL, 2ULL, 40ULL, 39ULL, 15ULL, 16ULL, 17ULL, 3ULL, 3ULL, 40ULL, 0ULL}) {
        const auto chunk = reader->chunk(index);
        REQUIRE(chunk);
        const ByteView want = ByteView{text}.subspan(index * 16384);
        CHECK(same_bytes(*chunk, want.first(std::min<std::size_t>(want.size(), 16384))));
    }
    CHECK(code_of(reader->chunk(41)) == Errc::invalid_argument);
    CHECK(code_of(reader->chunk(~std::uint64_t{0})) == Errc::invalid_argument);
    CHECK(reader->chunk(7));
}

TEST_CASE("a reader that reads on asks the source seldom") {
    World world;
    Shared shared{.bytes = world.sealed(world.text(64 * 16384))};
    auto reader =
        spool::Reader::open(std::make_unique<SharedSource>(shared), world.header, world.epochs, world.intakes);
    REQUIRE(reader);
    shared.reads = 0;
    REQUIRE(reader->verify_all());
    CHECK(shared.reads <= 6);
    // Who jumps about gets what was asked for, and no more is read.
    shared.bytes_read = 0;
    REQUIRE(reader->chunk(5));
    CHECK(shared.bytes_read == 16400);
    REQUIRE(reader->verify_ends());
    CHECK(shared.bytes_read == 16400 + 16);
}

TEST_CASE("an empty document has one empty chunk, which nobody is handed") {
    World world;
    auto reader = world.open(world.sealed({}));
    REQUIRE(reader);
    CHECK(reader->chunk_count() == 1);
    CHECK(reader->plaintext_bytes() == 0);
    CHECK(reader->verify_all());
    CHECK(reader->verify_ends());
    const auto chunk = reader->chunk(0);
    REQUIRE(chunk);
    CHECK(chunk->empty());
    CHECK(reader->for_each([](ByteView) -> Result<void> { return fail(Errc::internal, "called"); }));
}

TEST_CASE("the taker's own error ends the reading") {
    World world;
    auto reader = world.open(world.sealed(world.text(100'000)));
    REQUIRE(reader);
    int taken = 0;
    const auto outcome = reader->for_each([&](ByteView) -> Result<void> {
        if (++taken == 2) return fail(Errc::connection_closed, "device");
        return {};
    });
    CHECK(code_of(outcome) == Errc::connection_closed);
    CHECK(taken == 2);
}

TEST_CASE("errors of the source are passed on, and reading can be tried again") {
    World world;
    Shared shared{.bytes = world.sealed(world.text(100'000))};
    const auto open = [&] {
        return spool::Reader::open(std::make_unique<SharedSource>(shared), world.header, world.epochs, world.intakes);
    };
    auto reader = open();
    REQUIRE(reader);
    shared.broken = true;
    CHECK(code_of(open()) == Errc::io_failed);
    CHECK(code_of(reader->chunk(0)) == Errc::io_failed);
    CHECK(code_of(reader->verify_all()) == Errc::io_failed);
    shared.broken = false;
    CHECK(reader->verify_all());
}

TEST_CASE("a file that changes after it was opened is noticed") {
    World world;
    Shared shared{.bytes = world.sealed(world.text(20 * 16384))};
    auto reader =
        spool::Reader::open(std::make_unique<SharedSource>(shared), world.header, world.epochs, world.intakes);
    REQUIRE(reader);
    const Bytes good = shared.bytes;
    shared.bytes[1412 + 18 * 16400] ^= std::byte{1};
    CHECK(code_of(reader->verify_all()) == Errc::authentication_failed);
    shared.bytes = good;
    CHECK(reader->chunk(18));
    CHECK(reader->verify_all());
    shared.bytes.resize(1412 + 18 * 16400);
    CHECK(code_of(reader->verify_all()) == Errc::truncated);
    CHECK(code_of(reader->verify_ends()) == Errc::truncated);
    // A read that ended half way leaves nothing behind that is taken for the chunks read before it.
    shared.bytes = good;
    for (std::uint64_t i = 0; i < 17; ++i) REQUIRE(reader->chunk(i));
    shared.bytes.resize(1412 + 18 * 16400);
    CHECK(code_of(reader->chunk(17)) == Errc::truncated);
    CHECK(reader->chunk(1));
}

TEST_CASE("only the keys of the right epoch and intake open a file") {
    World world;
    const Bytes file = world.sealed(world.text(1000));
    REQUIRE(world.open(file));

    SECTION("an intake that isn't ours") {
        world.intakes.remove(world.header.intake);
        CHECK(code_of(world.open(file)) == Errc::key_unknown);
    }
    SECTION("another intake's key") {
        world.intakes.set(world.header.intake, crypto::SigningKey::generate(world.random).verifying_key());
        CHECK(code_of(world.open(file)) == Errc::signature_invalid);
    }
    SECTION("a key that is none") {
        world.intakes.set(world.header.intake, crypto::VerifyingKey{});
        CHECK(code_of(world.open(file)) == Errc::signature_invalid);
    }
    SECTION("an unknown epoch") {
        spool::EpochRing empty;
        CHECK(code_of(spool::Reader::open(std::make_unique<MemoryBlobSource>(file), world.header, empty,
                                          world.intakes)) == Errc::epoch_unknown);
    }
    SECTION("a destroyed epoch") {
        world.epochs.destroy(world.epoch_id);
        CHECK(code_of(world.open(file)) == Errc::key_destroyed);
    }
    SECTION("a key store that gives the wrong key") {
        class Confused final : public spool::EpochKeys {
        public:
            explicit Confused(Random& random)
                : key_{std::make_shared<const crypto::XwingPrivateKey>(crypto::XwingPrivateKey::generate(random))} {}
            Result<std::shared_ptr<const crypto::XwingPrivateKey>> opening_key(const spool::EpochId&) override {
                return key_;
            }

        private:
            std::shared_ptr<const crypto::XwingPrivateKey> key_;
        } confused{world.random};
        CHECK(code_of(spool::Reader::open(std::make_unique<MemoryBlobSource>(file), world.header, confused,
                                          world.intakes)) == Errc::authentication_failed);
    }
    SECTION("no source") {
        CHECK(code_of(spool::Reader::open(nullptr, world.header, world.epochs, world.intakes)) ==
              Errc::invalid_argument);
    }
}

TEST_CASE("a moved-from reader reads nothing") {
    World world;
    auto reader = world.open(world.sealed(world.text(1000)));
    REQUIRE(reader);
    spool::Reader moved = std::move(*reader);
    CHECK(moved.verify_all());
    CHECK(code_of(reader->chunk(0)) == Errc::invalid_argument);
}

TEST_CASE("any range of a document can be read, across the borders of chunks, and nothing before it", "[spool]") {
    test::World w;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16383}, std::size_t{16384},
                                   std::size_t{16385}, std::size_t{32768}, std::size_t{400'000}}) {
        const Bytes text = w.text(size);
        auto reader = w.open(w.sealed(text));
        REQUIRE(reader);
        const std::vector<std::size_t> marks{0, 1, 16383, 16384, 16385, 32767, 32768, 32769, 65536, size / 2, size};
        for (const std::size_t from : marks) {
            for (const std::size_t to : marks) {
                if (from > to || to > size) continue;
                CAPTURE(size, from, to);
                Bytes out(to - from);
                REQUIRE(reader->read_range(from, out));
                CHECK(std::ranges::equal(out, ByteView{text}.subspan(from, to - from)));
            }
        }
        Bytes one(1);
        CHECK(test::code_of(reader->read_range(size, one)) == Errc::invalid_argument);
        CHECK(test::code_of(reader->read_range(~std::uint64_t{0}, one)) == Errc::invalid_argument);
        Bytes more(size + 1);
        CHECK(test::code_of(reader->read_range(0, more)) == Errc::invalid_argument);
    }
}

TEST_CASE("a range depends on its own chunks only, and gives nothing of a damaged one", "[spool]") {
    test::World w;
    const Bytes text = w.text(5 * 16384);
    Bytes file = w.sealed(text);
    file.at(1412 + 2 * 16400 + 7) ^= std::byte{1};
    auto reader = w.open(file);
    REQUIRE(reader);
    Bytes out(16384);
    for (const std::size_t chunk : {std::size_t{4}, std::size_t{0}, std::size_t{3}, std::size_t{1}}) {
        REQUIRE(reader->read_range(chunk * 16384, out));
        CHECK(std::ranges::equal(out, ByteView{text}.subspan(chunk * 16384, 16384)));
    }
    Bytes across(2 * 16384);
    CHECK(test::code_of(reader->read_range(16384 + 100, across)) == Errc::authentication_failed);
    CHECK(std::ranges::all_of(across, [](std::byte b) { return b == std::byte{0}; }));
    REQUIRE(reader->read_range(16384, out));
    CHECK(std::ranges::equal(out, ByteView{text}.subspan(16384, 16384)));
}
