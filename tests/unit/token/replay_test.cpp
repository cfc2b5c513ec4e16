// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/replay.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time now{1'700'000'000'000ms};

Spending spending(std::uint8_t token, std::uint32_t nonce, Time forget_at = now + 1min) {
    return spending_of("test", {}, TokenId{IdBytes{std::byte{token}}}, ByteWriter{}.u32(nonce).view(), forget_at);
}

}  // namespace

TEST_CASE("what is spent is spent once, until it would be over anyway", "[token]") {
    ManualClock clock{now};
    ClockGuard guard{clock};
    MemoryReplayStore store{replay_2026, guard};
    REQUIRE(store.spend(spending(1, 1)));
    CHECK(store.spend(spending(1, 1)).error().code == Errc::duplicate);
    REQUIRE(store.spend(spending(1, 2)));
    REQUIRE(store.spend(spending(2, 1)));
    clock.advance(1min - 1ms);
    CHECK(store.spend(spending(1, 1)).error().code == Errc::duplicate);
    CHECK(store.size() == 3);
    // Forgotten when its time is over, and then not to be spent again either.
    clock.advance(1ms);
    CHECK(store.spend(spending(1, 1)).error().code == Errc::expired);
    CHECK(store.size() == 0);
}

TEST_CASE("what is spent has a kind, a tenant and a token", "[token]") {
    const TenantId tenant{IdBytes{std::byte{9}}};
    const TokenId token{IdBytes{std::byte{1}}};
    const auto key = spending_of("a", tenant, token, as_bytes("b"), now).key;
    CHECK(key == spending_of("a", tenant, token, as_bytes("b"), now + 1h).key);
    CHECK(key != spending_of("ab", tenant, token, {}, now).key);
    CHECK(key != spending_of("a", {}, token, as_bytes("b"), now).key);
    CHECK(key != spending_of("a", tenant, {}, as_bytes("b"), now).key);
}

TEST_CASE("memory is bounded, and nothing that could be replayed is pushed out", "[token]") {
    ManualClock clock{now};
    ClockGuard guard{clock};
    MemoryReplayStore store{{.entries = 50, .entries_a_token = 20}, guard};
    std::uint32_t taken = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const auto result = store.spend(spending(static_cast<std::uint8_t>(i % 2), i));
        if (result) ++taken;
        else CHECK(result.error().code == Errc::too_many);
    }
    CHECK(taken == 40);
    for (std::uint32_t i = 0; i < 10; ++i) REQUIRE(store.spend(spending(7, i)));
    CHECK(store.spend(spending(8, 1)).error().code == Errc::busy);
    CHECK(store.size() == 50);
    CHECK(store.spend(spending(0, 0)).error().code == Errc::duplicate);
    // Time makes place.
    clock.advance(1min);
    CHECK(store.spend(spending(8, 1, now + 2min)));
    CHECK(store.size() == 1);
    for (std::uint32_t i = 100; i < 120; ++i) CHECK(store.spend(spending(0, i, now + 2min)));
}

TEST_CASE("of many threads that spend the same, one succeeds", "[token]") {
    ManualClock clock{now};
    ClockGuard guard{clock};
    MemoryReplayStore store{replay_2026, guard};
    std::atomic<int> taken = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (std::uint32_t k = 0; k < 100; ++k)
                    if (store.spend(spending(1, k))) ++taken;
            });
    }
    CHECK(taken == 100);
}
