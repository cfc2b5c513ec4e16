// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <safeq/core/clock.hpp>

namespace safeq::token {

/// Keeps expired what has expired, for tokens that nobody stores. When the clock goes back, the tokens that were made
/// by then and that were over by the latest time ever seen stay over; those made afterwards count as usual. So a clock
/// that leaps ahead and returns ends tokens too early, never too late. *Threads*: safe from several threads.
class ClockGuard final {
public:
    explicit ClockGuard(const Clock& clock) noexcept : clock_{clock} {}

    /// The clock's time; remembers when it has gone back.
    [[nodiscard]] Time now();

    /// Whether a token of these times was over at a time that this clock has shown.
    [[nodiscard]] bool was_over(Time issued, Time expires) const;

private:
    mutable std::mutex mutex_;
    const Clock& clock_;
    Time latest_{};
    Time made_by_ = Time::min();  ///< tokens made up to here …
    Time over_by_ = Time::min();  ///< … and expired by here are over
};

}  // namespace safeq::token
