// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/paserk_wrap.hpp>

namespace safeq::token {

/// What Argon2id costs to open a key under a password.
struct PasswordWrapCost {
    std::uint64_t memory_bytes;  ///< whole KiB
    std::uint32_t passes;
    std::uint32_t lanes;

    friend constexpr bool operator==(const PasswordWrapCost&, const PasswordWrapCost&) = default;
};

/// The most that a key found somewhere may make us spend, and the least that counts as protection.
struct PasswordWrapBounds {
    PasswordWrapCost least;
    PasswordWrapCost most;

    /// Whether a cost is within them, and its memory in whole KiB.
    [[nodiscard]] constexpr bool hold(const PasswordWrapCost& cost) const noexcept {
        return cost.memory_bytes % 1024 == 0 && cost.memory_bytes >= least.memory_bytes &&
               cost.memory_bytes <= most.memory_bytes && cost.passes >= least.passes && cost.passes <= most.passes &&
               cost.lanes >= least.lanes && cost.lanes <= most.lanes;
    }
};

/// From 19 MiB and 2 passes (OWASP) to 1 GiB, 10 passes, 8 lanes.
inline constexpr PasswordWrapBounds password_wrap_bounds_2026{
    .least = {.memory_bytes = 19u << 20, .passes = 2, .lanes = 1},
    .most = {.memory_bytes = 1u << 30, .passes = 10, .lanes = 8}};

/// 256 MiB, 3 passes, one lane: what libsodium calls moderate. A key is opened once, at a program's start.
inline constexpr PasswordWrapCost password_wrap_2026{.memory_bytes = 256u << 20, .passes = 3, .lanes = 1};
static_assert(password_wrap_bounds_2026.hold(password_wrap_2026));
static_assert(password_wrap_bounds_2026.hold(password_wrap_bounds_2026.least));
static_assert(password_wrap_bounds_2026.hold(password_wrap_bounds_2026.most));

inline constexpr std::size_t max_wrap_password_bytes = 1024;

/// A key under a password: PASERK `k4.local-pw`, `k4.secret-pw`. As safe to keep as the password is good.
/// *Source*: PASERK specification, Password-Based Key Wrapping (PBKW), version 4.
class PasswordWrappedKey final {
public:
    /// *Errors*: `weak_parameters` for costs out of `password_wrap_bounds_2026`; `invalid_argument` for an empty
    /// password; `too_large`; `out_of_memory`.
    /// @{
    [[nodiscard]] static Result<PasswordWrappedKey> wrap(const crypto::Secret& password, const PasswordWrapCost& cost,
                                                         const LocalKey& key, Random& random);
    [[nodiscard]] static Result<PasswordWrappedKey> wrap(const crypto::Secret& password, const PasswordWrapCost& cost,
                                                         const crypto::SigningKey& key, Random& random);
    /// @}

    /// Takes exactly what `text()` writes, with any costs. *Errors*: `bad_version`, `malformed`, `not_canonical`.
    [[nodiscard]] static Result<PasswordWrappedKey> parse(std::string_view text);

    [[nodiscard]] WrappedKind kind() const noexcept { return kind_; }
    [[nodiscard]] const PasswordWrapCost& cost() const noexcept { return cost_; }
    [[nodiscard]] std::string text() const;

    /// *Errors*: `weak_parameters` for costs out of bounds, before any work; `authentication_failed` for another
    /// password, and for a key of the other kind; `key_invalid`; `too_large`; `out_of_memory`.
    /// @{
    [[nodiscard]] Result<LocalKey> unwrap_local(const crypto::Secret& password, const PasswordWrapBounds& bounds) const;
    [[nodiscard]] Result<crypto::SigningKey> unwrap_signing(const crypto::Secret& password,
                                                            const PasswordWrapBounds& bounds) const;
    /// @}

private:
    using Salt = std::array<std::byte, 16>;
    using Nonce = std::array<std::byte, 24>;
    using Tag = std::array<std::byte, 32>;
    struct Keys;

    PasswordWrappedKey() = default;
    static Result<PasswordWrappedKey> wrap_bytes(WrappedKind kind, const crypto::Secret& password,
                                                 const PasswordWrapCost& cost, ByteView key, Random& random);
    [[nodiscard]] Result<Keys> keys_of(const crypto::Secret& password) const;
    [[nodiscard]] Bytes untagged() const;
    [[nodiscard]] Tag tag_under(const Keys& keys) const;
    [[nodiscard]] Result<void> unwrap_into(std::span<std::byte> out, WrappedKind kind, const crypto::Secret& password,
                                           const PasswordWrapBounds& bounds) const;

    WrappedKind kind_{};
    Salt salt_{};
    PasswordWrapCost cost_{};
    Nonce nonce_{};
    Bytes sealed_;
    Tag tag_{};
};

}  // namespace safeq::token
