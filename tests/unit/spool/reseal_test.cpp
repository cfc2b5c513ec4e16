// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/reseal.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

Result<spool::Receipt> reseal(World& world, const Bytes& file, const spool::EpochPublicKey& to,
                              const spool::Header& expected) {
    MemoryBlobSource source{file};
    return spool::reseal(source, *world.blobs.create(world.name), expected, world.epochs, world.intakes, to,
                         world.random);
}

Result<spool::Receipt> reseal(World& world, const Bytes& file, const spool::EpochPublicKey& to) {
    return reseal(world, file, to, world.header);
}

}  // namespace

TEST_CASE("resealing changes the envelope and nothing else") {
    World world;
    for (const std::size_t size : {0UZ, 100UZ, 16384UZ, 600'000UZ}) {
        CAPTURE(size);
        const Bytes text = world.text(size);
        const Bytes before = world.sealed(text);
        const spool::EpochPublicKey kept = world.add_epoch();
        const auto receipt = reseal(world, before, kept);
        REQUIRE(receipt);
        const Bytes after = world.blobs.bytes(world.name);
        CHECK(receipt->epoch == spool::EpochId::of(kept));
        CHECK(receipt->file_bytes == after.size());
        CHECK(receipt->plaintext_bytes == size);
        REQUIRE(after.size() == before.size());
        CHECK(same_bytes(ByteView{after}.first(92), ByteView{before}.first(92)));
        CHECK_FALSE(same_bytes(ByteView{after}.subspan(92, 1200), ByteView{before}.subspan(92, 1200)));
        CHECK(same_bytes(ByteView{after}.subspan(1292), ByteView{before}.subspan(1292)));
        CHECK(world.read(after) == std::pair{text, std::optional<Errc>{}});
    }
}

TEST_CASE("when the old epoch is destroyed, only the resealed file lives") {
    World world;
    const Bytes text = world.text(20'000);
    const Bytes before = world.sealed(text);
    REQUIRE(reseal(world, before, world.add_epoch()));
    const Bytes after = world.blobs.bytes(world.name);
    world.epochs.destroy(world.epoch_id);
    CHECK(code_of(world.open(before)) == Errc::key_destroyed);
    CHECK(world.read(after).first == text);
    CHECK(code_of(reseal(world, before, world.add_epoch())) == Errc::key_destroyed);
}

TEST_CASE("what can't be opened isn't resealed") {
    World world;
    const Bytes file = world.sealed(world.text(20'000));
    const Bytes other = world.sealed(world.text(20'000));
    const spool::EpochPublicKey to = world.add_epoch();
    REQUIRE(world.blobs.remove(world.name));

    spool::Header expected = world.header;
    expected.owner = SubjectId::make(world.clock, world.random);
    CHECK(code_of(reseal(world, file, to, expected)) == Errc::header_mismatch);

    Bytes exchanged = file;
    std::copy_n(other.begin() + 92, 1200, exchanged.begin() + 92);
    CHECK(code_of(reseal(world, exchanged, to)) == Errc::commitment_mismatch);
    Bytes flipped = file;
    flipped[1292] ^= std::byte{1};
    CHECK(code_of(reseal(world, flipped, to)) == Errc::signature_invalid);
    Bytes cut = file;
    cut.resize(1412);
    CHECK(code_of(reseal(world, cut, to)) == Errc::truncated);
    spool::EpochPublicKey broken;
    broken.fill(std::byte{0xff});
    CHECK(code_of(reseal(world, file, broken)) == Errc::key_invalid);
    MemoryBlobSource source{file};
    CHECK(code_of(spool::reseal(source, nullptr, world.header, world.epochs, world.intakes, to, world.random)) ==
          Errc::invalid_argument);
    CHECK_FALSE(world.blobs.has(world.name));
}

TEST_CASE("a damaged body stays a damaged body") {
    World world;
    Bytes file = world.sealed(world.text(20'000));
    file[5000] ^= std::byte{1};
    REQUIRE(reseal(world, file, world.add_epoch()));
    CHECK(world.read(world.blobs.bytes(world.name)).second == Errc::authentication_failed);
}

TEST_CASE("a fault of the sink while resealing leaves the old file") {
    World world;
    const Bytes file = world.sealed(world.text(600'000));
    const spool::EpochPublicKey to = world.add_epoch();
    world.blobs.fail_at(MemoryBlobStore::never);
    REQUIRE(reseal(world, file, to));
    const std::size_t calls = world.blobs.calls();
    REQUIRE(calls >= 4);
    world.blobs.put(world.name, file);
    for (std::size_t n = 0; n < calls; ++n) {
        world.blobs.fail_at(n, Errc::io_failed);
        CHECK(code_of(reseal(world, file, to)) == Errc::io_failed);
        CHECK(world.blobs.bytes(world.name) == file);
    }
}
