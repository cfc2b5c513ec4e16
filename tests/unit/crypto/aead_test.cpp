// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/aead.hpp>

#include <algorithm>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

#include "crypto/backend.hpp"
#include "support/random.hpp"
#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;

namespace {

AeadKey some_key(std::uint64_t seed = 1) {
    test::SeededRandom random{seed};
    return AeadKey::random(random);
}

Bytes some_bytes(std::size_t size, std::uint64_t seed = 7) {
    test::SeededRandom random{seed};
    Bytes bytes(size);
    random.fill(bytes);
    return bytes;
}

constexpr AeadNonce nonce{std::byte{1}, std::byte{2}};

bool all_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

static_assert(!std::is_constructible_v<Aead, WrapKey>);
static_assert(!std::is_convertible_v<AeadKey, Aead>);
static_assert(!std::is_copy_constructible_v<Aead> && std::is_nothrow_move_constructible_v<Aead>);

TEST_CASE("AES-256-GCM, test case 16 of its specification", "[crypto]") {
    const auto key = AeadKey::from(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    REQUIRE(key);
    const auto iv = test::hex_array<12>("cafebabefacedbaddecaf888");
    const Bytes plaintext =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const Bytes associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    Aead aead{*key};
    Bytes sealed(plaintext.size() + aead_tag_bytes);
    aead.seal(sealed, iv, {plaintext}, {associated});
    CHECK(to_hex(sealed) ==
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
          "76fc6ece0f4e1768cddf8853bb2d551b");
    Bytes opened(plaintext.size());
    REQUIRE(aead.open(opened, iv, sealed, {associated}));
    CHECK(opened == plaintext);
}

TEST_CASE("AEAD round trip, from buffer to buffer and in place, at every size around a slice", "[crypto]") {
    Aead aead{some_key()};
    for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 1000u, 16383u, 16384u, 16385u, 32768u, 50001u}) {
        CAPTURE(size);
        const Bytes plaintext = some_bytes(size);
        Bytes sealed(size + aead_tag_bytes);
        aead.seal(sealed, nonce, {plaintext}, {as_bytes("a")});

        Bytes in_place = plaintext;
        in_place.resize(size + aead_tag_bytes);
        aead.seal(in_place, nonce, {ByteView{in_place}.first(size)}, {as_bytes("a")});
        CHECK(in_place == sealed);

        Bytes opened(size);
        REQUIRE(aead.open(opened, nonce, sealed, {as_bytes("a")}));
        CHECK(opened == plaintext);
        REQUIRE(aead.open(std::span{in_place}.first(size), nonce, in_place, {as_bytes("a")}));
        CHECK(same_bytes(ByteView{in_place}.first(size), plaintext));
    }
}

TEST_CASE("AEAD open refuses every change and zeroes its output", "[crypto]") {
    Aead aead{some_key()};
    const Bytes plaintext = some_bytes(40);
    Bytes sealed(plaintext.size() + aead_tag_bytes);
    aead.seal(sealed, nonce, {plaintext}, {as_bytes("a")});
    Bytes opened(plaintext.size(), std::byte{0x55});

    const auto refused = [&](Aead& with, const AeadNonce& number, ByteView bytes, std::string_view associated) {
        std::ranges::fill(opened, std::byte{0x55});
        const auto result = with.open(opened, number, bytes, {as_bytes(associated)});
        return !result && result.error().code == Errc::authentication_failed && all_zero(opened);
    };
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        Bytes changed = sealed;
        changed[at] ^= std::byte{1};
        CAPTURE(at);
        CHECK(refused(aead, nonce, changed, "a"));
    }
    AeadNonce other_nonce = nonce;
    other_nonce[11] ^= std::byte{1};
    CHECK(refused(aead, other_nonce, sealed, "a"));
    CHECK(refused(aead, nonce, sealed, "b"));
    CHECK(refused(aead, nonce, sealed, ""));
    Aead stranger{some_key(2)};
    CHECK(refused(stranger, nonce, sealed, "a"));

    // Failures leave nothing behind in the cipher.
    REQUIRE(aead.open(opened, nonce, sealed, {as_bytes("a")}));
    CHECK(opened == plaintext);
}

TEST_CASE("AEAD in place zeroes the buffer that held a forgery", "[crypto]") {
    Aead aead{some_key()};
    Bytes forged(48, std::byte{0x77});
    CHECK_FALSE(aead.open(std::span{forged}.first(32), nonce, forged, {}));
    CHECK(all_zero(ByteView{forged}.first(32)));
}

