// SPDX-License-Identifier: Apache-2.0
// Every single allocation of an append and of a publication fails once.
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include <catch2/generators/catch_generators.hpp>

#include "support/allocation/failing_allocation.hpp"
#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using namespace std::chrono_literals;
using test::Ended;
using test::LogWorld;
using test::OpenLog;

namespace {

// What a thread does, which has a while for it.
template <class Act>
auto in_time(std::future<Act>& act) {
    test::hold(act.wait_for(30s) == std::future_status::ready);
    return act.get();
}

// Every entry is proved, and there are that many.
void hold_verified(const std::shared_ptr<test::MemoryDisk>& disk, const LogWorld& world, std::uint64_t size) {
    test::MemoryLogReader reader{disk};
    const auto verified = verify_log(reader, world.verifier);
    test::hold(verified && verified->checkpoint.head.size == size);
}

}  // namespace

TEST_CASE("HOSTILE 7: who has no memory to wait for the journal leaves nobody behind who waits") {
    LogWorld world;
    const std::vector<Record> writes = world.records(1);
    const std::vector<Record> joins = world.records(20);
    const std::vector<Record> follows = world.records(3);
    std::optional<OpenLog> log;
    std::future<bool> first;

    const auto prepare = [&] {
        log.emplace(world.disk, world);
        std::promise<void> writing;
        std::future<void> begun = writing.get_future();
        // The first write goes on when somebody has joined it: the second, or where that failed the third.
        world.disk->before_append = [&log, writing = std::make_shared<std::promise<void>>(std::move(writing))] {
            static bool once = false;
            if (std::exchange(once, true)) return;
            writing->set_value();
            const auto until = std::chrono::steady_clock::now() + 30s;
            while ((*log)->waiting() < 2 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
        };
        first = std::async(std::launch::async, [&] { return (*log)->append_all(writes).has_value(); });
        begun.wait();
    };
    const auto join = [&] { return (*log)->append_all(joins).has_value(); };
    const auto check = [&](Ended ended) {
        auto third = std::async(std::launch::async, [&] { return (*log)->append_all(follows).has_value(); });
        const bool written = in_time(third);
        test::hold(in_time(first));
        test::hold(ended != Ended::well || written);
        // Unless nobody knows what the journal holds, what failed may be tried again, and nothing is doubled.
        auto again = std::async(std::launch::async, [&] { return (*log)->append_all(joins).has_value(); });
        const bool repeated = in_time(again);
        test::hold(repeated == written);
        test::hold((*log)->waiting() == 0);
        log.reset();
        log.emplace(world.disk, world);
        test::hold((*log)->append_all(joins).has_value() && (*log)->append_all(follows).has_value());
        test::hold((*log)->publish().has_value());
        hold_verified(world.disk, world, writes.size() + joins.size() + follows.size());
    };
    const test::Counts counts = test::each_allocation(prepare, join, check);
    CHECK(counts.failures > 50);
    CHECK(counts.stops * 20 < counts.failures);
}

TEST_CASE("HOSTILE 7: a publication that memory cuts off is made good by the next, over the same entries") {
    LogWorld world;
    const std::vector<Record> before = world.records(250);
    const std::vector<Record> given = world.records(20);  // a tile fills in between
    OpenLog log{world.disk, world};
    REQUIRE(log->append_all(before));
    if (GENERATE(false, true)) REQUIRE(log->publish());
    REQUIRE(log->append_all(given));
    const auto check = [&](Ended) {
        const Record more = world.record();
        auto appended = std::async(std::launch::async, [&] { return log->append(more).has_value(); });
        test::hold(in_time(appended));
        auto published = std::async(std::launch::async, [&] { return log->publish().has_value(); });
        test::hold(in_time(published));
        hold_verified(world.disk, world, before.size() + given.size() + 1);
        const OpenLog anew{world.disk, world};
        test::hold(anew->published_size() == before.size() + given.size() + 1);
    };
    const test::Counts counts = test::each_allocation([&] { return log->publish().has_value(); }, check);
    CHECK(counts.failures > 20);
    CHECK(counts.stops * 20 < counts.failures);
}

TEST_CASE("HOSTILE 7: who has no memory to turn the journal's page leaves it to others") {
    LogWorld world;
    OpenLog log{world.disk, world};
    REQUIRE(log->append(world.record()));
    world.disk->before_rotate = [] { throw std::bad_alloc{}; };
    CHECK_THROWS_AS(log->publish(), std::bad_alloc);
    const Record more = world.record();
    auto appended = std::async(std::launch::async, [&] { return log->append(more).has_value(); });
    CHECK(in_time(appended));
    world.disk->before_rotate = {};
    CHECK(log->publish());
    CHECK(log->published_size() == 2);
}
