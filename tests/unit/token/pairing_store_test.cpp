// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/pairing_store.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time start{1'700'000'000'000ms};
const TenantId tenant{IdBytes{std::byte{1}}};

DeviceId device(std::uint8_t n) { return DeviceId{IdBytes{std::byte{n}}}; }

PairingRecord record(std::uint8_t id, std::uint8_t of_device) {
    return {.id = PairingId{IdBytes{std::byte{id}}},
            .tenant = tenant,
            .device = device(of_device),
            .by = {},
            .code = {},
            .attempts = 0,
            .created = start,
            .expires = start + std::chrono::minutes{id}};
}

}  // namespace

TEST_CASE("a device has one pairing, and each attempt is counted", "[token]") {
    MemoryPairingStore store{2};
    REQUIRE(store.put(record(1, 1)));
    REQUIRE(store.put(record(2, 2)));
    CHECK(store.put(record(3, 3)).error().code == Errc::too_many);
    CHECK(store.attempt(tenant, device(1))->attempts == 1);
    CHECK(store.attempt(tenant, device(1))->attempts == 2);
    CHECK(store.attempt({}, device(1)).error().code == Errc::not_found);
    REQUIRE(store.put(record(4, 1)));
    CHECK(store.attempt(tenant, device(1))->attempts == 1);
    // The id of the one that was replaced removes nothing.
    CHECK(store.erase(tenant, device(1), record(1, 1).id).error().code == Errc::not_found);
    REQUIRE(store.erase(tenant, device(1), record(4, 1).id));
    CHECK(store.erase(tenant, device(1), record(4, 1).id).error().code == Errc::not_found);
    CHECK(store.erase_expired(start + 2min - 1ms) == std::size_t{0});
    CHECK(store.erase_expired(start + 2min) == std::size_t{1});
    CHECK(store.erase(tenant, device(2)).error().code == Errc::not_found);
}
