// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/sign.hpp>

#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"
#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;

namespace {

SigningKey key_of(std::string_view seed) {
    return SigningKey::from_seed(SigningSeed::copy_of(test::hex_array<32>(seed)));
}

constexpr std::string_view rfc_seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

}  // namespace

static_assert(!std::is_copy_constructible_v<SigningKey> && std::is_nothrow_move_constructible_v<SigningKey>);
static_assert(!std::is_constructible_v<SigningKey, SigningSeed>);

TEST_CASE("Ed25519, test 1 of RFC 8032", "[crypto]") {
    const SigningKey key = key_of(rfc_seed);
    CHECK(to_hex(key.verifying_key().bytes) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    const Signature signature = key.sign({});
    CHECK(to_hex(signature) ==
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
          "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    CHECK(key.verifying_key().verify({}, signature));
    CHECK(to_hex(key.seed().expose()) == rfc_seed);
}

TEST_CASE("a signature holds for its key and message alone", "[crypto]") {
    test::SeededRandom random;
    const SigningKey key = SigningKey::generate(random);
    const SigningKey other = SigningKey::generate(random);
    const Signature signature = key.sign(as_bytes("message"));
    const auto code = [](const Result<void>& result) { return result.error().code; };

    REQUIRE(key.verifying_key().verify(as_bytes("message"), signature));
    CHECK(code(key.verifying_key().verify(as_bytes("massage"), signature)) == Errc::signature_invalid);
    CHECK(code(other.verifying_key().verify(as_bytes("message"), signature)) == Errc::signature_invalid);
    CHECK(code(key.verifying_key().verify(as_bytes("message"), {})) == Errc::signature_invalid);
    CHECK(code(key.verifying_key().verify(as_bytes("message"), ByteView{signature}.first(63))) ==
          Errc::signature_invalid);
    for (std::size_t at = 0; at < signature.size(); ++at) {
        Signature changed = signature;
        changed[at] ^= std::byte{4};
        CAPTURE(at);
        CHECK(code(key.verifying_key().verify(as_bytes("message"), changed)) == Errc::signature_invalid);
    }
}

TEST_CASE("S plus the group order is refused", "[crypto]") {
    const SigningKey key = key_of(rfc_seed);
    Signature signature = key.sign(as_bytes("message"));
    const auto order = test::hex_array<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        carry += std::to_integer<unsigned>(signature[32 + i]) + std::to_integer<unsigned>(order[i]);
        signature[32 + i] = static_cast<std::byte>(carry & 0xff);
        carry >>= 8;
    }
    REQUIRE(carry == 0);
    const auto result = key.verifying_key().verify(as_bytes("message"), signature);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::signature_invalid);
    CHECK(result.error().detail == "S not reduced");
}

// With the neutral point as key, S = 0 and a neutral R, the equation holds for every message.
constexpr std::string_view signature_of_everything =
    "0100000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000";

TEST_CASE("a public key of small order is refused, though the equation would hold", "[crypto]") {
    for (const std::string_view encoded : {
             "0100000000000000000000000000000000000000000000000000000000000000",
             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "0000000000000000000000000000000000000000000000000000000000000000",
             "0000000000000000000000000000000000000000000000000000000000000080",
             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
             "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
             "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
         }) {
        CAPTURE(encoded);
        const auto key = VerifyingKey::from(hex(encoded));
        REQUIRE(key);
        const auto result = key->verify(as_bytes("message"), hex(signature_of_everything));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Errc::signature_invalid);
        CHECK(result.error().detail == "public key of small order");
    }
}

TEST_CASE("a public key that is no point, or not in its one encoding, is refused", "[crypto]") {
    for (const std::string_view encoded : {
             "0200000000000000000000000000000000000000000000000000000000000000",  // no point of the curve
             "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // the neutral point, written as p + 1
             "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // 0, written as p
             "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         }) {
        CAPTURE(encoded);
        const auto key = VerifyingKey::from(hex(encoded));
        REQUIRE(key);
        const auto result = key->verify(as_bytes("message"), hex(signature_of_everything));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Errc::signature_invalid);
    }
    CHECK(VerifyingKey::from(Bytes(31)).error().code == Errc::key_invalid);
    CHECK(VerifyingKey::from(Bytes(33)).error().code == Errc::key_invalid);
}

TEST_CASE("several threads sign with one key", "[crypto]") {
    const SigningKey key = key_of(rfc_seed);
    const Signature expected = key.sign(as_bytes("message"));
    std::vector<int> right(4);
    {
        std::vector<std::jthread> threads;
        for (int& count : right)
            threads.emplace_back([&] {
                for (int i = 0; i < 20; ++i) count += key.sign(as_bytes("message")) == expected ? 1 : 0;
            });
    }
    for (const int count : right) CHECK(count == 20);
}
