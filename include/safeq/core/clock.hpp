// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq {

/// A point in time: UTC, milliseconds since 1970, no leap seconds.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Where the time comes from. *Threads*: implementations are safe to use from several threads.
class Clock {
public:
    virtual ~Clock() = default;
    /// The present moment by this clock, which may be set back.
    [[nodiscard]] virtual Time now() const noexcept = 0;

protected:
    Clock() = default;
    Clock(const Clock&) = default;
    Clock& operator=(const Clock&) = default;
};

/// The machine's clock.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Time now() const noexcept override;
};

/// A clock that stands until it is moved; for tests and simulations.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) noexcept : now_{start.time_since_epoch()} {}
    [[nodiscard]] Time now() const noexcept override { return Time{now_.load()}; }
    /// Moves the clock on, or back by a negative time.
    void advance(std::chrono::milliseconds by) noexcept { now_ = now_.load() + by; }
    /// Puts the clock at this moment, later or earlier.
    void set(Time to) noexcept { now_ = to.time_since_epoch(); }

private:
    std::atomic<std::chrono::milliseconds> now_;
};

/// RFC 3339 with milliseconds, UTC: "2026-11-22T21:54:13.123Z". A time outside of the years 0 to 9999 is shown as the
/// first or the last moment of them.
[[nodiscard]] std::string to_rfc3339(Time time);

/// Accepts exactly what `to_rfc3339` writes, years 1970 to 9999. *Errors*: `malformed`.
[[nodiscard]] Result<Time> parse_rfc3339(std::string_view text);

}  // namespace safeq
