// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <safeq/core/clock.hpp>

namespace safeq::ipp::detail {

[[nodiscard]] inline std::int32_t to_i32(std::int64_t value, std::int32_t least = 0) noexcept {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, least, std::numeric_limits<std::int32_t>::max()));
}

/// A moment on the scale of printer-up-time: 1 when the printer started, 0 for everything before.
[[nodiscard]] inline std::int32_t up_time(Time at, Time started) noexcept {
    if (at < started) return 0;
    return to_i32(std::chrono::duration_cast<std::chrono::seconds>(at - started).count() + 1);
}

}  // namespace safeq::ipp::detail
