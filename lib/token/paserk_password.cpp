// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk_password.hpp>

#include <algorithm>

#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/password_hash.hpp>
#include <safeq/crypto/xchacha20.hpp>

#include "paserk_text.hpp"

namespace safeq::token {
namespace {

constexpr const char* where = "PASERK";
constexpr std::array<std::byte, 1> for_encryption{std::byte{0xff}};
constexpr std::array<std::byte, 1> for_authentication{std::byte{0xfe}};
constexpr std::size_t cost_bytes = 8 + 4 + 4;

std::string_view header(WrappedKind kind) noexcept {
    switch (kind) {
        case WrappedKind::local: return "k4.local-pw.";
        case WrappedKind::secret: return "k4.secret-pw.";
    }
    return {};
}

Result<void> check_password(const crypto::Secret& password) {
    if (password.empty()) return fail(Errc::invalid_argument, where, "an empty password");
    if (password.size() > max_wrap_password_bytes) return fail(Errc::too_large, where, "password");
    return {};
}

Result<void> check_cost(const PasswordWrapCost& cost, const PasswordWrapBounds& bounds) {
    if (!bounds.hold(cost)) return fail(Errc::weak_parameters, where, "costs out of bounds");
    // What Argon2id counts in.
    if (cost.memory_bytes / 1024 > UINT32_MAX) return fail(Errc::weak_parameters, where, "memory");
    return {};
}

}  // namespace

struct PasswordWrappedKey::Keys {
    crypto::XChaChaKey encryption;
    crypto::Key<32, struct PasswordMacTag> authentication;
};

Result<PasswordWrappedKey::Keys> PasswordWrappedKey::keys_of(const crypto::Secret& password) const {
    crypto::Key<32, struct PreKeyTag> pre;
    const crypto::Argon2Cost cost{.memory_kib = static_cast<std::uint32_t>(cost_.memory_bytes / 1024),
                                  .passes = cost_.passes,
                                  .lanes = cost_.lanes};
    SAFEQ_TRY_VOID(crypto::argon2id(pre.fill(), password.expose(), crypto::Salt{salt_}, cost));
    Keys keys;
    crypto::blake2b(keys.encryption.fill(), {for_encryption, pre.expose()});
    crypto::blake2b(keys.authentication.fill(), {for_authentication, pre.expose()});
    return keys;
}

Bytes PasswordWrappedKey::untagged() const {
    return ByteWriter{}
        .bytes(salt_)
        .u64(cost_.memory_bytes)
        .u32(cost_.passes)
        .u32(cost_.lanes)
        .bytes(nonce_)
        .bytes(sealed_)
        .take();
}

PasswordWrappedKey::Tag PasswordWrappedKey::tag_under(const Keys& keys) const {
    Tag tag;
    crypto::blake2b_keyed(tag, keys.authentication.expose(), {as_bytes(header(kind_)), untagged()});
    return tag;
}

Result<PasswordWrappedKey> PasswordWrappedKey::wrap_bytes(WrappedKind kind, const crypto::Secret& password,
                                                          const PasswordWrapCost& cost, ByteView key, Random& random) {
    SAFEQ_TRY_VOID(check_password(password));
    SAFEQ_TRY_VOID(check_cost(cost, password_wrap_bounds_2026));
    PasswordWrappedKey wrapped;
    wrapped.kind_ = kind;
    wrapped.cost_ = cost;
    random.fill(wrapped.salt_);
    random.fill(wrapped.nonce_);
    SAFEQ_TRY(const Keys keys, wrapped.keys_of(password));
    wrapped.sealed_ = to_bytes(key);
    crypto::unsafe_xchacha20(wrapped.sealed_, keys.encryption, wrapped.nonce_);
    wrapped.tag_ = wrapped.tag_under(keys);
    return wrapped;
}

Result<PasswordWrappedKey> PasswordWrappedKey::wrap(const crypto::Secret& password, const PasswordWrapCost& cost,
                                                    const LocalKey& key, Random& random) {
    return wrap_bytes(WrappedKind::local, password, cost, key.expose(), random);
}

Result<PasswordWrappedKey> PasswordWrappedKey::wrap(const crypto::Secret& password, const PasswordWrapCost& cost,
                                                    const crypto::SigningKey& key, Random& random) {
    const SigningKeyBytes bytes = signing_key_bytes(key);
    return wrap_bytes(WrappedKind::secret, password, cost, bytes.expose(), random);
}

Result<PasswordWrappedKey> PasswordWrappedKey::parse(std::string_view text) {
    for (const WrappedKind kind : {WrappedKind::local, WrappedKind::secret}) {
        if (!text.starts_with(header(kind))) continue;
        PasswordWrappedKey wrapped;
        wrapped.kind_ = kind;
        Bytes all(sizeof(Salt) + cost_bytes + sizeof(Nonce) + key_bytes(kind) + sizeof(Tag));
        SAFEQ_TRY_VOID(parse_paserk(text, header(kind), all));
        ByteReader reader{all};
        SAFEQ_TRY(const ByteView salt, reader.take(sizeof(Salt), "salt"));
        SAFEQ_TRY(wrapped.cost_.memory_bytes, reader.u64("memory"));
        SAFEQ_TRY(wrapped.cost_.passes, reader.u32("passes"));
        SAFEQ_TRY(wrapped.cost_.lanes, reader.u32("lanes"));
        SAFEQ_TRY(const ByteView nonce, reader.take(sizeof(Nonce), "nonce"));
        SAFEQ_TRY(const ByteView sealed, reader.take(key_bytes(kind), "key"));
        std::ranges::copy(salt, wrapped.salt_.begin());
        std::ranges::copy(nonce, wrapped.nonce_.begin());
        wrapped.sealed_ = to_bytes(sealed);
        std::ranges::copy(reader.rest(), wrapped.tag_.begin());
        return wrapped;
    }
    return fail(Errc::bad_version, where, "neither k4.local-pw nor k4.secret-pw");
}

std::string PasswordWrappedKey::text() const {
    return std::string{header(kind_)} + to_base64url(ByteWriter{}.bytes(untagged()).bytes(tag_).take());
}

Result<void> PasswordWrappedKey::unwrap_into(std::span<std::byte> out, WrappedKind kind, const crypto::Secret& password,
                                             const PasswordWrapBounds& bounds) const {
    if (kind != kind_) return fail(Errc::authentication_failed, where, "a key of another kind");
    SAFEQ_TRY_VOID(check_password(password));
    SAFEQ_TRY_VOID(check_cost(cost_, bounds));
    SAFEQ_TRY(const Keys keys, keys_of(password));
    if (!crypto::equal(tag_under(keys), tag_)) return fail(Errc::authentication_failed, where);
    std::ranges::copy(sealed_, out.begin());
    crypto::unsafe_xchacha20(out, keys.encryption, nonce_);
    return {};
}

Result<LocalKey> PasswordWrappedKey::unwrap_local(const crypto::Secret& password,
                                                  const PasswordWrapBounds& bounds) const {
    LocalKey key;
    SAFEQ_TRY_VOID(unwrap_into(key.fill(), WrappedKind::local, password, bounds));
    return key;
}

Result<crypto::SigningKey> PasswordWrappedKey::unwrap_signing(const crypto::Secret& password,
                                                              const PasswordWrapBounds& bounds) const {
    SigningKeyBytes bytes;
    SAFEQ_TRY_VOID(unwrap_into(bytes.fill(), WrappedKind::secret, password, bounds));
    return signing_key_from(bytes);
}

}  // namespace safeq::token
