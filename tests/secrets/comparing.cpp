// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include <safeq/auth/imported_hash.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/token/opaque.hpp>
#include <safeq/token/pairing.hpp>
#include <safeq/token/paserk_password.hpp>
#include <safeq/token/paserk_wrap.hpp>
#include <safeq/token/paseto.hpp>

#include "secrets.hpp"

namespace safeq::secrets {
namespace {

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
    // That these are digits, and how many, is for everybody to know.
    const auth::Pin pin = some_pin();
    hide(pin.digits().expose());
    const auto pepper = hidden_key<auth::PinPepper>();
    const crypto::Secret material = auth::pin_material(pepper, owner(), pin);
    hide(material.expose());
}

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

// The document's key gives the commitment; the one in the file is anybody's to write.
void spool_commitment() {
    const auto key = spool::DocumentKey::random(source());
    const spool::Salt salt = source().bytes<24>();
    const spool::ChunkContext context{as_bytes("here")};
    const auto sealed = spool::ChunkCipher::derive(key.expose(), salt, context);
    check(sealed.has_value(), "no cipher of a document's key");
    const spool::Commitment in_file = sealed->commitment();
    hide(key.expose());
    auto cipher = spool::ChunkCipher::derive(key.expose(), salt, context);
    check(cipher.has_value(), "no cipher of a hidden key");
    const auto opener = spool::ChunkOpener::create(*std::move(cipher), in_file, {});
    check(opener.has_value(), "the commitment that follows from the key isn't the file's");
    check(comparisons == 1, "the commitment was compared by something else");
}

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
    Case{"spool-commitment", spool_commitment},
};

}  // namespace

std::span<const Case> comparing_cases() { return cases; }

}  // namespace safeq::secrets
