// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/foreign_key.hpp>

#include <catch2/catch_test_macros.hpp>

#include <safeq/crypto/sign.hpp>

#include "support/random.hpp"

using namespace safeq;
using crypto::ForeignCurve;
using crypto::ForeignKey;
using crypto::ForeignScheme;

namespace {

Errc code_of(const Result<ForeignKey>& key) {
    REQUIRE_FALSE(key);
    return key.error().code;
}

Bytes odd(std::size_t bytes) {
    test::SeededRandom random;
    Bytes number(bytes);
    random.fill(number);
    number.front() |= std::byte{0x80};
    number.back() |= std::byte{1};
    return number;
}

const Bytes e65537 = *from_hex("010001");

}  // namespace

TEST_CASE("RSA keys have bounds", "[crypto]") {
    CHECK(ForeignKey::rsa(odd(256), e65537));
    CHECK(ForeignKey::rsa(odd(1024), e65537));
    CHECK(code_of(ForeignKey::rsa(odd(255), e65537)) == Errc::weak_parameters);
    CHECK(code_of(ForeignKey::rsa(odd(1025), e65537)) == Errc::weak_parameters);
    for (const char* exponent : {"01", "03", "ffff", "010000", "010002", "0100000001"})
        CHECK(code_of(ForeignKey::rsa(odd(256), *from_hex(exponent))) == Errc::weak_parameters);
    CHECK(code_of(ForeignKey::rsa(odd(256), *from_hex("00010001"))) == Errc::key_invalid);
    Bytes even = odd(256);
    even.back() &= std::byte{0xfe};
    CHECK(code_of(ForeignKey::rsa(even, e65537)) == Errc::key_invalid);
    Bytes zero = odd(257);
    zero.front() = std::byte{};
    CHECK(code_of(ForeignKey::rsa(zero, e65537)) == Errc::key_invalid);
    CHECK(code_of(ForeignKey::rsa({}, e65537)) == Errc::key_invalid);
    CHECK(code_of(ForeignKey::rsa(odd(256), {})) == Errc::key_invalid);
}

TEST_CASE("a point of another curve, or none, is no key", "[crypto]") {
    // The generator of P-256 (FIPS 186-4, D.1.2.3).
    const Bytes x = *from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    Bytes y = *from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    CHECK(ForeignKey::ecdsa(ForeignCurve::p256, x, y));
    CHECK(code_of(ForeignKey::ecdsa(ForeignCurve::p384, x, y)) == Errc::key_invalid);
    CHECK(code_of(ForeignKey::ecdsa(ForeignCurve::p256, x, ByteView{y}.first(31))) == Errc::key_invalid);
    CHECK(code_of(ForeignKey::ecdsa(ForeignCurve::p256, Bytes(32), Bytes(32))) == Errc::key_invalid);
    y.back() ^= std::byte{1};
    CHECK(code_of(ForeignKey::ecdsa(ForeignCurve::p256, x, y)) == Errc::key_invalid);
}

TEST_CASE("a key verifies by its own schemes alone", "[crypto]") {
    test::SeededRandom random;
    const auto signer = crypto::SigningKey::generate(random);
    const auto key = ForeignKey::ed25519(signer.verifying_key().bytes);
    REQUIRE(key);
    const auto message = as_bytes("message");
    const auto signature = signer.sign(message);
    CHECK(key->verify(ForeignScheme::ed25519, message, signature));
    CHECK(key->verify(ForeignScheme::ed25519, as_bytes("other"), signature).error().code == Errc::signature_invalid);
    CHECK(key->verify(ForeignScheme::ecdsa_p256_sha256, message, signature).error().code == Errc::key_invalid);
    CHECK_FALSE(key->fits(ForeignScheme::rsa_pss_sha256));

    const auto rsa = ForeignKey::rsa(odd(256), e65537);
    for (const auto scheme :
         {ForeignScheme::rsa_pss_sha256, ForeignScheme::rsa_pss_sha384, ForeignScheme::rsa_pss_sha512,
          ForeignScheme::rsa_pkcs1_sha256, ForeignScheme::rsa_pkcs1_sha384, ForeignScheme::rsa_pkcs1_sha512}) {
        CHECK(rsa->fits(scheme));
        for (const std::size_t size : {0u, 1u, 255u, 256u, 257u, 10'000u})
            CHECK(rsa->verify(scheme, message, Bytes(size)).error().code == Errc::signature_invalid);
    }
    CHECK_FALSE(rsa->fits(ForeignScheme::ed25519));
    CHECK(ForeignKey::ed25519(Bytes(31)).error().code == Errc::key_invalid);
}
