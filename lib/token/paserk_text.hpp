// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <safeq/crypto/secret.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/token/paserk_wrap.hpp>

namespace safeq::token {

/// `header` and then the bytes as base64url; the copies in between are wiped.
[[nodiscard]] crypto::Secret paserk_text(std::string_view header, ByteView bytes);

/// The `out.size()` bytes after `header`. *Errors*: `bad_version`, `malformed`, `not_canonical`.
[[nodiscard]] Result<void> parse_paserk(std::string_view text, std::string_view header, std::span<std::byte> out);

/// An Ed25519 key as PASERK stores it: seed, then public key.
using SigningKeyBytes = crypto::Key<64, struct SigningKeyBytesTag>;

[[nodiscard]] SigningKeyBytes signing_key_bytes(const crypto::SigningKey& key);

/// *Errors*: `key_invalid` when the halves don't belong together.
[[nodiscard]] Result<crypto::SigningKey> signing_key_from(const SigningKeyBytes& bytes);

/// Of the key that is wrapped.
[[nodiscard]] std::size_t key_bytes(WrappedKind kind) noexcept;

}  // namespace safeq::token
