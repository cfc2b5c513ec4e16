// SPDX-License-Identifier: Apache-2.0
// What is done with secrets, each with its secret marked as undefined memory: run under valgrind, whatever branches on
// such memory, or finds an address by it, is reported. `leaky-…` do so on purpose, and must be caught. Where a secret
// is compared, it is the library that compares, in the call that a program makes: see `equal_and_told`.
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

#include <safeq/auth/hasher.hpp>
#include <safeq/auth/pepper.hpp>
#include <safeq/auth/pin.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/crypto/xchacha20.hpp>
#include <safeq/token/opaque.hpp>
#include <safeq/token/pairing.hpp>
#include <safeq/token/paserk_password.hpp>
#include <safeq/token/paserk_wrap.hpp>
#include <safeq/token/paseto.hpp>

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

int comparisons = 0;

test::SeededRandom& source() {
    static test::SeededRandom random;
    return random;
}

// What stands at the end of an object that shows it to nobody.
template <class T>
void hide_at_end(const T& object, std::span<const std::byte> bytes) {
    const auto memory = std::as_bytes(std::span{&object, 1}).last(bytes.size());
    check(same_bytes(memory, bytes), "the object doesn't end with these bytes");
    hide(memory);
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

const auth::PinOwner& owner() {
    static const auth::PinOwner made{.tenant = TenantId{source().bytes<16>()},
                                     .subject = SubjectId{source().bytes<16>()}};
    return made;
}

auth::Pin some_pin() {
    auto pin = auth::Pin::parse(crypto::Secret::copy_of("48151623"));
    check(pin.has_value(), "digits are no PIN");
    return *std::move(pin);
}

void pin_material() {
    // That these are digits, and how many, is for everybody to know.
    const auth::Pin pin = some_pin();
    hide(pin.digits().expose());
    const auto pepper = hidden_key<auth::PinPepper>();
    const crypto::Secret material = auth::pin_material(pepper, owner(), pin);
    hide(material.expose());
}

// What the cases below check passwords and PINs with, as cheap as it may be.
struct Hashing {
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(source())}};
    auth::HashingBudget budget{auth::hashing_2026};
    auth::Hasher hasher{{.memory_kib = 19 * 1024, .passes = 2, .lanes = 1}, peppers, source(), budget};
};

// Argon2id finds its addresses by what it hashes, so it is the other side of the comparison that is hidden: what is
// stored.
void pin_check() {
    Hashing with;
    const auth::Pin pin = some_pin();
    const auto stored = with.hasher.hash_pin(owner(), pin);
    check(stored.has_value(), "no PIN can be stored");
    hide(stored->hash());
    const auto checked = with.hasher.verify_pin(*stored, owner(), pin);
    check(checked == auth::PasswordCheck::match, "a PIN doesn't match");
    check(comparisons == 1, "the PIN was compared by something else");
}

void password_check() {
    Hashing with;
    const auto password = crypto::Secret::copy_of("correct horse battery staple");
    const auto stored = with.hasher.hash(password);
    check(stored.has_value(), "no password can be stored");
    const auth::StoredPassword hidden{*stored};
    hide(hidden.own()->hash());
    const auto checked = with.hasher.verify(hidden, password);
    check(checked == auth::PasswordCheck::match, "a password doesn't match");
    check(comparisons == 1, "the password was compared by something else");
}

void imported_hash() {
    const auto hash = source().bytes<32>();
    const auto salt = source().bytes<8>();
    const auto foreign = auth::ForeignHash::parse("{SSHA256}" + to_base64(ByteWriter{}.bytes(hash).bytes(salt).take()));
    check(foreign.has_value(), "no salted SHA-256");
    const auth::Pepper pepper{auth::PepperKey::random(source())};
    hide(pepper.for_imports().expose());
    const auto stored = auth::ImportedHash::of(*foreign, pepper);
    hide(hash);
    bool same = stored.matches(pepper, hash);
    publish_object(same);
    check(same, "an imported hash doesn't match");
    check(comparisons == 1, "the imported hash was compared by something else");
}

