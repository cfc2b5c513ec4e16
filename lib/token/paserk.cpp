// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk.hpp>

#include <algorithm>

#include <safeq/crypto/blake2b.hpp>

#include "paserk_text.hpp"

namespace safeq::token {
namespace {

constexpr const char* where = "PASERK";
constexpr std::string_view local_header = "k4.local.";
constexpr std::string_view secret_header = "k4.secret.";
constexpr std::string_view public_header = "k4.public.";

constexpr std::array id_kinds{KeyIdKind::lid, KeyIdKind::sid, KeyIdKind::pid};

std::string_view header(KeyIdKind kind) noexcept {
    switch (kind) {
        case KeyIdKind::lid: return "k4.lid.";
        case KeyIdKind::sid: return "k4.sid.";
        case KeyIdKind::pid: return "k4.pid.";
    }
    return {};
}

}  // namespace

crypto::Secret paserk_text(std::string_view header, ByteView bytes) {
    std::string encoded = to_base64url(bytes);
    crypto::Secret text = crypto::Secret::zeroed(header.size() + encoded.size());
    std::ranges::copy(as_bytes(header), text.fill().begin());
    std::ranges::copy(as_bytes(encoded), text.fill().begin() + static_cast<std::ptrdiff_t>(header.size()));
    crypto::wipe(std::as_writable_bytes(std::span{encoded}));
    return text;
}

Result<void> parse_paserk(std::string_view text, std::string_view header, std::span<std::byte> out) {
    if (!text.starts_with(header)) return fail(Errc::bad_version, where, "not " + std::string{header});
    const std::string_view encoded = text.substr(header.size());
    if (encoded.size() != (out.size() * 8 + 5) / 6) return fail(Errc::malformed, where, "not of the one length");
    Result<Bytes> decoded = from_base64url(encoded);
    if (!decoded) return fail(decoded.error().code, where, "not base64url");
    std::ranges::copy(*decoded, out.begin());
    crypto::wipe(*decoded);
    return {};
}

SigningKeyBytes signing_key_bytes(const crypto::SigningKey& key) {
    SigningKeyBytes bytes;
    std::ranges::copy(key.seed().expose(), bytes.fill().begin());
    std::ranges::copy(key.verifying_key().bytes, bytes.fill().begin() + crypto::SigningSeed::size);
    return bytes;
}

std::size_t key_bytes(WrappedKind kind) noexcept {
    switch (kind) {
        case WrappedKind::local: return LocalKey::size;
        case WrappedKind::secret: return SigningKeyBytes::size;
    }
    return 0;
}

Result<crypto::SigningKey> signing_key_from(const SigningKeyBytes& bytes) {
    constexpr std::size_t seed_bytes = crypto::SigningSeed::size;
    auto key = crypto::SigningKey::from_seed(crypto::SigningSeed::copy_of(bytes.expose().first<seed_bytes>()));
    if (!same_bytes(key.verifying_key().bytes, bytes.expose().subspan<seed_bytes>()))
        return fail(Errc::key_invalid, where, "the public half isn't of this seed");
    return key;
}

KeyId KeyId::over(KeyIdKind kind, std::string_view paserk) {
    KeyId id;
    id.kind_ = kind;
    crypto::blake2b(id.hash_, {as_bytes(header(kind)), as_bytes(paserk)});
    return id;
}

KeyId KeyId::of(const LocalKey& key) {
    const crypto::Secret text = unsafe_key_text(key);
    return over(KeyIdKind::lid, as_text(text.expose()));
}

KeyId KeyId::of(const crypto::SigningKey& key) {
    const crypto::Secret text = unsafe_key_text(key);
    return over(KeyIdKind::sid, as_text(text.expose()));
}

KeyId KeyId::of(const crypto::VerifyingKey& key) { return over(KeyIdKind::pid, key_text(key)); }

Result<KeyId> KeyId::parse(std::string_view text) {
    for (const KeyIdKind kind : id_kinds) {
        if (!text.starts_with(header(kind))) continue;
        KeyId id;
        id.kind_ = kind;
        SAFEQ_TRY_VOID(parse_paserk(text, header(kind), id.hash_));
        return id;
    }
    return fail(Errc::bad_version, where, "neither k4.lid, k4.sid nor k4.pid");
}

std::string KeyId::text() const { return std::string{header(kind_)} + to_base64url(hash_); }

crypto::Secret unsafe_key_text(const LocalKey& key) { return paserk_text(local_header, key.expose()); }

crypto::Secret unsafe_key_text(const crypto::SigningKey& key) {
    const SigningKeyBytes bytes = signing_key_bytes(key);
    return paserk_text(secret_header, bytes.expose());
}

std::string key_text(const crypto::VerifyingKey& key) { return std::string{public_header} + to_base64url(key.bytes); }

Result<LocalKey> parse_local_key(std::string_view text) {
    LocalKey key;
    SAFEQ_TRY_VOID(parse_paserk(text, local_header, key.fill()));
    return key;
}

Result<crypto::SigningKey> parse_signing_key(std::string_view text) {
    SigningKeyBytes bytes;
    SAFEQ_TRY_VOID(parse_paserk(text, secret_header, bytes.fill()));
    return signing_key_from(bytes);
}

Result<crypto::VerifyingKey> parse_verifying_key(std::string_view text) {
    crypto::VerifyingKey key;
    SAFEQ_TRY_VOID(parse_paserk(text, public_header, key.bytes));
    return key;
}

}  // namespace safeq::token
