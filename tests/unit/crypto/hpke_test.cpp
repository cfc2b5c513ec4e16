// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hpke.hpp>

#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::crypto;

static_assert(!std::is_copy_constructible_v<XwingPrivateKey> && std::is_nothrow_move_constructible_v<XwingPrivateKey>);
static_assert(!std::is_convertible_v<SharedSecret, AeadKey> && !std::is_constructible_v<XwingSeed, SharedSecret>);

namespace {

// Writes one 12-bit coefficient of the ML-KEM part.
void set_coefficient(XwingPublicKey& key, std::size_t index, unsigned value) {
    std::byte* const at = key.data() + index / 2 * 3;
    if (index % 2 == 0) {
        at[0] = static_cast<std::byte>(value & 0xff);
        at[1] = (at[1] & std::byte{0xf0}) | static_cast<std::byte>(value >> 8);
    } else {
        at[1] = (at[1] & std::byte{0x0f}) | static_cast<std::byte>((value & 0x0f) << 4);
        at[2] = static_cast<std::byte>(value >> 4);
    }
}

bool gives(const XwingPrivateKey& key, const XwingCiphertext& ciphertext, const SharedSecret& secret) {
    const SharedSecret decapsulated = key.decapsulate(ciphertext);
    return equal(decapsulated.expose(), secret.expose());
}

}  // namespace

TEST_CASE("X-Wing: both sides come to the same secret", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    const auto one = xwing_encapsulate(key.public_key(), random);
    const auto two = xwing_encapsulate(key.public_key(), random);
    REQUIRE(one);
    REQUIRE(two);
    CHECK(gives(key, one->ciphertext, one->secret));
    CHECK(gives(key, two->ciphertext, two->secret));
    CHECK_FALSE(equal(one->secret.expose(), two->secret.expose()));

    const XwingPrivateKey same = XwingPrivateKey::from_seed(key.seed().clone());
    CHECK(same.public_key() == key.public_key());
    CHECK(gives(same, one->ciphertext, one->secret));
}

TEST_CASE("X-Wing: a changed ciphertext gives another secret, the same each time", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    const auto made = xwing_encapsulate(key.public_key(), random);
    REQUIRE(made);
    for (const std::size_t at : {std::size_t{0}, std::size_t{1087}, std::size_t{1088}, xwing_ciphertext_bytes - 1}) {
        CAPTURE(at);
        XwingCiphertext changed = made->ciphertext;
        changed[at] ^= std::byte{1};
        const SharedSecret secret = key.decapsulate(changed);
        CHECK_FALSE(equal(secret.expose(), made->secret.expose()));
        CHECK(gives(key, changed, secret));
    }
}

TEST_CASE("X-Wing: a public key with a coefficient that is not reduced is refused", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    for (const std::size_t index : {0u, 1u, 400u, 766u, 767u}) {
        CAPTURE(index);
        for (const unsigned value : {3329u, 3330u, 4095u}) {
            CAPTURE(value);
            XwingPublicKey bad = key.public_key();
            set_coefficient(bad, index, value);
            CHECK(xwing_encapsulate(bad, random).error().code == Errc::key_invalid);
            CHECK(hpke_seal(bad, {}, {}, {}, random).error().code == Errc::key_invalid);
        }
        XwingPublicKey largest = key.public_key();
        set_coefficient(largest, index, 3328);
        CHECK(xwing_encapsulate(largest, random).has_value());
    }
}

TEST_CASE("X-Wing: given randomness must have its length", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    CHECK(unsafe_xwing_encapsulate_deterministic(key.public_key(), Bytes(63)).error().code == Errc::invalid_argument);
    CHECK(unsafe_xwing_encapsulate_deterministic(key.public_key(), Bytes(65)).error().code == Errc::invalid_argument);
    CHECK(unsafe_xwing_encapsulate_deterministic(key.public_key(), Bytes(64)).has_value());
}

TEST_CASE("X-Wing: several threads decapsulate with one key", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    const auto made = xwing_encapsulate(key.public_key(), random);
    REQUIRE(made);
    std::vector<int> right(4);
    {
        std::vector<std::jthread> threads;
        for (int& count : right)
            threads.emplace_back([&] {
                for (int i = 0; i < 10; ++i) count += gives(key, made->ciphertext, made->secret) ? 1 : 0;
            });
    }
    for (const int count : right) CHECK(count == 10);
}

TEST_CASE("HPKE opens what was sealed", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    for (const std::size_t size : {0u, 1u, 32u, 40000u}) {
        CAPTURE(size);
        const Bytes plaintext(size, std::byte{0x42});
        const auto sealed = hpke_seal(key.public_key(), {as_bytes("info")}, {as_bytes("aad")}, {plaintext}, random);
        REQUIRE(sealed);
        CHECK(sealed->ciphertext.size() == size + 16);
        const auto opened = hpke_open(key, sealed->enc, {as_bytes("info")}, {as_bytes("aad")}, sealed->ciphertext);
        REQUIRE(opened);
        CHECK(same_bytes(opened->expose(), plaintext));
    }
}

TEST_CASE("HPKE refuses everything else", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    const XwingPrivateKey stranger = XwingPrivateKey::generate(random);
    const HpkeInfo info{as_bytes("info")};
    const Associated associated{as_bytes("aad")};
    const auto sealed = hpke_seal(key.public_key(), info, associated, {as_bytes("secret")}, random);
    REQUIRE(sealed);
    const auto code = [](const Result<Secret>& result) { return result.error().code; };

    CHECK(code(hpke_open(key, sealed->enc, {as_bytes("onfi")}, associated, sealed->ciphertext)) ==
          Errc::authentication_failed);
    CHECK(code(hpke_open(key, sealed->enc, {}, associated, sealed->ciphertext)) == Errc::authentication_failed);
    CHECK(code(hpke_open(key, sealed->enc, info, {as_bytes("bad")}, sealed->ciphertext)) ==
          Errc::authentication_failed);
    CHECK(code(hpke_open(stranger, sealed->enc, info, associated, sealed->ciphertext)) == Errc::authentication_failed);
    for (std::size_t at = 0; at < sealed->ciphertext.size(); ++at) {
        Bytes changed = sealed->ciphertext;
        changed[at] ^= std::byte{1};
        CHECK(code(hpke_open(key, sealed->enc, info, associated, changed)) == Errc::authentication_failed);
    }
    for (std::size_t cut = 0; cut < sealed->ciphertext.size(); ++cut)
        CHECK(code(hpke_open(key, sealed->enc, info, associated, ByteView{sealed->ciphertext}.first(cut))) ==
              Errc::authentication_failed);
    for (const std::size_t at : {std::size_t{0}, std::size_t{500}, std::size_t{1088}, xwing_ciphertext_bytes - 2}) {
        CAPTURE(at);
        XwingCiphertext changed = sealed->enc;
        changed[at] ^= std::byte{1};
        CHECK(code(hpke_open(key, changed, info, associated, sealed->ciphertext)) == Errc::authentication_failed);
    }
}

TEST_CASE("HPKE seals the same twice to different bytes", "[crypto]") {
    test::SeededRandom random;
    const XwingPrivateKey key = XwingPrivateKey::generate(random);
    const auto one = hpke_seal(key.public_key(), {}, {}, {as_bytes("secret")}, random);
    const auto two = hpke_seal(key.public_key(), {}, {}, {as_bytes("secret")}, random);
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->enc != two->enc);
    CHECK(one->ciphertext != two->ciphertext);
}