void pairing() {
    const ManualClock clock{Time{std::chrono::hours{500'000}}};
    token::MemoryPairingStore store{1};
    const auto key = hidden_key<token::PairingKey>();
    token::Pairings pairings{store, key, clock, source(), token::pairing_2026};
    const DeviceId device{source().bytes<16>()};
    const auto issued = pairings.begin(owner().tenant, device, owner().subject);
    check(issued.has_value(), "no pairing begins");
    const auto redeemed = pairings.redeem(as_text(issued->text.expose()), owner().tenant, device);
    check(redeemed.has_value(), "a pairing code isn't taken");
    check(comparisons == 1, "the pairing code was compared by something else");
}

void paseto_local() {
    const auto key = token::LocalKey::random(source());
    const token::ImplicitAssertion implicit{as_bytes("here")};
    const std::string text = token::seal_paseto(key, source(), {as_bytes("a message")}, {}, implicit);
    const auto parsed = token::Paseto::parse(text, token::paseto_limits_2026);
    check(parsed.has_value(), "a token that was sealed is none");
    hide(key.expose());
    const auto opened = token::open_paseto(key, *parsed, implicit);
    check(opened.has_value(), "a token doesn't open");
    check(comparisons == 1, "the token's tag was compared by something else");
}

void paserk_wrap() {
    const auto under = token::PaserkWrappingKey::random(source());
    const auto wrapped = token::WrappedKey::wrap(under, token::LocalKey::random(source()), source());
    hide(under.expose());
    const auto unwrapped = wrapped.unwrap_local(under);
    check(unwrapped.has_value(), "a wrapped key doesn't unwrap");
    check(comparisons == 1, "the wrapped key's tag was compared by something else");
}

// Argon2id again: hidden is the tag that came with the key.
void paserk_password() {
    const auto password = crypto::Secret::copy_of("correct horse battery staple");
    const auto wrapped = token::PasswordWrappedKey::wrap(password, token::password_wrap_bounds_2026.least,
                                                         token::LocalKey::random(source()), source());
    check(wrapped.has_value(), "no key can be wrapped");
    const std::string text = wrapped->text();
    const auto bytes = from_base64url(std::string_view{text}.substr(text.rfind('.') + 1));
    hide_at_end(*wrapped, ByteView{*bytes}.last(32));
    const auto unwrapped = wrapped->unwrap_local(password, token::password_wrap_bounds_2026);
    check(unwrapped.has_value(), "a wrapped key doesn't unwrap");
    check(comparisons == 1, "the wrapped key's tag was compared by something else");
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

// The same as `pin_check` and `pairing` make it, with comparisons that tell where the difference is.
void leaky_pin_check() {
    Hashing with;
    const auto stored = with.hasher.hash_pin(owner(), some_pin());
    check(stored.has_value(), "no PIN can be stored");
    const Bytes computed = to_bytes(stored->hash());
    hide(stored->hash());
    check(std::ranges::equal(computed, stored->hash()), "equal hashes compare unequal");
}

void leaky_pairing() {
    const auto key = hidden_key<token::PairingKey>();
    const auto code = token::PairingCode::generate(source());
    const DeviceId device{source().bytes<16>()};
    check(code.tag(key, owner().tenant, device) == code.tag(key, owner().tenant, device), "equal tags compare unequal");
}

void leaky_tag() {
    const auto key = source().bytes<32>();
    hide(key);
    std::array<std::byte, 32> tag{};
    crypto::blake2b_keyed(tag, key, {source().bytes<80>()});
    check(!std::ranges::equal(tag, source().bytes<32>()), "a tag is guessed");
}

struct Case {
    std::string_view name;
    void (*run)();
};
constexpr std::array cases{
    Case{"compare", compare_equal},
    Case{"token", token_hash_and_compare},
    Case{"pin", pin_material},
    Case{"pin-check", pin_check},
    Case{"password-check", password_check},
    Case{"imported-hash", imported_hash},
    Case{"pairing", pairing},
    Case{"paseto-local", paseto_local},
    Case{"paserk-wrap", paserk_wrap},
    Case{"paserk-password", paserk_password},
    Case{"hmac", hmac_tag},
    Case{"blake2b", blake2b_tag},
    Case{"hkdf", derivation},
    Case{"aead-seal", aead_seal},
    Case{"aead-open", aead_open},
    Case{"key-wrap", key_wrap},
    Case{"ed25519-sign", signature},
    Case{"x-wing", xwing_decapsulation},
    Case{"leaky-compare", leaky_compare},
    Case{"leaky-table", leaky_table},
    Case{"leaky-pin", leaky_pin},
    Case{"leaky-pin-check", leaky_pin_check},
    Case{"leaky-pairing", leaky_pairing},
    Case{"leaky-tag", leaky_tag},
};

}  // namespace

// The linker puts `equal_and_told` in the place of `crypto::equal` (see CMakeLists.txt). What it says is told to
// whoever asked, at once, so from there on it is no secret: the library may branch on it, and on nothing else. So the
// calls that compare run here whole, and a comparison by anything but `crypto::equal` is caught at its first branch.
#define SAFEQ_EQUAL "_ZN5safeq6crypto5equalESt4spanIKSt4byteLm18446744073709551615EES4_"
bool equal_as_it_is(ByteView a, ByteView b) noexcept __asm__("__real_" SAFEQ_EQUAL);
bool equal_and_told(ByteView a, ByteView b) noexcept __asm__("__wrap_" SAFEQ_EQUAL);

bool equal_and_told(ByteView a, ByteView b) noexcept {
    ++comparisons;
    const bool same = equal_as_it_is(a, b);
    publish_object(same);
    return same;
}

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
