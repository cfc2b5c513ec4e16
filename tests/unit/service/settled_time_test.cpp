// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/settled_time.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/memory_audit.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::SettledTime;
using Steady = SettledTime::Steady;

namespace {

const Time start{1'800'000'000'000ms};
constexpr auto years = std::chrono::hours{10 * 365 * 24};

/// A log whose records were written at these times.
struct Log {
    ManualClock clock{start};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    test::MemoryLogStore store{std::make_shared<test::MemoryDisk>()};
    std::unique_ptr<audit::Log> log = audit::Log::open(store, "release", key).value();

    void write(Time at) {
        audit::Record record{
            .id = RecordId::make(clock, random), .at = at, .kind = audit::Kind::daemon_stopped, .tenant = tenant};
        record.add(audit::field::name, "release");
        REQUIRE(log->append(record));
    }
    std::chrono::milliseconds unseen(Time now) { return service::unseen_time(*log, now).value(); }
};

}  // namespace

TEST_CASE("settled time goes with the clock, and follows a jump forward after a day", "[service]") {
    const Steady steady{1000h};
    SettledTime time{0ms, steady};
    CHECK(time.at(start, steady) == start);
    CHECK(time.at(start + 5min, steady + 5min) == start + 5min);
    const auto jump = GENERATE(3s, 1h, 24h, years);
    time.changed(jump, steady);
    CHECK(time.at(start + jump, steady) == start);
    CHECK(time.at(start + jump + 3h, steady + 3h) == start + 3h);
    CHECK(time.at(start + jump + 24h - 1ms, steady + 24h - 1ms) == start + 24h - 1ms);
    CHECK(time.at(start + jump + 24h, steady + 24h) == start + jump + 24h);
}

TEST_CASE("a clock that is set back takes its last jumps with it", "[service]") {
    const Steady steady{1000h};
    SettledTime time{0ms, steady};
    time.changed(1h, steady);
    time.changed(years, steady + 1h);
    CHECK(time.at(start + years + 2h, steady + 1h) == start + 1h);
    time.changed(-years, steady + 2h);
    CHECK(time.at(start + 3h, steady + 2h) == start + 2h);
    time.changed(-30min, steady + 2h);
    CHECK(time.at(start + 2h + 30min, steady + 2h) == start + 2h);
    // The rest of the first is believed in its time.
    CHECK(time.at(start + 24h + 30min, steady + 24h) == start + 24h + 30min);
    // Further back than it ever went forward: the clock is behind, and nothing is early.
    time.changed(-5h, steady + 25h);
    CHECK(time.at(start + 20h, steady + 25h) == start + 20h);
    time.changed(5h, steady + 26h);
    CHECK(time.at(start + 26h, steady + 26h) == start + 21h);
}

TEST_CASE("time that nobody saw pass before a start isn't settled either", "[service]") {
    const Steady steady{1h};
    SettledTime time{72h, steady};
    CHECK(time.at(start, steady) == start - 72h);
    CHECK(time.at(start + 24h, steady + 24h) == start + 24h);
}

TEST_CASE("the log tells how much time before a start nobody saw pass", "[service]") {
    Log log;
    CHECK(log.unseen(start) == 0ms);
    SECTION("a short stop is none") {
        for (auto t = 30h; t > 0h; t -= 1h) log.write(start - t);
        CHECK(log.unseen(start) == 0ms);
        CHECK(log.unseen(start - 1h + 59min) == 0ms);
    }
    SECTION("a weekend off, or a clock ten years ahead") {
        log.write(start);
        CHECK(log.unseen(start + 60h) == 60h);
        CHECK(log.unseen(start + years) == std::chrono::milliseconds{years});
    }
    SECTION("a server that was started ten years ahead before, too") {
        log.write(start);
        log.write(start + years);
        log.write(start + years + 10min);
        CHECK(log.unseen(start + years + 20min) == std::chrono::milliseconds{years});
        // A day later, by its clock, that is believed.
        for (auto t = 1h; t <= 24h; t += 1h) log.write(start + years + 10min + t);
        CHECK(log.unseen(start + years + 24h + 20min) == 0ms);
    }
    SECTION("what went too far and came back is none") {
        log.write(start);
        log.write(start + years);
        log.write(start + 10min);
        CHECK(log.unseen(start + 20min) == 0ms);
        // A clock that is behind is early with nothing.
        CHECK(log.unseen(start - years) == 0ms);
    }
    SECTION("also behind more records than are read at first") {
        log.write(start);
        for (int i = 0; i < 1500; ++i) log.write(start + years + std::chrono::seconds{i});
        CHECK(log.unseen(start + years + 30min) == std::chrono::milliseconds{years});
    }
}
