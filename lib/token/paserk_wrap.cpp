// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk_wrap.hpp>

#include <algorithm>

#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/xchacha20.hpp>

#include "paserk_text.hpp"

namespace safeq::token {
namespace {

constexpr std::array<std::byte, 1> for_encryption{std::byte{0x80}};
constexpr std::array<std::byte, 1> for_authentication{std::byte{0x81}};

std::string_view header(WrappedKind kind) noexcept {
    switch (kind) {
        case WrappedKind::local: return "k4.local-wrap.pie.";
        case WrappedKind::secret: return "k4.secret-wrap.pie.";
    }
    return {};
}

}  // namespace

struct WrappedKey::Keys {
    crypto::XChaChaKey encryption;
    crypto::XChaChaNonce nonce{};
    crypto::Key<32, struct PieMacTag> authentication;
};

WrappedKey::Keys WrappedKey::split(const PaserkWrappingKey& under, const Nonce& nonce) {
    constexpr std::size_t cipher_key_bytes = crypto::XChaChaKey::size;
    Keys keys;
    std::array<std::byte, cipher_key_bytes + sizeof(crypto::XChaChaNonce)> derived;
    crypto::blake2b_keyed(derived, under.expose(), {for_encryption, nonce});
    std::ranges::copy(std::span{derived}.first<cipher_key_bytes>(), keys.encryption.fill().begin());
    std::ranges::copy(std::span{derived}.subspan<cipher_key_bytes>(), keys.nonce.begin());
    crypto::wipe(derived);
    crypto::blake2b_keyed(keys.authentication.fill(), under.expose(), {for_authentication, nonce});
    return keys;
}

WrappedKey::Tag WrappedKey::tag_under(const Keys& keys) const {
    Tag tag;
    crypto::blake2b_keyed(tag, keys.authentication.expose(), {as_bytes(header(kind_)), nonce_, sealed_});
    return tag;
}

WrappedKey WrappedKey::wrap_bytes(WrappedKind kind, const PaserkWrappingKey& under, ByteView key, Random& random) {
    WrappedKey wrapped;
    wrapped.kind_ = kind;
    random.fill(wrapped.nonce_);
    const Keys keys = split(under, wrapped.nonce_);
    wrapped.sealed_ = to_bytes(key);
    crypto::unsafe_xchacha20(wrapped.sealed_, keys.encryption, keys.nonce);
    wrapped.tag_ = wrapped.tag_under(keys);
    return wrapped;
}

WrappedKey WrappedKey::wrap(const PaserkWrappingKey& under, const LocalKey& key, Random& random) {
    return wrap_bytes(WrappedKind::local, under, key.expose(), random);
}

WrappedKey WrappedKey::wrap(const PaserkWrappingKey& under, const crypto::SigningKey& key, Random& random) {
    const SigningKeyBytes bytes = signing_key_bytes(key);
    return wrap_bytes(WrappedKind::secret, under, bytes.expose(), random);
}

Result<WrappedKey> WrappedKey::parse(std::string_view text) {
    for (const WrappedKind kind : {WrappedKind::local, WrappedKind::secret}) {
        if (!text.starts_with(header(kind))) continue;
        WrappedKey wrapped;
        wrapped.kind_ = kind;
        Bytes all(wrapped.tag_.size() + wrapped.nonce_.size() + key_bytes(kind));
        SAFEQ_TRY_VOID(parse_paserk(text, header(kind), all));
        ByteReader reader{all};
        SAFEQ_TRY(const ByteView tag, reader.take(wrapped.tag_.size(), "tag"));
        SAFEQ_TRY(const ByteView nonce, reader.take(wrapped.nonce_.size(), "nonce"));
        std::ranges::copy(tag, wrapped.tag_.begin());
        std::ranges::copy(nonce, wrapped.nonce_.begin());
        wrapped.sealed_ = to_bytes(reader.rest());
        return wrapped;
    }
    return fail(Errc::bad_version, "PASERK", "neither k4.local-wrap.pie nor k4.secret-wrap.pie");
}

std::string WrappedKey::text() const {
    return std::string{header(kind_)} + to_base64url(ByteWriter{}.bytes(tag_).bytes(nonce_).bytes(sealed_).take());
}

Result<void> WrappedKey::unwrap_into(std::span<std::byte> out, WrappedKind kind, const PaserkWrappingKey& under) const {
    if (kind != kind_) return fail(Errc::authentication_failed, "PASERK", "a key of another kind");
    const Keys keys = split(under, nonce_);
    if (!crypto::equal(tag_under(keys), tag_)) return fail(Errc::authentication_failed, "PASERK");
    std::ranges::copy(sealed_, out.begin());
    crypto::unsafe_xchacha20(out, keys.encryption, keys.nonce);
    return {};
}

Result<LocalKey> WrappedKey::unwrap_local(const PaserkWrappingKey& under) const {
    LocalKey key;
    SAFEQ_TRY_VOID(unwrap_into(key.fill(), WrappedKind::local, under));
    return key;
}

Result<crypto::SigningKey> WrappedKey::unwrap_signing(const PaserkWrappingKey& under) const {
    SigningKeyBytes bytes;
    SAFEQ_TRY_VOID(unwrap_into(bytes.fill(), WrappedKind::secret, under));
    return signing_key_from(bytes);
}

}  // namespace safeq::token
