// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <safeq/core/id.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/crypto/sign.hpp>

namespace safeq::token {

/// What a token is good for; a token of one kind never passes as one of another.
enum class TokenKind : std::uint8_t {
    session = 1,         ///< someone signed in at a device
    print = 2,           ///< may submit jobs
    activation = 3,      ///< the secret of an activation link
    refresh_family = 4,  ///< the first half of a refresh token, the same in each of its family
    refresh = 5,         ///< its second half
};

/// *Errors*: `malformed` for a number that is no kind.
[[nodiscard]] Result<TokenKind> token_kind(std::uint8_t number);

/// "session", "print", "activation", "refresh-family", "refresh".
[[nodiscard]] std::string_view name(TokenKind kind) noexcept;

/// The form in which a token is stored: it finds the record, and nobody who reads it can make the token.
struct TokenHash {
    crypto::Sha256Digest bytes{};

    /// *Errors*: `malformed` when not 32 bytes.
    [[nodiscard]] static Result<TokenHash> from(ByteView bytes);

    /// The form in which a device's key is stored with what is bound to it: SHA-256 of its 32 bytes.
    [[nodiscard]] static TokenHash of(const crypto::VerifyingKey& key);

    /// In constant time.
    friend bool operator==(const TokenHash& a, const TokenHash& b) noexcept { return crypto::equal(a.bytes, b.bytes); }
};

/// 256 unpredictable bits that their bearer shows; written as 43 characters of base64url.
/// *Secrets*: wiped; the text is a `Secret` too.
class OpaqueToken final {
public:
    static constexpr std::size_t text_bytes = 43;

    /// A fresh token, which nobody else knows.
    [[nodiscard]] static OpaqueToken generate(Random& random);

    /// Takes exactly what `text()` writes. *Errors*: `malformed`, `not_canonical`; the detail never repeats the text.
    [[nodiscard]] static Result<OpaqueToken> parse(std::string_view text);

    [[nodiscard]] crypto::Secret text() const;

    /// SHA-256 over kind, tenant and token, each with its length before it.
    [[nodiscard]] TokenHash hash(TokenKind kind, TenantId tenant) const;

private:
    using Value = crypto::Key<32, struct OpaqueTokenTag>;
    explicit OpaqueToken(Value value) noexcept : value_{std::move(value)} {}
    Value value_;
};

}  // namespace safeq::token
