// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include <safeq/core/clock.hpp>

namespace safeq::service {

/// Notices when somebody sets the machine's clock: holds the wall clock against one that only counts on. Steps too
/// small to be noticed add up until they are. *Threads*: one at a time.
class ClockWatch final {
public:
    /// A moment by the clock that nobody can set.
    using Steady = std::chrono::steady_clock::time_point;

    /// What clocks that nobody sets part by at the most: as fast as NTP lets a clock catch up, 500 parts in a million.
    static constexpr double drift = 500e-6;

    /// What is within the tolerance, and more than drift makes of the time between looks, is kept in mind.
    explicit ClockWatch(std::chrono::milliseconds tolerance) noexcept : tolerance_{tolerance} {}

    /// By how much the clock was changed since the last change, or the first look; nothing when it was not.
    [[nodiscard]] std::optional<std::chrono::milliseconds> look(Time wall, Steady steady) noexcept {
        const Apart apart{wall.time_since_epoch() -
                          std::chrono::duration_cast<std::chrono::milliseconds>(steady.time_since_epoch())};
        const Apart by = known_ ? apart - known_->apart : Apart::zero();
        const Apart allowed = known_ ? drift * Apart{steady - known_->looked} : Apart::zero();
        if (!known_ || std::chrono::abs(by) > tolerance_ + allowed) {
            const bool first = !known_;
            known_ = Known{apart, steady};
            if (first) return std::nullopt;
            return std::chrono::round<std::chrono::milliseconds>(by);
        }
        known_ = Known{known_->apart + std::clamp(by, -allowed, allowed), steady};
        return std::nullopt;
    }

private:
    // Of which a look's drift is a small part.
    using Apart = std::chrono::duration<double, std::milli>;
    struct Known {
        Apart apart;
        Steady looked;
    };

    std::chrono::milliseconds tolerance_;
    std::optional<Known> known_;
};

}  // namespace safeq::service
