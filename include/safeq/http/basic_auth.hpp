// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <safeq/crypto/secret.hpp>

namespace safeq::http {

/// What someone typed into a browser's or print client's dialogue.
struct BasicCredential {
    std::string user;
    crypto::Secret password;
};

/// Reads the value of an Authorization header of scheme Basic. *Errors*: `unsupported` for another scheme; `malformed`,
/// `not_canonical`, `invalid_utf8`, `control_character`, `too_large` over 2 KiB. *Source*: RFC 7617.
[[nodiscard]] Result<BasicCredential> parse_basic(std::string_view authorization);

/// The header's value. *Errors*: `invalid_argument` for a colon in the user name.
[[nodiscard]] Result<std::string> encode_basic(std::string_view user, const crypto::Secret& password);

/// The token of "Bearer …"; empty for anything else. *Source*: RFC 6750.
[[nodiscard]] std::string_view bearer_token(std::string_view authorization) noexcept;

}  // namespace safeq::http
