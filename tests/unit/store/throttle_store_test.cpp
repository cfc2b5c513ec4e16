// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/throttle_store.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using auth::ThrottleEntry;
using auth::ThrottleTable;

TEST_CASE("counters survive a restart, are replaced, and go when they hold nothing", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const auto entry = [&](ThrottleTable table, std::uint32_t failures, std::size_t familiar) {
        ThrottleEntry e{};
        e.table = table;
        e.key = random.bytes<16>();
        e.failures = failures;
        e.since = Time{std::chrono::milliseconds{1'700'000'000'000 + failures}};
        for (std::size_t i = 0; i < familiar; ++i) e.familiar.push_back(random.bytes<16>());
        return e;
    };
    std::vector<ThrottleEntry> entries{entry(ThrottleTable::account_at_origin, 3, 0),
                                       entry(ThrottleTable::account, 0, 4),
                                       entry(ThrottleTable::address, 4'294'967'295u, 0)};
    {
        const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
        store::ThrottleStore throttle{*database};
        CHECK(throttle.load()->empty());
        CHECK(throttle.save({}));
        REQUIRE(throttle.save(entries));
    }
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::ThrottleStore throttle{*database};
    CHECK(throttle.load() == entries);
    entries[0].failures = 9;
    ThrottleEntry gone = entries[1];
    gone.familiar.clear();
    const std::array changes{entries[0], gone, gone};
    REQUIRE(throttle.save(changes));
    entries.erase(entries.begin() + 1);
    CHECK(throttle.load() == entries);
}

TEST_CASE("a shared throttle finds its counters again", "[store]") {
    const test::TemporaryFolder root;
    // People at the release server, the auditor at the report server.
    const auto purpose = GENERATE(store::Database::Purpose::release, store::Database::Purpose::report);
    test::SeededRandom random;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    const auth::Attempt attempt{
        TenantId::make(clock, random), SubjectId::make(clock, random), {std::nullopt, "192.0.2.7"}};
    {
        const auto database = *store::Database::open(root / "db", purpose);
        store::ThrottleStore counters{*database};
        auth::SharedThrottle throttle{auth::throttle_2026, clock, counters};
        REQUIRE(throttle.load());
        for (std::uint32_t i = 0; i <= auth::throttle_2026.free_at_origin; ++i)
            REQUIRE(throttle.admit(attempt)->verdict == auth::Verdict::allowed);
        CHECK(throttle.admit(attempt)->verdict == auth::Verdict::wait);
    }
    const auto database = *store::Database::open(root / "db", purpose);
    store::ThrottleStore counters{*database};
    auth::SharedThrottle throttle{auth::throttle_2026, clock, counters};
    REQUIRE(throttle.load());
    CHECK(throttle.admit(attempt)->verdict == auth::Verdict::wait);
}
