// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

// Functions with which other systems stored passwords. For checking what was imported from them, never for anything
// new.

inline constexpr std::size_t bcrypt_salt_bytes = 16;
inline constexpr std::size_t bcrypt_hash_bytes = 23;
inline constexpr std::size_t bcrypt_most_password_bytes = 72;

/// bcrypt, as `$2b$` and `$2y$` mean it: 2^`log2_rounds` rounds, and only the first 72 bytes of the password count.
/// *Requires*: the caller has bounded the cost. *Errors*: `weak_parameters` for a cost not 4 to 18; `invalid_argument`
/// for a password with a zero byte, because the function repeats the password with a zero byte after it, and "a" would
/// be the same as "a\0a"; `out_of_memory`.
/// *Source*: Provos and Mazières, "A Future-Adaptable Password Scheme", 1999.
[[nodiscard]] Result<void> bcrypt(std::span<std::byte, bcrypt_hash_bytes> out, ByteView password,
                                  std::span<const std::byte, bcrypt_salt_bytes> salt, std::uint32_t log2_rounds);

/// PBKDF2 with HMAC-SHA-256 or HMAC-SHA-512 into all of `out`.
/// *Requires*: the caller has bounded the iterations. *Errors*: `weak_parameters` for no iteration; `invalid_argument`
/// for no output; `out_of_memory`. *Source*: RFC 8018, section 5.2.
/// @{
[[nodiscard]] Result<void> pbkdf2_sha256(std::span<std::byte> out, ByteView password, ByteView salt,
                                         std::uint32_t iterations);
[[nodiscard]] Result<void> pbkdf2_sha512(std::span<std::byte> out, ByteView password, ByteView salt,
                                         std::uint32_t iterations);
/// @}

/// Base64 as bcrypt writes it: an alphabet of its own, no padding.
[[nodiscard]] std::string to_bcrypt_base64(ByteView bytes);
/// *Errors*: `malformed`; `not_canonical` for stray bits at the end.
[[nodiscard]] Result<Bytes> from_bcrypt_base64(std::string_view text);

}  // namespace safeq::crypto
