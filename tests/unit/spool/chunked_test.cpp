// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/chunked.hpp>

#include <limits>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;
using spool::ChunkCipher;
using spool::ChunkContext;
using spool::ChunkLayout;

namespace {

ChunkCipher cipher_of(unsigned key_byte, unsigned salt_byte = 2, std::string_view context = "context") {
    const Bytes key(32, static_cast<std::byte>(key_byte));
    spool::Salt salt;
    salt.fill(static_cast<std::byte>(salt_byte));
    auto cipher = ChunkCipher::derive(key, salt, ChunkContext{as_bytes(context)});
    REQUIRE(cipher);
    return std::move(*cipher);
}

}  // namespace

TEST_CASE("every message length has one layout, and every layout one length") {
    for (const std::uint64_t n : {0ULL, 1ULL, 16383ULL, 16384ULL, 16385ULL, 32767ULL, 32768ULL, 1ULL << 40}) {
        const auto layout = ChunkLayout::of_plaintext(n);
        REQUIRE(layout);
        CHECK(layout->chunks == n / 16384 + 1);
        CHECK(layout->sealed_bytes() == n + 16 * layout->chunks);
        CHECK(ChunkLayout::of_sealed(layout->sealed_bytes()) == *layout);
        CHECK(layout->plaintext_bytes_of(layout->chunks - 1) == n % 16384);
        if (layout->chunks > 1) CHECK(layout->plaintext_bytes_of(0) == 16384);
    }
}

TEST_CASE("sizes that no message has are refused") {
    for (const std::uint64_t whole : {0ULL, 1ULL, 5ULL}) {
        for (std::uint64_t last = 0; last < 16; ++last)
            CHECK(code_of(ChunkLayout::of_sealed(whole * 16400 + last)) == Errc::truncated);
        CHECK(ChunkLayout::of_sealed(whole * 16400 + 16));
        CHECK(ChunkLayout::of_sealed(whole * 16400 + 16399));
    }
    const std::uint64_t most = (std::uint64_t{1} << 38) * 16384 - 1;
    CHECK(ChunkLayout::of_plaintext(most));
    CHECK(code_of(ChunkLayout::of_plaintext(most + 1)) == Errc::too_large);
    CHECK(ChunkLayout::of_sealed((std::uint64_t{1} << 38) * 16400 - 1));
    CHECK(code_of(ChunkLayout::of_sealed((std::uint64_t{1} << 38) * 16400 + 16)) == Errc::too_large);
    CHECK(code_of(ChunkLayout::of_sealed(std::numeric_limits<std::uint64_t>::max())) == Errc::too_large);
}

TEST_CASE("only keys of 16 and 32 bytes are taken") {
    for (std::size_t n = 0; n <= 64; ++n) {
        const auto cipher = ChunkCipher::derive(Bytes(n), {}, ChunkContext{{}});
        CHECK(cipher.has_value() == (n == 16 || n == 32));
        if (!cipher) CHECK(cipher.error().code == Errc::key_invalid);
    }
}

TEST_CASE("the commitment is to key, salt and context") {
    const spool::Commitment commitment = cipher_of(1).commitment();
    CHECK(commitment == cipher_of(1).commitment());
    CHECK(commitment != cipher_of(2).commitment());
    CHECK(commitment != cipher_of(1, 3).commitment());
    CHECK(commitment != cipher_of(1, 2, "context ").commitment());
    CHECK(spool::ChunkOpener::create(cipher_of(1), commitment, {}));
    CHECK(code_of(spool::ChunkOpener::create(cipher_of(2), commitment, {})) == Errc::commitment_mismatch);
    for (std::size_t i = 0; i < commitment.size(); ++i) {
        spool::Commitment other = commitment;
        other[i] ^= std::byte{1};
        CHECK(code_of(spool::ChunkOpener::create(cipher_of(1), other, {})) == Errc::commitment_mismatch);
    }
}

TEST_CASE("a chunk opens only under its own number") {
    World world;
    ChunkCipher cipher = cipher_of(1);
    const Bytes text = world.text(100);
    Bytes sealed(116);
    Bytes out(100);
    const std::uint64_t last = spool::max_chunks - 1;
    for (const std::uint64_t index :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256}, std::uint64_t{1} << 32, last}) {
        REQUIRE(cipher.seal(index, sealed, text));
        REQUIRE(cipher.open(index, out, sealed));
        CHECK(out == text);
        for (const std::uint64_t other : {index ^ 1, index ^ 256, index ^ (std::uint64_t{1} << 37)}) {
            CHECK(code_of(cipher.open(other, out, sealed)) == Errc::authentication_failed);
            CHECK(out == Bytes(100));
        }
    }
    CHECK(code_of(cipher.seal(last + 1, sealed, text)) == Errc::too_large);
    CHECK(code_of(cipher.open(last + 1, out, sealed)) == Errc::too_large);
    CHECK(code_of(cipher.open(0, {}, ByteView{sealed}.first(15))) == Errc::truncated);
    CHECK(code_of(cipher.seal(0, sealed, ByteView{text}.first(99))) == Errc::invalid_argument);
    Bytes long_sealed(spool::sealed_chunk_bytes + 1);
    CHECK(code_of(cipher.seal(0, long_sealed, Bytes(spool::chunk_bytes + 1))) == Errc::too_large);
    Bytes long_out(spool::chunk_bytes + 1);
    CHECK(code_of(cipher.open(0, long_out, long_sealed)) == Errc::too_large);
}

TEST_CASE("a message ends with its first short chunk") {
    spool::ChunkSealer sealer{cipher_of(1)};
    Bytes out(spool::sealed_chunk_bytes);
    REQUIRE(sealer.seal(out, Bytes(spool::chunk_bytes)));
    CHECK_FALSE(sealer.finished());
    REQUIRE(sealer.seal(MutableByteView{out}.first(16), {}));
    CHECK(sealer.finished());
    CHECK(sealer.sealed_chunks() == 2);
    CHECK(code_of(sealer.seal(MutableByteView{out}.first(16), {})) == Errc::conflict);
}

TEST_CASE("an opener takes chunks of its layout's sizes only") {
    ChunkCipher cipher = cipher_of(1);
    Bytes whole(spool::sealed_chunk_bytes);
    Bytes last(17);
    REQUIRE(cipher.seal(0, whole, Bytes(spool::chunk_bytes)));
    REQUIRE(cipher.seal(1, last, Bytes(1)));
    const spool::Commitment commitment = cipher.commitment();
    auto opener = spool::ChunkOpener::create(std::move(cipher), commitment, *ChunkLayout::of_plaintext(16385));
    REQUIRE(opener);
    Bytes out(spool::chunk_bytes, std::byte{0xee});
    CHECK(opener->open(1, MutableByteView{out}.first(1), last));
    CHECK(opener->open(0, out, whole));
    CHECK(code_of(opener->open(2, out, whole)) == Errc::invalid_argument);
    CHECK(code_of(opener->open(1, out, whole)) == Errc::invalid_argument);
    CHECK(code_of(opener->open(0, MutableByteView{out}.first(1), last)) == Errc::invalid_argument);
    CHECK(code_of(opener->open(0, out, ByteView{whole}.first(16399))) == Errc::invalid_argument);
}
