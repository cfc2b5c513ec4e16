// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <safeq/core/bytes.hpp>

namespace safeq::crypto {

// Botan speaks uint8_t, safeq speaks std::byte; both may alias anything.

[[nodiscard]] inline std::span<const std::uint8_t> to_botan(ByteView bytes) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline std::span<std::uint8_t> to_botan_writable(MutableByteView bytes) noexcept {
    return {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline ByteView from_botan(std::span<const std::uint8_t> bytes) noexcept { return std::as_bytes(bytes); }

/// Copies bytes into `out`. *Requires*: equal sizes.
inline void copy_from_botan(MutableByteView out, std::span<const std::uint8_t> bytes) noexcept {
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size());
}

}  // namespace safeq::crypto
