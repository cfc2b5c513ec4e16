// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include <safeq/core/clock.hpp>

namespace safeq::service {

/// Notices when somebody sets the machine's clock: holds the wall clock against one that only counts on.
/// *Threads*: one at a time.
class ClockWatch final {
public:
    /// A moment by the clock that nobody can set.
    using Steady = std::chrono::steady_clock::time_point;

    /// What is within the tolerance since the last look is drift, not a change.
    explicit ClockWatch(std::chrono::milliseconds tolerance) noexcept : tolerance_{tolerance} {}

    /// By how much the clock was changed since the last look; nothing when it was not, and at the first.
    [[nodiscard]] std::optional<std::chrono::milliseconds> look(Time wall, Steady steady) noexcept {
        const auto between =
            wall.time_since_epoch() - std::chrono::duration_cast<std::chrono::milliseconds>(steady.time_since_epoch());
        const std::chrono::milliseconds by = known_ ? between - *known_ : std::chrono::milliseconds{0};
        known_ = between;
        if (by <= tolerance_ && by >= -tolerance_) return std::nullopt;
        return by;
    }

private:
    std::chrono::milliseconds tolerance_;
    std::optional<std::chrono::milliseconds> known_;
};

}  // namespace safeq::service
