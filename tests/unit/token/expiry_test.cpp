// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/expiry.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time start{1'700'000'000'000ms};

TokenRecord ends(std::uint8_t number, Time when) {
    return {.hash = {{std::byte{number}}},
            .id = TokenId{IdBytes{std::byte{number}}},
            .kind = TokenKind::print,
            .tenant = {},
            .subject = {},
            .device = {},
            .label = {},
            .created = start,
            .idle_deadline = {},
            .expires = when};
}

}  // namespace

TEST_CASE("when the clock goes back, what was over by the latest time is removed", "[token]") {
    ManualClock clock{start};
    test::MemoryTokenStore store;
    REQUIRE(store.add(ends(1, start + 1h)));
    REQUIRE(store.add(ends(2, start + 3h)));
    ExpiryClock expiry{clock, store};
    CHECK(expiry.now() == start);
    clock.advance(2h);
    CHECK(expiry.now() == start + 2h);
    CHECK(store.size() == 2);
    clock.set(start);
    CHECK(expiry.now() == start);
    CHECK(store.size() == 1);
    CHECK(store.find({}, ends(1, {}).hash).error().code == Errc::not_found);
}

TEST_CASE("an earlier time doesn't count before the store has forgotten", "[token]") {
    ManualClock clock{start + 2h};
    test::MemoryTokenStore store;
    REQUIRE(store.add(ends(1, start + 1h)));
    ExpiryClock expiry{clock, store};
    REQUIRE(expiry.now());
    clock.set(start);
    store.down = true;
    CHECK(expiry.now().error().code == Errc::unavailable);
    CHECK(expiry.now().error().code == Errc::unavailable);
    store.down = false;
    CHECK(expiry.now() == start);
    CHECK(store.size() == 0);
}
