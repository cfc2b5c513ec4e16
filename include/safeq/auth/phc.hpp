// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <safeq/auth/pepper.hpp>
#include <safeq/core/bytes.hpp>
#include <safeq/crypto/password_hash.hpp>

namespace safeq::auth {

/// What a stored string may ask of this machine. Below the floor a stolen hash is too cheap to guess, above the bound
/// one stored string would be a way to exhaust memory or time; both are refused before anything is computed.
inline constexpr crypto::Argon2Cost argon2_floor{.memory_kib = 19 * 1024, .passes = 2, .lanes = 1};
inline constexpr crypto::Argon2Cost argon2_bound{.memory_kib = 256 * 1024, .passes = 16, .lanes = 16};

/// Whether each cost lies between `argon2_floor` and `argon2_bound`.
[[nodiscard]] constexpr bool within_bounds(const crypto::Argon2Cost& cost) noexcept {
    return cost.memory_kib >= argon2_floor.memory_kib && cost.memory_kib <= argon2_bound.memory_kib &&
           cost.passes >= argon2_floor.passes && cost.passes <= argon2_bound.passes &&
           cost.lanes >= argon2_floor.lanes && cost.lanes <= argon2_bound.lanes;
}

/// A password or PIN as it is stored: `$argon2id$v=19$m=65536,t=3,p=4,keyid=…$salt$hash`.
/// Argon2id version 0x13 only, in exactly one spelling: `parse(x)->text() == x`, or `x` is refused.
/// *Source*: C2SP phc-strings.
class PhcString final {
public:
    static constexpr std::size_t min_salt_bytes = 8;
    static constexpr std::size_t max_salt_bytes = 48;
    static constexpr std::size_t min_hash_bytes = 12;
    static constexpr std::size_t max_hash_bytes = 64;
    /// Longer text is refused before it is looked at.
    static constexpr std::size_t max_text_bytes = 256;

    /// *Errors*: `too_large`; `unsupported` for another function or version; `malformed`; `not_canonical` for leading
    /// zeros, stray base64 bits or parameters out of order; `weak_parameters` for costs out of bounds.
    [[nodiscard]] static Result<PhcString> parse(std::string_view text);

    /// From its parts. *Errors*: `weak_parameters`; `invalid_argument` for a salt or hash of a length that the format
    /// doesn't allow.
    [[nodiscard]] static Result<PhcString> from(const crypto::Argon2Cost& cost, std::optional<PepperId> pepper,
                                                ByteView salt, ByteView hash);

    [[nodiscard]] std::string text() const;

    [[nodiscard]] const crypto::Argon2Cost& cost() const noexcept { return cost_; }
    /// Which pepper went into it; none where another system made it without one.
    [[nodiscard]] const std::optional<PepperId>& pepper() const noexcept { return pepper_; }
    [[nodiscard]] ByteView salt() const noexcept { return salt_; }
    [[nodiscard]] ByteView hash() const noexcept { return hash_; }

    /// Whether the two are the same stored string, for stores; never a way to check a password.
    friend bool operator==(const PhcString&, const PhcString&) = default;

private:
    PhcString() = default;

    crypto::Argon2Cost cost_{};
    std::optional<PepperId> pepper_;
    Bytes salt_;
    Bytes hash_;
};

}  // namespace safeq::auth
