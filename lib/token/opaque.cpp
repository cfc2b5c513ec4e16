// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/opaque.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace safeq::token {

std::string_view name(TokenKind kind) noexcept {
    switch (kind) {
        case TokenKind::session: return "session";
        case TokenKind::print: return "print";
        case TokenKind::activation: return "activation";
        case TokenKind::refresh_family: return "refresh-family";
        case TokenKind::refresh: return "refresh";
    }
    return "unknown";
}

Result<TokenKind> token_kind(std::uint8_t number) {
    if (number < static_cast<std::uint8_t>(TokenKind::session) ||
        number > static_cast<std::uint8_t>(TokenKind::refresh))
        return fail(Errc::malformed, "kind of token");
    return static_cast<TokenKind>(number);
}

Result<TokenHash> TokenHash::from(ByteView bytes) {
    TokenHash hash;
    if (bytes.size() != hash.bytes.size()) return fail(Errc::malformed, "token hash", "not 32 bytes");
    std::ranges::copy(bytes, hash.bytes.begin());
    return hash;
}

TokenHash TokenHash::of(const crypto::VerifyingKey& key) { return {crypto::sha256(ByteView{key.bytes})}; }

OpaqueToken OpaqueToken::generate(Random& random) { return OpaqueToken{Value::random(random)}; }

Result<OpaqueToken> OpaqueToken::parse(std::string_view text) {
    if (text.size() != text_bytes) return fail(Errc::malformed, "token", "not 43 characters");
    // Only the bearer sees how long the decoding of his own text takes.
    Result<Bytes> decoded = from_base64url(text);
    if (!decoded) return fail(decoded.error().code, "token", decoded.error().detail);
    Result<Value> value = Value::from(*decoded);
    crypto::wipe(*decoded);
    if (!value) return std::unexpected{std::move(value).error()};
    return OpaqueToken{std::move(*value)};
}

crypto::Secret OpaqueToken::text() const {
    std::string encoded = to_base64url(value_.expose());
    crypto::Secret out = crypto::Secret::copy_of(encoded);
    crypto::wipe(std::as_writable_bytes(std::span{encoded}));
    return out;
}

TokenHash OpaqueToken::hash(TokenKind kind, TenantId tenant) const {
    const Bytes before = ByteWriter{}
                             .field("safeq/token/v1")
                             .field(name(kind))
                             .field(tenant.bytes())
                             .u32(static_cast<std::uint32_t>(Value::size))
                             .take();
    return {crypto::sha256({before, value_.expose()})};
}

}  // namespace safeq::token
