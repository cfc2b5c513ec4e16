// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <safeq/core/bytes.hpp>

namespace safeq::test {

/// The bytes that a hexadecimal literal of a test stands for.
inline Bytes hex(std::string_view text) {
    const auto bytes = from_hex(text);
    REQUIRE(bytes);
    return *bytes;
}

template <std::size_t N>
std::array<std::byte, N> hex_array(std::string_view text) {
    const Bytes bytes = hex(text);
    REQUIRE(bytes.size() == N);
    std::array<std::byte, N> out;
    std::memcpy(out.data(), bytes.data(), N);
    return out;
}

}  // namespace safeq::test
