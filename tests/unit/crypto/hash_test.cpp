// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hash.hpp>

#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;

TEST_CASE("SHA-2 of FIPS 180-4", "[crypto]") {
    CHECK(to_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256(ByteView{})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha512(as_bytes("abc"))) ==
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("SHA-256 of pieces is SHA-256 of the whole", "[crypto]") {
    const auto whole = sha256(as_bytes("abc"));
    CHECK(sha256({as_bytes("a"), {}, as_bytes("bc")}) == whole);

    Sha256 running;
    running.update(as_bytes("ab"));
    Sha256 moved = std::move(running);
    moved.update(as_bytes("c"));
    CHECK(moved.finish() == whole);
    CHECK(moved.finish() == sha256(ByteView{}));
}

TEST_CASE("HMAC-SHA-256 of RFC 4231", "[crypto]") {
    CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want "), as_bytes("for nothing?")})) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const Bytes long_key(131, std::byte{0xaa});
    CHECK(to_hex(hmac_sha256(long_key, {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")})) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA-256 takes keys of any length", "[crypto]") {
    // By definition a short key is filled up with zeros, and a long one is hashed first.
    const Bytes zeros(64);
    CHECK(hmac_sha256(ByteView{}, {as_bytes("m")}) == hmac_sha256(zeros, {as_bytes("m")}));
    const Bytes very_long(100'000, std::byte{1});
    CHECK(hmac_sha256(very_long, {as_bytes("m")}) == hmac_sha256(ByteView{sha256(very_long)}, {as_bytes("m")}));

    const auto key = HmacKey::from(Bytes(32, std::byte{3}));
    REQUIRE(key);
    CHECK(hmac_sha256(*key, {as_bytes("m")}) == hmac_sha256(ByteView{key->expose()}, {as_bytes("m")}));
}

TEST_CASE("HKDF-SHA-256 of RFC 5869", "[crypto]") {
    const Bytes secret(22, std::byte{0x0b});
    Bytes out(42);
    SECTION("case 1") {
        const Bytes salt = hex("000102030405060708090a0b0c");
        const Bytes info = hex("f0f1f2f3f4f5f6f7f8f9");
        hkdf_sha256(out, secret, Salt{salt}, Info{info});
        const std::string expected =
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        CHECK(to_hex(out) == expected);

        const auto pseudorandom_key =
            hkdf_extract_sha256(salt, {ByteView{secret}.first(10), ByteView{secret}.subspan(10)});
        CHECK(to_hex(pseudorandom_key) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
        Bytes expanded(42);
        hkdf_expand_sha256(expanded, pseudorandom_key, {ByteView{info}.first(3), ByteView{info}.subspan(3)});
        CHECK(to_hex(expanded) == expected);
    }
    SECTION("case 3, without salt and info") {
        hkdf_sha256(out, secret, Salt{}, Info{});
        CHECK(to_hex(out) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    }
    SECTION("a shorter output is the start of a longer one, up to the most that there is") {
        Bytes most(8160);
        hkdf_sha256(most, secret, Salt{}, Info{});
        hkdf_sha256(out, secret, Salt{}, Info{});
        CHECK(same_bytes(out, ByteView{most}.first(out.size())));
    }
}

TEST_CASE("HKDF-SHA-256 refuses what its counter can't reach", "[crypto]") {
    Bytes too_much(8161);
    CHECK_THROWS_AS(hkdf_sha256(too_much, as_bytes("s"), Salt{}, Info{}), std::invalid_argument);
    CHECK_THROWS_AS(hkdf_sha256({}, as_bytes("s"), Salt{}, Info{}), std::invalid_argument);
}

TEST_CASE("keys for different purposes differ", "[crypto]") {
    using A = Key<32, struct ATag>;
    using B = Key<32, struct BTag>;
    const A a = derive_key<A>(as_bytes("pepper"), "a/v1");
    const A again = derive_key<A>(as_bytes("pepper"), "a/v1");
    const B b = derive_key<B>(as_bytes("pepper"), "b/v1");
    CHECK(equal(a.expose(), again.expose()));
    CHECK_FALSE(equal(a.expose(), b.expose()));
    Bytes expected(32);
    hkdf_sha256(expected, as_bytes("pepper"), Salt{}, Info{as_bytes("a/v1")});
    CHECK(same_bytes(a.expose(), expected));
}
