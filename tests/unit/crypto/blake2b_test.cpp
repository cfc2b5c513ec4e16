// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/blake2b.hpp>

#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;

namespace {

std::string plain(std::size_t bytes, std::initializer_list<ByteView> pieces) {
    Bytes out(bytes);
    blake2b(out, pieces);
    return to_hex(out);
}

std::string keyed(std::size_t bytes, ByteView key, std::initializer_list<ByteView> pieces) {
    Bytes out(bytes);
    blake2b_keyed(out, key, pieces);
    return to_hex(out);
}

Bytes counting(std::size_t count) {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(i));
    return out;
}

}  // namespace

TEST_CASE("BLAKE2b of RFC 7693, appendix A", "[crypto]") {
    CHECK(plain(64, {as_bytes("abc")}) ==
          "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
          "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    CHECK(plain(64, {as_bytes("a"), {}, as_bytes("bc")}) == plain(64, {as_bytes("abc")}));
    CHECK(plain(33, {as_bytes("abc")}) == "f7bb660ec10c1b537a53ff432791f8a34c09e9ecfca84288bba1ee39afec290d63");
}

TEST_CASE("BLAKE2b with a key agrees with the reference implementation", "[crypto]") {
    // The first and the last of its keyed vectors: the key 00 01 … 3f, nothing and 00 01 … fe as messages.
    CHECK(keyed(64, counting(64), {}) ==
          "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
          "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568");
    CHECK(keyed(64, counting(64), {counting(255)}) ==
          "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
          "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461");
    CHECK(keyed(56, counting(32), {as_bytes("sa"), as_bytes("feq")}) ==
          "cae27d914912bc34f05a3199b39c7523d5f8c2e708946de85cb41a81"
          "bd412b90100e8ff462b6460e88ea54ebe5d4696205b5b8ac7001f5f4");
}

TEST_CASE("length and key are part of a BLAKE2b", "[crypto]") {
    CHECK(plain(64, {as_bytes("abc")}).substr(0, 64) != plain(32, {as_bytes("abc")}));
    CHECK(keyed(32, counting(32), {as_bytes("abc")}) != keyed(32, counting(31), {as_bytes("abc")}));
    CHECK(keyed(32, counting(32), {as_bytes("abc")}) != plain(32, {counting(32), as_bytes("abc")}));
}

TEST_CASE("BLAKE2b holds its caller to the sizes", "[crypto]") {
    CHECK_THROWS_AS(plain(0, {}), std::invalid_argument);
    CHECK_THROWS_AS(plain(65, {}), std::invalid_argument);
    CHECK_THROWS_AS(keyed(32, {}, {}), std::invalid_argument);
    CHECK_THROWS_AS(keyed(32, counting(65), {}), std::invalid_argument);
    CHECK_THROWS_AS(keyed(65, counting(64), {}), std::invalid_argument);
}
