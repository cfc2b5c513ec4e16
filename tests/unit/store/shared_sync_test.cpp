// SPDX-License-Identifier: Apache-2.0
#include "store/shared_sync.hpp"

#include <atomic>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using store::SharedSync;

TEST_CASE("who asks alone gets a sync of their own", "[store]") {
    int calls = 0;
    SharedSync sync{[&]() -> Result<void> {
        ++calls;
        return {};
    }};
    for (int i = 1; i <= 3; ++i) {
        CHECK(sync());
        CHECK(calls == i);
    }
}

TEST_CASE("what was done before asking is in the sync that answers", "[store]") {
    constexpr int writers = 8, each = 2000;
    std::atomic<int> written{0}, durable{0}, calls{0};
    SharedSync sync{[&]() -> Result<void> {
        const int seen = written;
        ++calls;
        std::this_thread::yield();
        durable = seen;  // one call at a time: nobody sets it back
        return {};
    }};
    std::atomic<int> lost{0};
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&] {
                for (int i = 0; i < each; ++i) {
                    const int mine = ++written;
                    if (!sync() || durable < mine) ++lost;
                }
            });
    }
    CHECK(lost == 0);
    CHECK(calls <= writers * each);
}

TEST_CASE("all who waited for a sync are told of its failure, and the next one is tried", "[store]") {
    bool throws = false;
    SECTION("an error") {}
    SECTION("an exception") { throws = true; }
    constexpr int late = 10;
    std::atomic<bool> broken{true};
    std::binary_semaphore begun{0}, go_on{0};
    std::atomic<int> calls{0};
    SharedSync sync{[&]() -> Result<void> {
        if (++calls == 1) {
            begun.release();
            go_on.acquire();
        }
        if (!broken) return {};
        if (throws) throw std::bad_alloc{};
        return fail(Errc::io_failed, "disk");
    }};
    std::atomic<int> refused{0}, thrown{0};
    const auto ask = [&] {
        try {
            if (!sync()) ++refused;
        } catch (const std::bad_alloc&) {
            ++thrown;
        }
    };
    {
        std::jthread first{ask};
        begun.acquire();
        std::latch asking{late};
        std::vector<std::jthread> others;
        for (int i = 0; i < late; ++i)
            others.emplace_back([&] {
                asking.count_down();
                ask();
            });
        asking.wait();
        go_on.release();
    }
    CHECK(refused == (throws ? 0 : 1 + late));
    CHECK(thrown == (throws ? 1 + late : 0));
    CHECK(calls >= 2);
    broken = false;
    CHECK(sync());
}
