// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/clock_guard.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

TEST_CASE("while the clock goes on, nothing is held to be over", "[token]") {
    const Time start{1'700'000'000'000ms};
    ManualClock clock{start};
    ClockGuard guard{clock};
    for (int i = 0; i < 5; ++i) {
        CHECK(guard.now() == clock.now());
        CHECK_FALSE(guard.was_over(start, start));
        clock.advance(1h);
    }
}

TEST_CASE("what was over by the latest time stays over, what is made afterwards counts", "[token]") {
    const Time start{1'700'000'000'000ms};
    ManualClock clock{start};
    ClockGuard guard{clock};
    (void)guard.now();
    clock.set(start + 1h);
    (void)guard.now();
    clock.set(start + 10min);
    CHECK(guard.now() == start + 10min);
    CHECK(guard.was_over(start, start + 5min));
    CHECK(guard.was_over(start, start + 1h));
    CHECK_FALSE(guard.was_over(start, start + 1h + 1ms));
    CHECK(guard.was_over(start + 10min, start + 20min));
    CHECK_FALSE(guard.was_over(start + 10min + 1ms, start + 20min));
    // Two steps back: each counts.
    clock.set(start + 2h);
    (void)guard.now();
    clock.set(start);
    (void)guard.now();
    CHECK(guard.was_over(start + 10min, start + 20min));
    CHECK(guard.was_over(start, start + 2h));
}

TEST_CASE("a guard goes on with the marks that were kept", "[token]") {
    const Time start{1'700'000'000'000ms};
    ManualClock clock{start};
    ClockMarks kept;
    {
        ClockGuard guard{clock};
        CHECK(guard.marks() == ClockMarks{});
        clock.set(start + 1h);
        (void)guard.now();
        kept = guard.marks();
        CHECK(kept.latest == start + 1h);
    }
    clock.set(start);
    ClockGuard guard{clock, kept};
    CHECK(guard.latest() == start + 1h);
    CHECK(guard.now() == start);
    CHECK(guard.was_over(start, start + 1h));
    CHECK(guard.latest() == start + 1h);
    CHECK(guard.marks() == ClockMarks{.latest = start, .made_by = start, .over_by = start + 1h});
}
