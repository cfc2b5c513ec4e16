// SPDX-License-Identifier: Apache-2.0
// What is done with secrets, each with its secret marked as undefined memory: run under valgrind, whatever branches on
// such memory, or finds an address by it, is reported. `leaky-…` do so on purpose, and must be caught.
//
//     secrets --list | secrets NAME
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <valgrind/memcheck.h>

#include <safeq/auth/pepper.hpp>
#include <safeq/auth/pin.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/crypto/xchacha20.hpp>
#include <safeq/token/opaque.hpp>

#include "support/random.hpp"

using namespace safeq;

namespace {

void hide(std::span<const std::byte> memory) { (void)VALGRIND_MAKE_MEM_UNDEFINED(memory.data(), memory.size()); }
void publish(std::span<const std::byte> memory) { (void)VALGRIND_MAKE_MEM_DEFINED(memory.data(), memory.size()); }

template <class T>
void publish_object(const T& object) {
    (void)VALGRIND_MAKE_MEM_DEFINED(&object, sizeof(object));
}

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "secrets: %s\n", what);
    std::exit(2);
}

test::SeededRandom& source() {
    static test::SeededRandom random;
    return random;
}

template <class Key>
Key hidden_key() {
    Key key = Key::random(source());
    hide(key.expose());
    return key;
}

void compare_equal() {
    auto a = source().bytes<32>();
    auto b = a;
    hide(a);
    hide(b);
    bool same = crypto::equal(a, b);
    publish_object(same);
    check(same, "equal strings compare unequal");
    b[31] ^= std::byte{1};
    same = crypto::equal(a, b);
    publish_object(same);
    check(!same, "unequal strings compare equal");
}

void token_hash_and_compare() {
    // As the bearer's text becomes a token; decoding is the bearer's own affair.
    const auto token = token::OpaqueToken::generate(source());
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&token, sizeof(token));
    const TenantId tenant{source().bytes<16>()};
    const auto hash = token.hash(token::TokenKind::session, tenant);
    const auto other = token.hash(token::TokenKind::print, tenant);
    bool same = hash == other;
    publish_object(same);
    check(!same, "two kinds of token have one hash");
}

void pin_material() {
    const auto owner =
        auth::PinOwner{.tenant = TenantId{source().bytes<16>()}, .subject = SubjectId{source().bytes<16>()}};
    // That these are digits, and how many, is for everybody to know.
    const auto pin = auth::Pin::parse(crypto::Secret::copy_of("48151623"));
    check(pin.has_value(), "digits are no PIN");
    hide(pin->digits().expose());
    const auto pepper = hidden_key<auth::PinPepper>();
    const crypto::Secret material = auth::pin_material(pepper, owner, *pin);
    bool same = crypto::equal(material.expose(), source().bytes<32>());
    publish_object(same);
    check(!same, "a PIN's material is guessed");
}

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

void leaky_compare() {
    const auto a = source().bytes<32>();
    auto b = a;
    hide(b);
    bool same = true;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i]) {
            same = false;
            break;
        }
    publish_object(same);
    check(same, "equal strings compare unequal");
}

void leaky_table() {
    static const std::array<unsigned char, 256> table{1, 2, 3};
    const auto secret = source().bytes<1>();
    hide(secret);
    volatile unsigned char found = table[std::to_integer<unsigned>(secret[0])];
    (void)found;
}

void leaky_pin() {
    const std::string stored = "48151623";
    std::string given = stored;
    hide(std::as_bytes(std::span{given}));
    check(given == stored, "equal PINs compare unequal");
}

struct Case {
    std::string_view name;
    void (*run)();
};
constexpr std::array cases{
    Case{"compare", compare_equal},   Case{"token", token_hash_and_compare}, Case{"pin", pin_material},
    Case{"hmac", hmac_tag},           Case{"blake2b", blake2b_tag},          Case{"hkdf", derivation},
    Case{"aead-seal", aead_seal},     Case{"aead-open", aead_open},          Case{"key-wrap", key_wrap},
    Case{"ed25519-sign", signature},  Case{"x-wing", xwing_decapsulation},   Case{"leaky-compare", leaky_compare},
    Case{"leaky-table", leaky_table}, Case{"leaky-pin", leaky_pin},
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view wish = argc == 2 ? argv[1] : "";
    if (wish == "--list") {
        for (const Case& each : cases) std::printf("%s\n", std::string{each.name}.c_str());
        return 0;
    }
    const auto found = std::ranges::find(cases, wish, &Case::name);
    check(found != cases.end(), "--list, or a name of that list");
    check(RUNNING_ON_VALGRIND != 0, "to be run under valgrind");
    found->run();
    return 0;
}
