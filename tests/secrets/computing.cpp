// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/crypto/sign.hpp>

#include "secrets.hpp"

namespace safeq::secrets {
namespace {

void hmac_tag() {
    const auto key = hidden_key<crypto::HmacKey>();
    const auto message = source().bytes<80>();
    const auto a = crypto::hmac_sha256(key, {message});
    const auto b = crypto::hmac_sha256(key, {message});
    bool same = crypto::equal(a, b);
    publish_object(same);
    check(same, "HMAC differs from itself");
}

void blake2b_tag() {
    const auto key = source().bytes<32>();
    hide(key);
    std::array<std::byte, 32> tag{};
    const auto message = source().bytes<80>();
    crypto::blake2b_keyed(tag, key, {message});
}

void derivation() {
    const auto secret = source().bytes<32>();
    hide(secret);
    const auto derived = crypto::derive_key<crypto::AeadKey>(secret, "test");
    (void)derived;
}

void aead_seal() {
    crypto::Aead aead{hidden_key<crypto::AeadKey>()};
    const auto plaintext = source().bytes<100>();
    hide(plaintext);
    std::array<std::byte, 116> sealed{};
    aead.seal(sealed, source().bytes<12>(), {plaintext}, {});
}

// Whether the tag is right is for everybody to know, and Botan tells it by a branch: see the suppressions.
void aead_open() {
    const auto key = crypto::AeadKey::random(source());
    const auto nonce = source().bytes<12>();
    std::array<std::byte, 116> sealed{};
    crypto::Aead{key}.seal(sealed, nonce, {source().bytes<100>()}, {});
    hide(key.expose());
    std::array<std::byte, 100> out{};
    auto opened = crypto::Aead{key}.open(out, nonce, sealed, {});
    publish_object(opened);
    check(opened.has_value(), "sealed bytes don't open");
}

void key_wrap() {
    const auto root = crypto::WrapKey::random(source());
    const auto secret = source().bytes<32>();
    hide(root.expose());
    hide(secret);
    const Bytes wrapped = crypto::wrap_key(root, secret);
    auto again = crypto::unwrap_key(root, wrapped);
    publish_object(again);
    check(again.has_value(), "a wrapped key doesn't unwrap");
}

void signature() {
    auto seed = crypto::SigningSeed::random(source());
    hide(seed.expose());
    const auto key = crypto::SigningKey::from_seed(std::move(seed));
    const auto signed_by = key.sign(source().bytes<50>());
    publish(signed_by);
}

void xwing_decapsulation() {
    const auto plain = crypto::XwingPrivateKey::generate(source());
    const auto sent = crypto::xwing_encapsulate(plain.public_key(), source());
    check(sent.has_value(), "nothing encapsulated");
    auto seed = crypto::XwingSeed::copy_of(plain.seed().expose());
    hide(seed.expose());
    const auto key = crypto::XwingPrivateKey::from_seed(std::move(seed));
    const auto shared = key.decapsulate(sent->ciphertext);
    bool same = crypto::equal(shared.expose(), sent->secret.expose());
    publish_object(same);
    check(same, "two sides have two secrets");
}

constexpr std::array cases{
    Case{"hmac", hmac_tag},          Case{"blake2b", blake2b_tag},        Case{"hkdf", derivation},
    Case{"aead-seal", aead_seal},    Case{"aead-open", aead_open},        Case{"key-wrap", key_wrap},
    Case{"ed25519-sign", signature}, Case{"x-wing", xwing_decapsulation},
};

}  // namespace

std::span<const Case> computing_cases() { return cases; }

}  // namespace safeq::secrets
