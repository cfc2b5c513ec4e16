// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/id.hpp>

#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;

static_assert(!std::is_convertible_v<JobId, TenantId>);

TEST_CASE("ids are UUIDs of version 7 that sort by time", "[core]") {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    const JobId first = JobId::make(clock, random);
    clock.advance(1ms);
    const JobId second = JobId::make(clock, random);
    CHECK(first < second);
    CHECK(first.text() < second.text());
    CHECK(first.text()[14] == '7');
    CHECK(std::string_view{"89ab"}.contains(first.text()[19]));
    CHECK(JobId::parse(first.text()) == first);
    CHECK(JobId::from(first.bytes()) == first);
    CHECK(JobId{}.nil());
}

TEST_CASE("only the canonical text of an id is taken", "[core]") {
    CHECK(JobId::parse("018bcfe5-6800-7000-8000-00000000000A").error().code == Errc::not_canonical);
    CHECK(JobId::parse("018bcfe5-6800-7000-8000-00000000000").error().code == Errc::malformed);
    CHECK(JobId::parse("018bcfe56800-7000-8000-00000000000aa").error().code == Errc::malformed);
    CHECK(JobId::parse("018bcfe5-6800-7000-8000-00000000000g").error().code == Errc::malformed);
}

TEST_CASE("times are written and read in one form", "[core]") {
    const Time time{1'700'000'000'123ms};
    CHECK(to_rfc3339(time) == "2023-11-14T22:13:20.123Z");
    CHECK(parse_rfc3339("2023-11-14T22:13:20.123Z") == time);
    CHECK(to_rfc3339(Time::min()) == "0000-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(Time::max()) == "9999-12-31T23:59:59.999Z");
    CHECK(!parse_rfc3339("2023-02-29T00:00:00.000Z"));
    CHECK(!parse_rfc3339("2023-11-14T24:00:00.000Z"));
    CHECK(!parse_rfc3339("2023-11-14T22:13:20Z"));
    CHECK(!parse_rfc3339("1969-12-31T23:59:59.999Z"));
}
