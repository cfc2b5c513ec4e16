// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/refresh_store.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time start{1'700'000'000'000ms};
const TenantId tenant{IdBytes{std::byte{1}}};

TokenHash hash(std::uint8_t n) { return {{std::byte{n}}}; }

RefreshFamily family(std::uint8_t n) {
    return {.id = SessionId{IdBytes{std::byte{n}}},
            .selector = hash(n),
            .current = hash(100),
            .device = hash(7),
            .tenant = tenant,
            .subject = SubjectId{IdBytes{std::byte{2}}},
            .created = start + std::chrono::milliseconds{n},
            .idle_deadline = start + 1min,
            .expires = start + 1h};
}

}  // namespace

TEST_CASE("a family is rotated from its current token alone", "[token]") {
    MemoryRefreshStore store{4};
    REQUIRE(store.add(family(1)));
    CHECK(store.add(family(1)).error().code == Errc::already_exists);
    const SessionId id = family(1).id;
    CHECK(store.rotate(tenant, id, hash(99), hash(101), start).error().code == Errc::conflict);
    CHECK(store.rotate({}, id, hash(100), hash(101), start).error().code == Errc::not_found);
    CHECK(store.find(tenant, hash(1)) == family(1));
    REQUIRE(store.rotate(tenant, id, hash(100), hash(101), start + 2min));
    CHECK(store.rotate(tenant, id, hash(100), hash(102), start).error().code == Errc::conflict);
    CHECK(store.find(tenant, hash(1))->current == hash(101));
    CHECK(store.find(tenant, hash(1))->idle_deadline == start + 2min);
    CHECK(store.find(tenant, hash(101)).error().code == Errc::not_found);
    CHECK(store.find({}, hash(1)).error().code == Errc::not_found);
}

TEST_CASE("families are erased within their tenant, listed in order, and leave with time", "[token]") {
    MemoryRefreshStore store{3};
    for (const std::uint8_t n : std::initializer_list<std::uint8_t>{3, 1, 2}) REQUIRE(store.add(family(n)));
    CHECK(store.add(family(4)).error().code == Errc::too_many);
    const auto all = store.list(tenant, family(1).subject);
    REQUIRE(all);
    CHECK(*all == std::vector{family(1), family(2), family(3)});
    CHECK(store.list({}, family(1).subject)->empty());
    CHECK(store.erase({}, family(1).id).error().code == Errc::not_found);
    REQUIRE(store.erase(tenant, family(1).id));
    CHECK(store.erase(tenant, family(1).id).error().code == Errc::not_found);
    REQUIRE(store.rotate(tenant, family(2).id, hash(100), hash(101), start + 5min));
    CHECK(store.erase_expired(start + 1min) == std::size_t{1});
    CHECK(store.erase_expired(start + 1h) == std::size_t{1});
}
