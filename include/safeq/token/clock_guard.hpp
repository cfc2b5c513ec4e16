// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <safeq/core/clock.hpp>

namespace safeq::token {

/// What a guard knows of its clock; whoever forgets something for good by the time keeps them with it.
struct ClockMarks {
    Time latest = Time::min();   ///< last shown
    Time made_by = Time::min();  ///< tokens made up to here …
    Time over_by = Time::min();  ///< … and expired by here are over

    friend bool operator==(const ClockMarks&, const ClockMarks&) = default;
};

/// Keeps expired what has expired, for tokens that nobody stores. When the clock goes back, the tokens that were made
/// by then and that were over by the latest time ever seen stay over; those made afterwards count as usual. So a clock
/// that leaps ahead and returns ends tokens too early, never too late; one that returns to before it left is, until it
/// is there again, a clock that is behind. One guard for all that goes by the same clock: a revocation or a spent nonce
/// may only be forgotten at a time that every verifier knows of. It knows what it has seen: it lives as long as the
/// process, and begins with the marks that were kept. *Threads*: safe from several threads.
class ClockGuard final {
public:
    explicit ClockGuard(const Clock& clock, const ClockMarks& kept = {}) noexcept : clock_{clock}, marks_{kept} {}
    ClockGuard(const ClockGuard&) = delete;
    ClockGuard& operator=(const ClockGuard&) = delete;

    /// The clock's time; remembers when it has gone back.
    [[nodiscard]] Time now();

    /// Whether a token of these times was over at a time that this clock has shown.
    [[nodiscard]] bool was_over(Time issued, Time expires) const;

    /// The latest time that this clock has ever shown.
    [[nodiscard]] Time latest() const;

    /// What to keep before something is forgotten by the time that `now` has given.
    [[nodiscard]] ClockMarks marks() const;

private:
    mutable std::mutex mutex_;
    const Clock& clock_;
    ClockMarks marks_;
};

}  // namespace safeq::token
