// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

/// Argon2id costs (RFC 9106).
struct Argon2Cost {
    std::uint32_t memory_kib;
    std::uint32_t passes;
    std::uint32_t lanes;

    friend constexpr bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

/// Argon2id version 0x13 into `out` (4 bytes or more). Lanes run on threads of their own.
/// *Requires*: the caller has bounded the costs. *Errors*: `weak_parameters` for costs that RFC 9106 forbids,
/// `out_of_memory`.
[[nodiscard]] Result<void> argon2id(std::span<std::byte> out, ByteView password, Salt salt, const Argon2Cost& cost,
                                    ByteView secret = {}, ByteView associated = {});

}  // namespace safeq::crypto
