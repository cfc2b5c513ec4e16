// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/store.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time start{1'700'000'000'000ms};

TokenRecord record(std::uint8_t number) {
    return {.hash = {{std::byte{number}}},
            .id = TokenId{IdBytes{std::byte{number}}},
            .kind = TokenKind::session,
            .tenant = TenantId{IdBytes{std::byte{1}}},
            .subject = SubjectId{IdBytes{std::byte{2}}},
            .device = DeviceId{IdBytes{std::byte{3}}},
            .label = {},
            .created = start,
            .idle_deadline = start + 1min,
            .expires = start + 2min};
}

}  // namespace

TEST_CASE("a record is over when the first of its deadlines has come", "[token]") {
    TokenRecord r = record(1);
    CHECK_FALSE(r.expired_at(start + 1min - 1ms));
    CHECK(r.expired_at(start + 1min));
    r.idle_deadline = start + 5min;
    CHECK_FALSE(r.expired_at(start + 2min - 1ms));
    CHECK(r.expired_at(start + 2min));
    r.idle_deadline.reset();
    r.expires.reset();
    CHECK_FALSE(r.expired_at(Time::max()));
}

TEST_CASE("a store finds and erases within the tenant alone", "[token]") {
    test::MemoryTokenStore store;
    REQUIRE(store.add(record(1)));
    REQUIRE(store.add(record(2)));
    CHECK(store.add(record(1)).error().code == Errc::already_exists);
    CHECK(store.find(record(1).tenant, record(1).hash) == record(1));
    CHECK(store.find(record(1).tenant, record(3).hash).error().code == Errc::not_found);
    CHECK(store.find(TenantId{}, record(1).hash).error().code == Errc::not_found);
    CHECK(store.erase(TenantId{}, record(1).id).error().code == Errc::not_found);
    CHECK(store.slide(TenantId{}, record(1).id, start + 9min).error().code == Errc::not_found);
    REQUIRE(store.slide(record(1).tenant, record(1).id, start + 90s));
    REQUIRE(store.slide(record(1).tenant, record(1).id, start + 70s));
    CHECK(store.find(record(1).tenant, record(1).hash)->idle_deadline == start + 90s);
    CHECK(store.list(record(1).tenant, record(1).subject, TokenKind::session)->size() == 2);
    CHECK(store.list(record(1).tenant, record(1).subject, TokenKind::print)->empty());
    CHECK(store.erase_expired(start + 1min) == std::size_t{1});
    CHECK(store.size() == 1);
}
