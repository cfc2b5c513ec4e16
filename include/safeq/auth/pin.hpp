// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include <safeq/auth/pepper.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

/// 4 to 16 digits. Counts only beside something that says who it is. *Secrets*: wiped; its length shows in timing.
class Pin final {
public:
    static constexpr std::size_t min_digits = 4;
    static constexpr std::size_t max_digits = 16;

    /// *Errors*: `malformed` for anything but 4 to 16 ASCII digits; the detail never repeats them.
    [[nodiscard]] static Result<Pin> parse(crypto::Secret digits);

    [[nodiscard]] const crypto::Secret& digits() const& noexcept { return digits_; }
    const crypto::Secret& digits() const&& = delete;

private:
    explicit Pin(crypto::Secret digits) noexcept : digits_{std::move(digits)} {}
    crypto::Secret digits_;
};

/// Whose PIN it is: the same digits of another person or tenant give another verifier.
struct PinOwner {
    TenantId tenant;
    SubjectId subject;
};

/// What goes into Argon2id in place of the digits: HMAC over tenant, subject and PIN, each with its length before it.
[[nodiscard]] crypto::Secret pin_material(const PinPepper& key, const PinOwner& owner, const Pin& pin);

}  // namespace safeq::auth
