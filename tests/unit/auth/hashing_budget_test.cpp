// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/hashing_budget.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using auth::HashingBudget;
using namespace std::chrono_literals;

namespace {

template <class Condition>
bool comes_true(Condition&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("a permit is given back when it is destroyed", "[auth]") {
    HashingBudget budget{{.concurrent = 1, .waiting = 0, .memory_kib = 512 * 1024}};
    {
        auto first = budget.acquire(64 * 1024);
        REQUIRE(first);
        CHECK(budget.running() == 1);
        CHECK(budget.acquire(64 * 1024).error().code == Errc::busy);
        HashingBudget::Permit moved = std::move(*first);
        first = fail(Errc::internal, "emptied");
        CHECK(budget.running() == 1);
    }
    CHECK(budget.running() == 0);
    CHECK(budget.acquire(64 * 1024));
    CHECK(budget.granted() == 2);
    CHECK(HashingBudget{{.concurrent = 0, .waiting = 0, .memory_kib = 512 * 1024}}.acquire(64 * 1024));
}

TEST_CASE("a flood waits up to the bound and is told busy beyond it", "[auth]") {
    constexpr std::uint32_t concurrent = 3;
    constexpr std::uint32_t waiting = 8;
    constexpr int threads = 100;
    HashingBudget budget{{.concurrent = concurrent, .waiting = waiting, .memory_kib = 512 * 1024}};
    std::vector<HashingBudget::Permit> held;
    for (std::uint32_t i = 0; i < concurrent; ++i) held.push_back(*budget.acquire(64 * 1024));

    std::atomic<int> busy = 0;
    std::atomic<int> served = 0;
    std::atomic<int> inside = 0;
    std::atomic<int> most_inside = 0;
    std::vector<std::jthread> flood;
    for (int i = 0; i < threads; ++i) {
        flood.emplace_back([&] {
            const auto permit = budget.acquire(64 * 1024);
            if (!permit) {
                if (permit.error().code == Errc::busy) ++busy;
                return;
            }
            const int now = ++inside;
            for (int seen = most_inside; now > seen && !most_inside.compare_exchange_weak(seen, now);) {
            }
            std::this_thread::yield();
            --inside;
            ++served;
        });
    }
    REQUIRE(comes_true([&] { return busy == threads - static_cast<int>(waiting); }));
    CHECK(budget.waiting() == waiting);
    CHECK(budget.running() == concurrent);
    CHECK(served == 0);
    held.clear();
    flood.clear();
    CHECK(served == static_cast<int>(waiting));
    CHECK(most_inside <= static_cast<int>(concurrent));
    CHECK(budget.peak() == concurrent);
    CHECK(budget.running() == 0);
    CHECK(budget.waiting() == 0);
}

TEST_CASE("who came first is served first", "[auth]") {
    HashingBudget budget{{.concurrent = 1, .waiting = 10, .memory_kib = 512 * 1024}};
    std::optional<HashingBudget::Permit> held{*budget.acquire(64 * 1024)};
    std::mutex mutex;
    std::vector<int> order;
    std::vector<std::jthread> line;
    for (int i = 0; i < 10; ++i) {
        line.emplace_back([&, i] {
            const auto permit = budget.acquire(64 * 1024);
            const std::scoped_lock lock{mutex};
            if (permit) order.push_back(i);
        });
        REQUIRE(comes_true([&] { return budget.waiting() == static_cast<std::uint32_t>(i + 1); }));
    }
    held.reset();
    line.clear();
    CHECK(order == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("costly hashes take their memory of the same budget", "[auth]") {
    constexpr std::uint32_t mib = 1024;
    HashingBudget budget{{.concurrent = 8, .waiting = 1, .memory_kib = 512 * mib}};
    CHECK(budget.acquire(512 * mib + 1).error().code == Errc::too_large);
    CHECK(budget.acquire(0xFFFF'FFFF).error().code == Errc::too_large);
    std::vector<HashingBudget::Permit> held;
    held.push_back(*budget.acquire(256 * mib));
    held.push_back(*budget.acquire(192 * mib));
    // Two of eight are running, and 64 MiB are left: one of 65 stands in line, and nobody overtakes it.
    std::atomic<bool> inside = false;
    std::jthread costly{[&] {
        const auto permit = budget.acquire(65 * mib);
        inside = permit.has_value();
    }};
    REQUIRE(comes_true([&] { return budget.waiting() == 1; }));
    CHECK(budget.acquire(1).error().code == Errc::busy);
    CHECK_FALSE(inside);
    held.pop_back();
    costly.join();
    CHECK(inside);
    CHECK(budget.peak_memory_kib() <= 512 * mib);
    held.clear();
    CHECK(budget.acquire(512 * mib));  // all of it is back
}
