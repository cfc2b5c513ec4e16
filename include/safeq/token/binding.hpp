// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <safeq/core/id.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/token/audience.hpp>
#include <safeq/token/paserk.hpp>

namespace safeq::token {

/// What a token is bound to without saying it: the verifier must know the same.
struct TokenBinding {
    TenantId tenant;
    Audience audience;
    std::string_view purpose;
    std::optional<crypto::VerifyingKey> device_key;
};

/// The implicit assertion: tenant, audience, purpose and SHA-256 of the device's public key (empty without one), each
/// with its length before it. *Source*: docs/formats/token_v1.md.
[[nodiscard]] Bytes implicit_assertion(const TokenBinding& binding);

/// The footer, which names the key: `{"kid":"k4.pid.…"}`.
[[nodiscard]] std::string key_footer(const KeyId& id);

/// Takes exactly what `key_footer` writes. *Errors*: `malformed`, `bad_version`, `not_canonical`.
[[nodiscard]] Result<KeyId> parse_key_footer(ByteView footer);

}  // namespace safeq::token
