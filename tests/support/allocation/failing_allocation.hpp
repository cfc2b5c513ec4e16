// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <source_location>

#include <catch2/catch_test_macros.hpp>

// Memory that runs out at a chosen moment. A program that links safeq_failing_allocation has an operator new that can
// be told to fail once.
namespace safeq::test {

/// While it lives, the n-th allocation by `operator new` (from 1 on) of the threads that count fails; one at a time.
class FailingAllocation {
public:
    explicit FailingAllocation(std::size_t n) noexcept;
    ~FailingAllocation();
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;

    /// Whether there were that many.
    [[nodiscard]] bool happened() const noexcept;
};

/// While it lives, allocations of this thread count.
class CountedThread {
public:
    CountedThread() noexcept;
    ~CountedThread();
    CountedThread(const CountedThread&) = delete;
    CountedThread& operator=(const CountedThread&) = delete;
};

/// Whether an allocation that is made now, by other means than `operator new`, is to fail. It counts as one of those.
[[nodiscard]] bool allocation_fails() noexcept;

enum class Ended { well, with_an_error, by_exception };

struct Attempt {
    Ended ended = Ended::well;
    bool failed_an_allocation = false;
};

/// Runs `step`, which returns whether it succeeded, on this thread, with its n-th allocation failing.
template <class Step>
Attempt with_allocation_failing(std::size_t n, Step&& step) {
    const CountedThread counted;
    const FailingAllocation failing{n};
    try {
        const bool well = step();
        return {well ? Ended::well : Ended::with_an_error, failing.happened()};
    } catch (const std::bad_alloc&) {
        return {Ended::by_exception, failing.happened()};
    }
}

/// How a child process ended.
enum Status { held_true = 0, broken = 3, refused = 4, last = 10, stopped = 20 };

/// A property, in a child process: ends it as `broken` where it doesn't hold.
void hold(bool property, std::source_location where = std::source_location::current());

struct Counts {
    int failures = 0;
    int stops = 0;  ///< the process ended itself
};

/// Fails each allocation of `step` once, in a child process that has this one's memory, until it needs fewer; there
/// `prepare` is called before, and `check` afterwards with how the step ended, and ends the child where a property is
/// broken. Libraries that allocate where nothing may be thrown end the process: that is a crash like others, from which
/// tests/crash recovers. This process must have one thread. `stride`: only every so manyth, for steps that take long.
template <class Prepare, class Step, std::invocable<Ended> Check>
Counts each_allocation(Prepare&& prepare, Step&& step, Check&& check, std::size_t stride = 1) {
    Counts out;
    for (std::size_t n = 1;; n += stride) {
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::set_terminate([] { std::_Exit(stopped); });
            try {
                prepare();
                const Attempt attempt = with_allocation_failing(n, step);
                check(attempt.ended);
                hold(attempt.failed_an_allocation || attempt.ended == Ended::well);
                std::_Exit(attempt.failed_an_allocation ? held_true : last);
            } catch (...) {
                std::_Exit(refused);
            }
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        CAPTURE(n, status);
        REQUIRE(WIFEXITED(status));
        if (WEXITSTATUS(status) == last) return out;
        ++out.failures;
        if (WEXITSTATUS(status) == stopped) ++out.stops;
        else REQUIRE(WEXITSTATUS(status) == held_true);
    }
}

template <class Step, std::invocable<Ended> Check>
Counts each_allocation(Step&& step, Check&& check, std::size_t stride = 1) {
    return each_allocation([] {}, step, check, stride);
}

}  // namespace safeq::test
