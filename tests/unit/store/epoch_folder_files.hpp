// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>

#include "support/random.hpp"

namespace safeq::test {

/// When the tests of a folder of epochs begin.
inline constexpr Time noon{std::chrono::milliseconds{1'700'000'000'000}};

/// Always the same one for a seed.
[[nodiscard]] inline TenantId tenant(std::uint64_t seed = 1) {
    ManualClock clock{noon};
    SeededRandom random{seed};
    return TenantId::make(clock, random);
}

/// Their names, sorted.
[[nodiscard]] inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

}  // namespace safeq::test
