// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace safeq::store {

/// `<prefix><generation>`, decimal from 1 on.
[[nodiscard]] inline std::string generation_name(std::string_view prefix, std::uint64_t generation) {
    return std::string{prefix} + std::to_string(generation);
}

/// Nothing for other files, and for a number that isn't written as `generation_name` writes it.
[[nodiscard]] inline std::optional<std::uint64_t> generation_of(std::string_view file, std::string_view prefix) {
    if (!file.starts_with(prefix)) return std::nullopt;
    const std::string_view digits = file.substr(prefix.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), generation);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.front() == '0') return std::nullopt;
    return generation;
}

inline constexpr std::string_view root_prefix = "root.";

}  // namespace safeq::store
