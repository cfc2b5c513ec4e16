// SPDX-License-Identifier: Apache-2.0
// Damage and exchange: whatever is done to a file, nothing but a true beginning of the document comes out, and the
// reader says that something is wrong.
#include <safeq/spool/envelope.hpp>

#include <cstdlib>
#include <set>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

constexpr std::size_t body = 1412;
constexpr std::size_t sealed_chunk = 16400;

/// Reads a damaged file: it must fail, and only whole chunks of the original's beginning may have come out.
Errc damage_of(World& world, Bytes file, const Bytes& original) {
    const auto [got, error] = world.read(std::move(file));
    REQUIRE(error.has_value());
    REQUIRE(got.size() <= original.size());
    REQUIRE(got.size() % 16384 == 0);
    REQUIRE(same_bytes(got, ByteView{original}.first(got.size())));
    return *error;
}

Bytes cut(const Bytes& file, std::size_t size) { return to_bytes(ByteView{file}.first(size)); }

Bytes flipped(Bytes file, std::size_t bit) {
    file[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    return file;
}

void put(Bytes& to, std::size_t at, ByteView bytes) {
    std::copy(bytes.begin(), bytes.end(), to.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

TEST_CASE("a preamble is written in one way") {
    World world;
    const Bytes file = world.sealed(world.text(10));
    const ByteView begin = ByteView{file}.first<spool::Preamble::encoded_bytes>();
    const auto preamble = spool::Preamble::decode(begin);
    REQUIRE(preamble);
    CHECK(same_bytes(preamble->encode(), begin));
    CHECK(as_text(begin.first(12)) == "safeq/spool\n");
    CHECK(same_bytes(begin.subspan(12, 80), world.header.encode()));
    CHECK(same_bytes(begin.subspan(92, 32), world.epoch_id.bytes));
    CHECK(spool::Preamble::encoded_bytes == body);
    Bytes longer = to_bytes(begin);
    longer.push_back(std::byte{0});
    CHECK(code_of(spool::Preamble::decode(longer)) == Errc::trailing_data);
    for (std::size_t n = 0; n < body; ++n) CHECK(code_of(spool::Preamble::decode(begin.first(n))) == Errc::truncated);
}

TEST_CASE("what isn't a spool file, or is of a later version, is told apart") {
    World world;
    Bytes file = world.sealed(world.text(10));
    MemoryBlobSource good{file};
    CHECK(spool::inspect(good));
    Bytes other = file;
    put(other, 0, as_bytes("%PDF-1.7\n"));
    CHECK(damage_of(world, other, {}) == Errc::malformed);
    other = file;
    other[15] = std::byte{2};
    CHECK(damage_of(world, other, {}) == Errc::bad_version);
}

TEST_CASE("a file cut anywhere in its beginning is refused") {
    World world;
    const Bytes text = world.text(100);
    const Bytes file = world.sealed(text);
    for (std::size_t n = 0; n <= body + 15; ++n) CHECK(damage_of(world, cut(file, n), text) == Errc::truncated);
}

TEST_CASE("a file cut anywhere in its body is refused") {
    World world;
    const Bytes text = world.text(6 * 16384 + 3000);
    const Bytes file = world.sealed(text);
    REQUIRE(world.read(file).first == text);
    std::set<std::size_t> cuts;
    for (std::size_t n = 512; n < file.size(); n += 512) cuts.insert(n);
    for (std::size_t i = 0; i <= 6; ++i) {
        for (const std::size_t around : {0UZ, 1UZ, 15UZ, 16UZ, 17UZ, 16399UZ})
            cuts.insert(body + i * sealed_chunk + around);
    }
    for (const std::size_t back : {1UZ, 15UZ, 16UZ, 17UZ, 3000UZ, 3015UZ, 3016UZ}) cuts.insert(file.size() - back);
    for (const std::size_t n : cuts) {
        if (n >= file.size()) continue;
        CAPTURE(n);
        const Errc code = damage_of(world, cut(file, n), text);
        CHECK((code == Errc::truncated || code == Errc::authentication_failed));
        // The length alone is checked without reading all of the document.
        if (auto reader = world.open(cut(file, n)))
            CHECK(code_of(reader->verify_ends()) == Errc::authentication_failed);
    }
}

TEST_CASE("a file with anything after its end is refused") {
    World world;
    const Bytes text = world.text(16384 + 100);
    for (const std::size_t more : {1UZ, 16UZ, 17UZ, 16284UZ, 16285UZ, 16300UZ, 16400UZ, 40000UZ}) {
        Bytes file = world.sealed(text);
        file.resize(file.size() + more);
        damage_of(world, std::move(file), text);
    }
}

TEST_CASE("a flip of any bit before the first chunk is noticed when opening") {
    World world;
    const Bytes text = world.text(50);
    const Bytes file = world.sealed(text);
    std::set<Errc> seen;
    for (std::size_t bit = 0; bit < body * 8; ++bit) {
        const auto reader = world.open(flipped(file, bit));
        if (reader) FAIL("silent flip of bit " << bit);
        seen.insert(reader.error().code);
    }
    CHECK(seen == std::set{Errc::malformed, Errc::bad_version, Errc::header_mismatch, Errc::key_unknown,
                           Errc::signature_invalid, Errc::epoch_unknown, Errc::authentication_failed});
}

TEST_CASE("HOSTILE 6: a flipped bit of a document's body is noticed, wherever it is") {
    World world;
    const Bytes text = world.text(3 * 16384 + 77);
    const Bytes file = world.sealed(text);
    const bool all = std::getenv("SAFEQ_LONG") != nullptr;
    for (int i = 0; i < (all ? 100'000 : 2'000); ++i) {
        std::array<std::byte, 8> raw = world.random.bytes<8>();
        std::uint64_t number = 0;
        std::memcpy(&number, raw.data(), raw.size());
        const std::size_t bit = body * 8 + number % ((file.size() - body) * 8);
        CAPTURE(bit);
        CHECK(damage_of(world, flipped(file, bit), text) == Errc::authentication_failed);
    }
    for (std::size_t bit = (file.size() - 17) * 8; bit < file.size() * 8; ++bit) {
        auto reader = world.open(flipped(file, bit));
        REQUIRE(reader);
        CHECK(code_of(reader->verify_ends()) == Errc::authentication_failed);
    }
}

TEST_CASE("a file in another's place is refused") {
    World world;
    spool::Header other = world.header;
    SECTION("of another tenant") { other.tenant = TenantId::make(world.clock, world.random); }
    SECTION("of another job") { other.job = JobId::make(world.clock, world.random); }
    SECTION("of another document") { other.document = 0; }
    SECTION("of another owner") { other.owner = SubjectId::make(world.clock, world.random); }
    const Bytes file = world.sealed(other, world.text(100));
    CHECK(world.open(file, other));
    CHECK(code_of(world.open(file, world.header)) == Errc::header_mismatch);

    // Nor does it help to write the expected header over it.
    Bytes forged = file;
    put(forged, 12, world.header.encode());
    CHECK(code_of(world.open(forged, world.header)) == Errc::signature_invalid);
}

TEST_CASE("parts of two files don't make a third") {
    World world;
    const Bytes text_a = world.text(3 * 16384 + 5);
    const Bytes text_b = world.text(3 * 16384 + 5);
    const Bytes a = world.sealed(text_a);
    const Bytes b = world.sealed(text_b);
    const auto mixed = [&](std::size_t at, std::size_t size) {
        Bytes file = a;
        put(file, at, ByteView{b}.subspan(at, size));
        return file;
    };
    // Same header, so these are the strongest exchanges that a thief of the spool has.
    CHECK(damage_of(world, mixed(92, 1200), text_a) == Errc::commitment_mismatch);
    CHECK(damage_of(world, mixed(1292, 64), text_a) == Errc::signature_invalid);
    CHECK(damage_of(world, mixed(1356, 56), text_a) == Errc::signature_invalid);
    CHECK(damage_of(world, mixed(1292, 64 + 56), text_a) == Errc::commitment_mismatch);
    CHECK(damage_of(world, mixed(1356, a.size() - 1356), text_a) == Errc::signature_invalid);
    CHECK(damage_of(world, mixed(body, a.size() - body), text_a) == Errc::authentication_failed);
    CHECK(damage_of(world, mixed(body + sealed_chunk, sealed_chunk), text_a) == Errc::authentication_failed);
    // The whole of the other file but for the envelope: its own key is missing then.
    CHECK(damage_of(world, mixed(1292, a.size() - 1292), text_b) == Errc::commitment_mismatch);
}

TEST_CASE("chunks keep their places") {
    World world;
    const Bytes text = world.text(4 * 16384 + 5);
    const Bytes file = world.sealed(text);
    const auto chunk = [&](std::size_t i) {
        const ByteView rest = ByteView{file}.subspan(body + i * sealed_chunk);
        return rest.first(std::min(rest.size(), sealed_chunk));
    };
    const auto of_chunks = [&](std::initializer_list<std::size_t> order) {
        Bytes made = cut(file, body);
        for (const std::size_t i : order) made.insert(made.end(), chunk(i).begin(), chunk(i).end());
        return made;
    };
    REQUIRE(of_chunks({0, 1, 2, 3, 4}) == file);
    for (const auto& order : std::initializer_list<std::initializer_list<std::size_t>>{{1, 0, 2, 3, 4},
                                                                                       {0, 1, 3, 2, 4},
                                                                                       {0, 0, 2, 3, 4},
                                                                                       {0, 1, 2, 4},
                                                                                       {1, 2, 3, 4},
                                                                                       {4},
                                                                                       {0, 1, 2, 3, 3, 4},
                                                                                       {0, 1, 2, 3, 4, 4}})
        CHECK(damage_of(world, of_chunks(order), text) == Errc::authentication_failed);
    // The last chunk dropped: no message has such a length.
    for (const auto& order : std::initializer_list<std::initializer_list<std::size_t>>{{0, 1, 2, 3}, {0}, {}})
        CHECK(damage_of(world, of_chunks(order), text) == Errc::truncated);
}

TEST_CASE("an intake can't read what it wrote, nor sign for another intake") {
    World world;
    const InstanceId second = InstanceId::make(world.clock, world.random);
    const crypto::SigningKey second_key = crypto::SigningKey::generate(world.random);
    world.intakes.set(second, second_key.verifying_key());
    auto writer =
        spool::Writer::create(*world.blobs.create(world.name), world.header, world.epoch, second_key, world.random);
    REQUIRE(writer);
    REQUIRE(std::move(*writer).finish());
    CHECK(code_of(world.open(world.blobs.bytes(world.name))) == Errc::signature_invalid);
}
