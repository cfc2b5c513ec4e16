// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <safeq/crypto/foreign_key.hpp>
#include <safeq/token/jwk.hpp>

namespace safeq::token {

/// The name of RFC 7518, section 3.1, RFC 8037 or RFC 9864: "ES256", "EdDSA".
[[nodiscard]] std::string_view jwt_algorithm(crypto::ForeignScheme scheme) noexcept;

/// Nothing for every other name: `none`, and everything with a shared secret, isn't there to be chosen.
[[nodiscard]] std::optional<crypto::ForeignScheme> jwt_scheme(std::string_view algorithm) noexcept;

/// What a JSON Web Token says of itself before anything is verified; what names, brings or fetches a key in it
/// (`jku`, `jwk`, `x5u`, `x5c`) is not read (RFC 8725, section 3.10).
struct JwtHead {
    crypto::ForeignScheme scheme{};
    std::string key_id;  ///< empty: it names none
    std::string type;    ///< `typ` in lower case without `application/`; empty: it has none

    static constexpr std::size_t max_bytes = 2048;

    /// *Errors*: `too_large`; `malformed`, also for a name that is there twice; `unsupported` for an algorithm that
    /// isn't known and for extensions that must be understood (`crit`); those of `check_name`.
    [[nodiscard]] static Result<JwtHead> parse(std::string_view json);

    friend bool operator==(const JwtHead&, const JwtHead&) = default;
};

/// What its signer has said; what the claims must be is the caller's to check: `iss`, `aud`, `exp`, `nonce`, and `type`
/// where several kinds of token come from one signer (RFC 8725, sections 3.8 to 3.12).
struct VerifiedJwt {
    JwtHead head;
    std::string payload;  ///< as signed: mostly JSON, which isn't looked at here
};

inline constexpr std::size_t max_jwt_bytes = 16 * 1024;

/// Verifies a signed JSON Web Token of somebody else's in the compact form (RFC 7515, section 7.1); we issue none.
/// Base64url is taken in its one form only. The key is the one that the head names, or, where it names none, the only
/// one that fits. *Errors*: `too_large`; `malformed`, `not_canonical`; those of `JwtHead::parse`; `unsupported` for an
/// algorithm that isn't in `allowed`; `key_unknown`; `signature_invalid`. A peer learns `denied` only.
[[nodiscard]] Result<VerifiedJwt> verify_jwt(std::string_view token, const JwkSet& keys,
                                             std::span<const crypto::ForeignScheme> allowed);

}  // namespace safeq::token
