// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/paserk.hpp>

namespace safeq::token {

/// What is inside a wrapped key: a shared or a signing key.
enum class WrappedKind : std::uint8_t { local, secret };

/// The key under which other keys are kept.
using PaserkWrappingKey = crypto::Key<32, struct PaserkWrappingTag>;

/// A key wrapped under another: PASERK `k4.local-wrap.pie`, `k4.secret-wrap.pie`. Safe to keep and to show.
/// *Source*: PASERK specification, Platform-Independent Encoding for key wrapping (PIE), version 4.
class WrappedKey final {
public:
    /// Wraps a key under a fresh nonce.
    /// @{
    [[nodiscard]] static WrappedKey wrap(const PaserkWrappingKey& under, const LocalKey& key, Random& random);
    [[nodiscard]] static WrappedKey wrap(const PaserkWrappingKey& under, const crypto::SigningKey& key, Random& random);
    /// @}

    /// Takes exactly what `text()` writes. *Errors*: `bad_version`, `malformed`, `not_canonical`.
    [[nodiscard]] static Result<WrappedKey> parse(std::string_view text);

    [[nodiscard]] WrappedKind kind() const noexcept { return kind_; }
    [[nodiscard]] std::string text() const;

    /// *Errors*: `authentication_failed`, for a key of the other kind too; `key_invalid` when the halves of a signing
    /// key don't belong together.
    /// @{
    [[nodiscard]] Result<LocalKey> unwrap_local(const PaserkWrappingKey& under) const;
    [[nodiscard]] Result<crypto::SigningKey> unwrap_signing(const PaserkWrappingKey& under) const;
    /// @}

private:
    using Nonce = std::array<std::byte, 32>;
    using Tag = std::array<std::byte, 32>;
    struct Keys;

    WrappedKey() = default;
    static WrappedKey wrap_bytes(WrappedKind kind, const PaserkWrappingKey& under, ByteView key, Random& random);
    static Keys split(const PaserkWrappingKey& under, const Nonce& nonce);
    [[nodiscard]] Tag tag_under(const Keys& keys) const;
    [[nodiscard]] Result<void> unwrap_into(std::span<std::byte> out, WrappedKind kind,
                                           const PaserkWrappingKey& under) const;

    WrappedKind kind_{};
    Tag tag_{};
    Nonce nonce_{};
    Bytes sealed_;
};

}  // namespace safeq::token
