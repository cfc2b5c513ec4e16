// SPDX-License-Identifier: Apache-2.0
// The examples of docs/formats/token_v1.md, which another program has computed, are what this library makes and takes.
#include <safeq/token/pairing.hpp>
#include <safeq/token/request_proof.hpp>

#include "support/fixed_random.hpp"
#include "support/page_example.hpp"
#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

namespace {

std::string example(const std::string& name) { return test::page_example("formats/token_v1.md", name); }

crypto::SigningKey key_of(std::uint8_t byte) {
    crypto::SigningSeed seed;
    std::ranges::fill(seed.fill(), std::byte{byte});
    return crypto::SigningKey::from_seed(std::move(seed));
}

crypto::VerifyingKey public_example(const std::string& name) {
    const auto key = parse_verifying_key(example(name));
    REQUIRE(key);
    return *key;
}

template <std::size_t N>
std::array<std::byte, N> counting() {
    std::array<std::byte, N> out;
    for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<std::byte>(i);
    return out;
}

}  // namespace

TEST_CASE("the example token and its request are made and taken as written down", "[token]") {
    const auto key = key_of(1);
    const auto phone = key_of(2);
    CHECK(public_example("public key") == key.verifying_key());
    CHECK(public_example("device key") == phone.verifying_key());
    const std::string json = example("claims");
    const auto claims = Claims::parse(as_bytes(json));
    REQUIRE(claims);
    CHECK(claims->encode() == json);

    const Bytes implicit = implicit_assertion({.tenant = claims->tenant,
                                               .audience = claims->audience,
                                               .purpose = claims->purpose,
                                               .device_key = phone.verifying_key()});
    CHECK(to_hex(implicit) == example("implicit"));
    const std::string footer = key_footer(KeyId::of(key.verifying_key()));
    CHECK(footer == example("footer"));
    CHECK(sign_paseto(key, {as_bytes(json)}, {as_bytes(footer)}, {implicit}) == example("token"));

    World w;
    w.clock.set(claims->issued);
    REQUIRE(w.verifying.add(key.verifying_key(), KeyPeriod::of(claims->issued, 1h, MobileTerminal::rules)));
    const auto verified = w.verifier.verify(
        example("token"),
        {.tenant = claims->tenant, .audience = claims->audience, .device_key = phone.verifying_key()});
    REQUIRE(verified);
    CHECK(**verified == *claims);

    const RequestToSign request{
        .method = "POST", .target = "/v1/release?job=1", .body = crypto::sha256(as_bytes("{}"))};
    const Bytes nonce(16, std::byte{3});
    test::FixedRandom random{nonce};
    CHECK(RequestProof::make(phone, claims->id, request, random)->text() == example("proof"));
    CHECK(RequestProof::parse(example("proof"))->check(*verified, request, w.replays));

    const std::string half = to_base64url(counting<32>());
    test::FixedRandom again{nonce};
    CHECK(RequestProof::make_for_refresh(phone, half + half, request, again)->text() == example("renewal proof"));
    test::FixedRandom once_more{nonce};
    CHECK(RequestProof::make_for_activation(phone, half, request, once_more)->text() == example("activation proof"));
}

TEST_CASE("the example hashes of opaque tokens and codes are as written down", "[token]") {
    const auto claims = Claims::parse(as_bytes(example("claims")));
    REQUIRE(claims);
    const auto bytes = counting<32>();
    const auto token = OpaqueToken::parse(to_base64url(bytes));
    REQUIRE(token);
    for (const TokenKind kind :
         {TokenKind::session, TokenKind::print, TokenKind::activation, TokenKind::refresh_family, TokenKind::refresh})
        CHECK(to_hex(token->hash(kind, claims->tenant).bytes) == example(std::string{name(kind)}));
    const auto device = DeviceId::from(claims->session->bytes());
    REQUIRE(device);
    const PairingKey key = PairingKey::copy_of(bytes);
    CHECK(to_hex(PairingCode::parse("BCDF-GHJK")->tag(key, claims->tenant, *device)) == example("pairing"));
}
