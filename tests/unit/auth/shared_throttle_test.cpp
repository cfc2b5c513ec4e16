// SPDX-License-Identifier: Apache-2.0
// What a throttle keeps: snapshots, its store, and threads that share it.
#include <safeq/auth/throttle.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "throttle_world.hpp"

using namespace safeq;
using namespace safeq::auth;
using namespace std::chrono_literals;
using World = test::ThrottleWorld;

TEST_CASE("a snapshot holds everything, a restored throttle goes on", "[auth]") {
    World w;
    const Attempt blocked = w.at(w.device());
    const Attempt familiar = w.at(w.device());
    w.sign_in(familiar);
    (void)w.guesses(blocked);
    for (int i = 0; i < 30; ++i) (void)w.guesses(w.at(w.device()), 10, true);

    Throttle restored{throttle_2026, w.clock};
    restored.restore(w.throttle.snapshot());
    CHECK(restored.snapshot() == w.throttle.snapshot());
    CHECK(restored.admit(blocked).verdict == Verdict::wait);
    CHECK(restored.admit(familiar).verdict == Verdict::allowed);
    CHECK(restored.admit(w.at(w.device())).verdict == Verdict::wait);
}

TEST_CASE("hostile entries in a snapshot are dropped", "[auth]") {
    World w;
    ThrottleRules rules = throttle_2026;
    rules.entries = 2;
    Throttle throttle{rules, w.clock};
    std::vector<ThrottleEntry> entries;
    for (std::uint8_t i = 0; i < 5; ++i)
        entries.push_back(
            {.table = ThrottleTable::account, .key = {std::byte{i}}, .failures = 1, .since = w.clock.now()});
    entries.push_back({.table = static_cast<ThrottleTable>(77), .key = {}, .failures = 1});
    entries.push_back({.table = ThrottleTable::stranger, .key = {}, .failures = 0});
    throttle.restore(entries);
    CHECK(throttle.size() == 2);
}

TEST_CASE("a shared throttle survives a restart", "[auth]") {
    World w;
    test::MemoryThrottleStore store;
    const Attempt attempt = w.at(w.device());
    {
        SharedThrottle shared{throttle_2026, w.clock, store};
        REQUIRE(shared.load());
        for (int i = 0; i < 4; ++i) CHECK(shared.admit(attempt)->verdict == Verdict::allowed);
    }
    SharedThrottle shared{throttle_2026, w.clock, store};
    REQUIRE(shared.load());
    CHECK(shared.admit(attempt)->verdict == Verdict::wait);
    w.clock.advance(1s);
    const auto admission = shared.admit(attempt);
    REQUIRE(admission);
    REQUIRE(shared.succeeded(attempt, *admission));
    // Gone from the store is what means nothing any more; left are the account, with its four failures and an origin
    // that is familiar now, and the device's own count.
    const auto left = store.load();
    REQUIRE(left);
    REQUIRE(left->size() == 2);
    CHECK(left->front().table == ThrottleTable::account);
    CHECK(left->front().failures == 4);
    CHECK(left->front().familiar.size() == 1);
    CHECK(left->back().table == ThrottleTable::device);
    CHECK(left->back().failures == 4);
}

TEST_CASE("without its store a shared throttle lets nobody in, and forgets nothing", "[auth]") {
    World w;
    test::MemoryThrottleStore store;
    SharedThrottle shared{throttle_2026, w.clock, store};
    const Attempt attempt = w.at(w.device());
    REQUIRE(shared.load());
    store.down = true;
    for (int i = 0; i < 4; ++i) CHECK(shared.admit(attempt).error().code == Errc::unavailable);
    store.down = false;
    CHECK(shared.admit(attempt)->verdict == Verdict::wait);
    CHECK_FALSE(store.load()->empty());
}

TEST_CASE("HOSTILE 18: a shared throttle that nobody told to load begins with what is stored", "[auth]") {
    World w;
    test::MemoryThrottleStore store;
    const Attempt guessed = w.at(w.device());
    const Attempt familiar = w.at(w.device());
    {
        SharedThrottle before{throttle_2026, w.clock, store};
        for (int i = 0; i < 4; ++i) REQUIRE(before.admit(guessed)->verdict == Verdict::allowed);
        const auto admission = before.admit(familiar);
        REQUIRE(before.succeeded(familiar, *admission));
    }
    const auto stored = store.load();
    REQUIRE(stored);
    SharedThrottle shared{throttle_2026, w.clock, store};
    // What can't be read lets nobody in, and nothing is written over it; later it is read.
    store.down = true;
    CHECK(shared.load().error().code == Errc::unavailable);
    CHECK(shared.admit(guessed).error().code == Errc::unavailable);
    CHECK(shared.forgive(w.tenant, guessed.who).error().code == Errc::unavailable);
    store.down = false;
    CHECK(*store.load() == *stored);
    CHECK(shared.admit(guessed)->verdict == Verdict::wait);
    // Another word changes nothing.
    REQUIRE(shared.load());
    const auto admission = shared.admit(familiar);
    REQUIRE(admission);
    CHECK_FALSE(admission->counted_unfamiliar);
    REQUIRE(shared.forgive(w.tenant, guessed.who));
    CHECK(shared.admit(guessed)->verdict == Verdict::wait);
}

TEST_CASE("threads that guess together get no more than one would", "[auth]") {
    World w;
    test::MemoryThrottleStore store;
    SharedThrottle shared{throttle_2026, w.clock, store};
    const Attempt attempt = w.at(w.device());
    std::atomic<int> admitted = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 50; ++k) {
                    const auto admission = shared.admit(attempt);
                    if (admission && admission->verdict != Verdict::wait) ++admitted;
                }
            });
        }
    }
    CHECK(admitted == 4);
}
