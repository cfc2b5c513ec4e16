// SPDX-License-Identifier: Apache-2.0
// Every single allocation of each step of the main job fails once: what was acknowledged is there, nothing is printed
// twice, nothing is readable, the logs verify, and what is tried again after a restart succeeds.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <source_location>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/tile.hpp>

#include "world.hpp"

namespace {

thread_local std::size_t left = 0;  // until the one that fails; 0: none does
thread_local bool failed = false;

void* allocate(std::size_t size) {
    if (left != 0 && --left == 0) {
        failed = true;
        throw std::bad_alloc{};
    }
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

using namespace safeq;
using namespace std::chrono_literals;
using test::must;
using test::World;

namespace {

/// While it lives, the n-th allocation of this thread by `operator new` (from 1 on) fails.
class FailingAllocation {
public:
    explicit FailingAllocation(std::size_t n) noexcept {
        failed = false;
        left = n;
    }
    ~FailingAllocation() { left = 0; }
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;

    /// Whether there were that many.
    [[nodiscard]] bool happened() const noexcept { return failed; }
};

enum class Ended { well, with_an_error, by_exception };

struct Attempt {
    Ended ended = Ended::well;
    bool failed_an_allocation = false;
};

// `step` returns whether it succeeded.
template <class Step>
Attempt with_allocation_failing(std::size_t n, Step&& step) {
    const FailingAllocation failing{n};
    try {
        const bool well = step();
        return {well ? Ended::well : Ended::with_an_error, failing.happened()};
    } catch (const std::bad_alloc&) {
        return {Ended::by_exception, failing.happened()};
    }
}

// How a child process ended.
enum Status { held_true = 0, broken = 3, refused = 4, last = 10, stopped = 20 };

void hold(bool property, std::source_location where = std::source_location::current()) {
    if (property) return;
    std::fprintf(stderr, "%s:%u: broken\n", where.file_name(), where.line());
    std::_Exit(broken);
}

struct Counts {
    int failures = 0;
    int stops = 0;  ///< the process ended itself
};

// A new world for each n, in a process of its own, until the step needs fewer allocations than that. Libraries that
// allocate where nothing may be thrown end the process: that is a crash like others, from which tests/crash recovers.
template <class Prepare, class Step, class Check>
Counts each_allocation(Prepare&& prepare, Step&& step, Check&& check) {
    Counts out;
    for (std::size_t n = 1;; ++n) {
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::set_terminate([] { std::_Exit(stopped); });
            try {
                World world;
                auto prepared = prepare(world);
                const Attempt attempt = with_allocation_failing(n, [&] { return step(world, prepared); });
                check(world, prepared, attempt.ended);
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

void check_nothing_is_readable(World& world) {
    for (test::MemoryBlobStore* const blobs : {&world.intake_blobs, &world.release_blobs})
        for (const spool::BlobName& name : must(blobs->list())) hold(!as_text(blobs->bytes(name)).contains("CANARY"));
}

void check_log(audit::Log& log) {
    const auto published = log.publish();
    hold(published.has_value());
    for (audit::Index i = 0; i < log.size(); ++i)
        must(audit::verify_inclusion(must(log.prove(i, log.size())), audit::leaf_hash(must(log.entry(i))),
                                     published->checkpoint.head.root));
}

// As after a crash: everything volatile is made anew from what is on disk.
void restart(World& world) {
    world.restart();
    (void)must(world.release->jobs.recover(world.tenant));
    (void)must(world.intake->handover.recover());
    check_nothing_is_readable(world);
    if (world.intake->log->size() != 0) check_log(*world.intake->log);
    if (world.release->log->size() != 0) check_log(*world.release->log);
}

std::size_t held(World& world) { return must(world.release->desk.jobs(world.session_of(world.alice))).size(); }

bool waits(const service::OwnJob& own) { return own.job.state == job::State::held; }

// No PDF: libqpdf allocates in a destructor, and where that fails the process ends, as by a crash (see tests/crash).
constexpr const char* format = "image/jpeg";

const Bytes& canary() {
    static const Bytes picture = [] {
        Bytes out = test::make_jpeg();
        const ByteView text = as_bytes("CANARY text");
        out.insert(out.end(), text.begin(), text.end());
        return out;
    }();
    return picture;
}

ipp::JobInfo print(World& world) { return must(world.try_print(canary(), world.alice, "alice", format)); }

}  // namespace

TEST_CASE("an allocation that fails while a document arrives loses nothing that was acknowledged", "[service][oom]") {
    const Counts counts = each_allocation(
        [](World&) { return 0; },
        [](World& world, int) { return world.try_print(canary(), world.alice, "alice", format).has_value(); },
        [](World& world, int, Ended ended) {
            restart(world);
            (void)world.intake->handover.run();
            const std::size_t there = held(world);
            // What ended without an acknowledgement may have been durable already, or not.
            hold(ended == Ended::well ? there == 1 : there <= 1);
            (void)print(world);
            hold(world.intake->handover.run().taken == 1);
            hold(held(world) == there + 1);
            hold(world.intake_blobs.list()->empty());
        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}

TEST_CASE("an allocation that fails while a job is handed over loses nothing", "[service][oom]") {
    const Counts counts =
        each_allocation([](World& world) { return print(world); },
                        [](World& world, const ipp::JobInfo&) { return world.intake->handover.run().taken == 1; },
                        [](World& world, const ipp::JobInfo& info, Ended) {
                            restart(world);
                            (void)world.intake->handover.run();
                            hold(held(world) == 1);
                            hold(world.intake_blobs.list()->empty());
                            const auto released = must(world.release->desk.release(
                                world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print));
                            hold(released.state == job::State::printed);
                            hold(world.device.got == canary());
                        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}

TEST_CASE("an allocation that fails while a job is released prints it at most once unasked", "[service][oom]") {
    const Counts counts = each_allocation(
        [](World& world) {
            const ipp::JobInfo info = print(world);
            (void)world.intake->handover.run();
            return info;
        },
        [](World& world, const ipp::JobInfo& info) {
            const auto released =
                world.release->desk.release(world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print);
            return released && released->state == job::State::printed;
        },
        [](World& world, const ipp::JobInfo& info, Ended ended) {
            const int before = world.device.deliveries;
            hold(before <= 1);
            restart(world);
            const auto session = world.session_of(world.alice);
            const auto own = must(world.release->desk.jobs(session));
            if (ended == Ended::well) {
                hold(before == 1);
                hold(std::ranges::none_of(own, waits));
            } else if (!own.empty() && waits(own[0])) {
                // Nothing had left: it may be printed now.
                hold(before == 0);
                hold(must(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print)).state ==
                     job::State::printed);
                hold(world.device.got == canary());
            } else {
                // Nobody knows: its owner says so, and it isn't printed by itself.
                hold(world.device.deliveries == before);
            }
        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}