TEST_CASE("AEAD holds the caller to the sizes", "[crypto]") {
    Aead aead{some_key()};
    Bytes buffer(64, std::byte{0x55});
    CHECK(aead.open({}, nonce, ByteView{buffer}.first(15), {}).error().code == Errc::truncated);
    CHECK(aead.open({}, nonce, {}, {}).error().code == Errc::truncated);
    CHECK(aead.open(std::span{buffer}.first(10), nonce, ByteView{buffer}.first(32), {}).error().code ==
          Errc::invalid_argument);
    CHECK_THROWS_AS(aead.seal(std::span{buffer}.first(20), nonce, {ByteView{buffer}.first(5)}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(aead.seal(std::span{buffer}.first(8), nonce, {ByteView{buffer}.first(5)}, {}),
                    std::invalid_argument);
}

TEST_CASE("an AEAD goes on after it has moved", "[crypto]") {
    Aead first{some_key()};
    Bytes one(21);
    first.seal(one, nonce, {as_bytes("hello")}, {});
    Aead second = std::move(first);
    Bytes two(21);
    second.seal(two, nonce, {as_bytes("hello")}, {});
    CHECK(one == two);
}

TEST_CASE("AES key wrap with padding of RFC 5649, section 6", "[crypto]") {
    const Bytes key = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
    const auto check = [&](std::string_view plain, std::string_view wrapped) {
        const auto made = wrap_key(RawWrapKey{key}, hex(plain));
        REQUIRE(made);
        CHECK(to_hex(*made) == wrapped);
        const auto back = unwrap_key(RawWrapKey{key}, *made);
        REQUIRE(back);
        CHECK(to_hex(back->expose()) == plain);
    };
    check("c37b7e6492584340bed12207808941155068f738",
          "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
    check("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f");
}

TEST_CASE("key wrap round trip and refusal", "[crypto]") {
    test::SeededRandom random;
    const WrapKey key = WrapKey::random(random);
    const WrapKey stranger = WrapKey::random(random);
    for (std::size_t size = 1; size <= 33; ++size) {
        CAPTURE(size);
        const Bytes secret = some_bytes(size);
        const Bytes wrapped = wrap_key(key, secret);
        CHECK(wrapped.size() == (size + 7) / 8 * 8 + 8);
        const auto back = unwrap_key(key, wrapped);
        REQUIRE(back);
        CHECK(same_bytes(back->expose(), secret));
        CHECK(unwrap_key(stranger, wrapped).error().code == Errc::authentication_failed);
        for (std::size_t at = 0; at < wrapped.size(); ++at) {
            Bytes changed = wrapped;
            changed[at] ^= std::byte{0x80};
            CHECK(unwrap_key(key, changed).error().code == Errc::authentication_failed);
        }
        for (std::size_t cut = 0; cut < wrapped.size(); ++cut)
            CHECK(unwrap_key(key, ByteView{wrapped}.first(cut)).error().code == Errc::authentication_failed);
    }
    CHECK(unwrap_key(RawWrapKey{as_bytes("short")}, Bytes(16)).error().code == Errc::key_invalid);
    CHECK(wrap_key(RawWrapKey{as_bytes("short")}, Bytes(16)).error().code == Errc::key_invalid);
    CHECK(wrap_key(RawWrapKey{key.expose()}, {}).error().code == Errc::invalid_argument);
    CHECK_THROWS_AS(wrap_key(key, {}), std::invalid_argument);
}

TEST_CASE("key unwrap refuses what no wrapping gives, even from the holder of the key", "[crypto]") {
    const Bytes key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const auto good = unwrap_key(RawWrapKey{key}, hex("5278dfd3fe180ee6b48c3784a701f330bd9a92904a0e988b"));
    REQUIRE(good);
    CHECK(as_text(good->expose()) == "AAAAAAAAA");
    for (const std::string_view forged : {
             "ed524e439c7e3e04f521e9ac1e6d4a99",                  // length 0
             "7c8d53985148ca79ef281bcd45cbe39b7fb2638fc9b27168",  // a block of nothing but padding
             "102d7bf74e51dccddc9e7a3fdbab07e59ec712c4e2cc479f",  // longer than what is there
             "425a200478e492535d556036133ba0467abef952e6921912",  // padding that isn't zero
         }) {
        CAPTURE(forged);
        CHECK(unwrap_key(RawWrapKey{key}, hex(forged)).error().code == Errc::authentication_failed);
    }
}

TEST_CASE("the backend is new enough", "[crypto]") {
    CHECK(backend_version() >= std::array<std::uint32_t, 3>{3, 13, 0});
}

TEST_CASE("AES-GCM runs on the processor's own instructions", "[crypto]") {
    const std::string provider = aead_provider();
    INFO(provider);
    const auto plus = provider.find('+');
    REQUIRE(plus != std::string::npos);
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul"))
        SKIP("no AES instructions here: " << provider);
    for (const std::string& part : {provider.substr(0, plus), provider.substr(plus + 1)}) {
        CHECK_FALSE(part.empty());
        CHECK(part != "base");
        CHECK(part != "vperm");
    }
#endif
}
