// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/device_store.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using job::Device;

namespace {

struct World {
    test::TemporaryFolder root;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    TenantId other_tenant = TenantId::make(clock, random);
    std::unique_ptr<store::Database> database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::DeviceStore devices{*database};

    Device device(std::string name) {
        Device device;
        device.id = DeviceId::make(clock, random);
        device.tenant = tenant;
        device.name = std::move(name);
        device.uri = "ipps://printer.example/ipp/print";
        device.trust = job::CertificatePin{random.bytes<32>()};
        device.terminal = random.bytes<32>();
        device.factor_rule = "card+pin";
        device.created = clock.now();
        return device;
    }
};

}  // namespace

TEST_CASE("a device is found by id, name and terminal, and comes back as it went", "[store]") {
    World w;
    const Device pinned = w.device("b");
    Device trusted = w.device("a");
    trusted.trust = job::CertificateAuthority{"-----BEGIN CERTIFICATE-----\n"};
    trusted.terminal.reset();
    REQUIRE(w.devices.add(pinned));
    REQUIRE(w.devices.add(trusted));
    CHECK(w.devices.find(w.tenant, pinned.id) == pinned);
    CHECK(w.devices.find_by_name(w.tenant, "a") == trusted);
    CHECK(w.devices.find_by_terminal(w.tenant, *pinned.terminal) == pinned);
    CHECK(w.devices.list(w.tenant) == std::vector{trusted, pinned});
    std::get<job::CertificateAuthority>(trusted.trust).crl = "-----BEGIN X509 CRL-----\n";
    REQUIRE(w.devices.update(trusted));
    CHECK(w.devices.find(w.tenant, trusted.id) == trusted);
    std::get<job::CertificateAuthority>(trusted.trust).crl.clear();
    REQUIRE(w.devices.update(trusted));
    CHECK(w.devices.find(w.tenant, trusted.id) == trusted);
    REQUIRE(w.devices.remove(w.tenant, trusted.id));
    CHECK(w.devices.remove(w.tenant, trusted.id).error().code == Errc::not_found);
    CHECK(w.devices.find(w.tenant, trusted.id).error().code == Errc::not_found);
}

TEST_CASE("names and terminals are one device's; several may have no terminal", "[store]") {
    World w;
    const Device first = w.device("a");
    REQUIRE(w.devices.add(first));
    CHECK(w.devices.add(first).error().code == Errc::already_exists);
    Device second = w.device("a");
    CHECK(w.devices.add(second).error().code == Errc::already_exists);
    second.name = "b";
    second.terminal = first.terminal;
    CHECK(w.devices.add(second).error().code == Errc::already_exists);
    second.terminal.reset();
    REQUIRE(w.devices.add(second));
    Device third = w.device("c");
    third.terminal.reset();
    REQUIRE(w.devices.add(third));
    third.name = "b";
    CHECK(w.devices.update(third).error().code == Errc::already_exists);
    third.name = "d";
    third.uri = "ipps://moved.example/";
    REQUIRE(w.devices.update(third));
    CHECK(w.devices.find(w.tenant, third.id) == third);
    CHECK(w.devices.update(w.device("e")).error().code == Errc::not_found);
    third.uri = "ipp://moved.example/";
    CHECK(w.devices.update(third).error().code == Errc::invalid_argument);
    CHECK(w.devices.add(third).error().code == Errc::invalid_argument);
}

TEST_CASE("a device of another tenant is never found", "[store]") {
    World w;
    Device device = w.device("a");
    REQUIRE(w.devices.add(device));
    CHECK(w.devices.find(w.other_tenant, device.id).error().code == Errc::not_found);
    CHECK(w.devices.find_by_name(w.other_tenant, "a").error().code == Errc::not_found);
    CHECK(w.devices.find_by_terminal(w.other_tenant, *device.terminal).error().code == Errc::not_found);
    CHECK(w.devices.list(w.other_tenant)->empty());
    CHECK(w.devices.remove(w.other_tenant, device.id).error().code == Errc::not_found);
    device.tenant = w.other_tenant;
    CHECK(w.devices.add(device));
}
