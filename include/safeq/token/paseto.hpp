// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/crypto/sign.hpp>

namespace safeq::token {

/// The two forms of PASETO version 4; no other header is taken.
enum class PasetoForm : std::uint8_t {
    v4_local,   ///< sealed under a key that issuer and verifier share
    v4_public,  ///< readable by all, signed with Ed25519
};

/// "v4.local", "v4.public".
[[nodiscard]] std::string_view name(PasetoForm form) noexcept;

/// What is taken before any work is done.
struct PasetoLimits {
    std::size_t text_bytes;    ///< the whole token as text
    std::size_t footer_bytes;  ///< its footer, decoded
};

inline constexpr PasetoLimits paseto_limits_2026{.text_bytes = 8192, .footer_bytes = 512};

/// The key of `v4.local`. Never used for anything else.
using LocalKey = crypto::Key<32, struct PasetoLocalTag>;

/// What is carried.
struct Message {
    ByteView bytes;
};

/// What is carried beside it: readable by all, authenticated.
struct Footer {
    ByteView bytes{};
};

/// What isn't carried, but known to both sides and authenticated.
struct ImplicitAssertion {
    ByteView bytes{};
};

/// A token that has the form of one. Nothing in it is known to be true before `verify_paseto` or `open_paseto`.
class Paseto final {
public:
    /// Takes exactly what is canonical: one of the two headers, unpadded base64url without stray bits, no empty footer.
    /// *Errors*: `too_large`, before anything is decoded; `bad_version` for another header; `truncated`; `malformed`;
    /// `not_canonical`.
    [[nodiscard]] static Result<Paseto> parse(std::string_view text, const PasetoLimits& limits);

    [[nodiscard]] PasetoForm form() const noexcept { return form_; }

    /// The footer as it stands there: good for finding a key, and for nothing else before the token is verified.
    [[nodiscard]] ByteView unverified_footer() const& noexcept { return footer_; }
    ByteView unverified_footer() const&& = delete;

    /// The text that was parsed.
    [[nodiscard]] std::string text() const;

private:
    friend Result<Bytes> verify_paseto(const crypto::VerifyingKey&, const Paseto&, ImplicitAssertion);
    friend Result<crypto::Secret> open_paseto(const LocalKey&, const Paseto&, ImplicitAssertion);

    Paseto(PasetoForm form, Bytes body, Bytes footer) noexcept
        : form_{form}, body_{std::move(body)}, footer_{std::move(footer)} {}

    PasetoForm form_;
    Bytes body_;
    Bytes footer_;
};

/// A `v4.public` token. *Source*: PASETO specification, version 4, Sign.
[[nodiscard]] std::string sign_paseto(const crypto::SigningKey& key, Message message, Footer footer,
                                      ImplicitAssertion implicit);

/// The message of a `v4.public` token, which is what the holder of the key signed together with footer and assertion.
/// *Errors*: `signature_invalid`, for the other form too.
[[nodiscard]] Result<Bytes> verify_paseto(const crypto::VerifyingKey& key, const Paseto& token,
                                          ImplicitAssertion implicit);

/// A `v4.local` token with a nonce from `random`. *Secrets*: the message's length shows.
/// *Source*: PASETO specification, version 4, Encrypt.
[[nodiscard]] std::string seal_paseto(const LocalKey& key, Random& random, Message message, Footer footer,
                                      ImplicitAssertion implicit);

/// The message of a `v4.local` token. Nothing is decrypted before the tag is known to be right.
/// *Errors*: `authentication_failed`, for the other form too.
[[nodiscard]] Result<crypto::Secret> open_paseto(const LocalKey& key, const Paseto& token, ImplicitAssertion implicit);

}  // namespace safeq::token
