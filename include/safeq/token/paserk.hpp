// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/crypto/secret.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/token/paseto.hpp>

namespace safeq::token {

/// What kind of key an id names.
enum class KeyIdKind : std::uint8_t {
    lid,  ///< a shared key
    sid,  ///< a signing key
    pid,  ///< a verifying key
};

/// The public name of a key: PASERK `k4.lid`, `k4.sid` or `k4.pid`. Says nothing about the key but which one it is.
class KeyId final {
public:
    static constexpr std::size_t hash_bytes = 33;
    static constexpr std::size_t text_bytes = 51;

    /// The id of a key. *Secrets*: of a shared or signing key its text is made and wiped, and not in constant time: see
    /// `unsafe_key_text`.
    /// @{
    [[nodiscard]] static KeyId of(const LocalKey& key);
    [[nodiscard]] static KeyId of(const crypto::SigningKey& key);
    [[nodiscard]] static KeyId of(const crypto::VerifyingKey& key);
    /// @}

    /// Takes exactly what `text()` writes. *Errors*: `malformed`, `bad_version`, `not_canonical`.
    [[nodiscard]] static Result<KeyId> parse(std::string_view text);

    [[nodiscard]] KeyIdKind kind() const noexcept { return kind_; }
    [[nodiscard]] std::string text() const;

    friend bool operator==(const KeyId&, const KeyId&) noexcept = default;
    friend std::strong_ordering operator<=>(const KeyId&, const KeyId&) noexcept = default;

private:
    KeyId() = default;
    static KeyId over(KeyIdKind kind, std::string_view paserk);

    KeyIdKind kind_{};
    std::array<std::byte, hash_bytes> hash_{};
};

/// A key as text: PASERK `k4.local`, `k4.secret`, `k4.public`. *Secrets*: the first two are the key itself; writing
/// and reading them isn't done in constant time, so only where nobody times it, as at a program's start.
/// @{
[[nodiscard]] crypto::Secret unsafe_key_text(const LocalKey& key);
[[nodiscard]] crypto::Secret unsafe_key_text(const crypto::SigningKey& key);
[[nodiscard]] std::string key_text(const crypto::VerifyingKey& key);
/// @}

/// Take exactly what is written above. *Errors*: `bad_version` for another header (another kind of key too);
/// `malformed` for another length; `not_canonical`; `key_invalid` when the halves of a secret key don't belong
/// together.
/// @{
[[nodiscard]] Result<LocalKey> parse_local_key(std::string_view text);
[[nodiscard]] Result<crypto::SigningKey> parse_signing_key(std::string_view text);
[[nodiscard]] Result<crypto::VerifyingKey> parse_verifying_key(std::string_view text);
/// @}

}  // namespace safeq::token
