// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/device.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;

namespace {

job::Device good() {
    ManualClock clock{Time{}};
    test::SeededRandom random;
    job::Device device;
    device.id = DeviceId::make(clock, random);
    device.tenant = TenantId::make(clock, random);
    device.name = "Second floor, east";
    device.uri = "ipps://printer.example:8631/ipp/print";
    device.trust = job::CertificatePin{random.bytes<32>()};
    device.factor_rule = "card+pin";
    return device;
}

Errc code_of(const job::Device& device) {
    const auto checked = job::check(device);
    REQUIRE(!checked);
    return checked.error().code;
}

}  // namespace

TEST_CASE("a complete device passes, with a pin or an authority", "[job]") {
    job::Device device = good();
    CHECK(job::check(device));
    device.trust = job::CertificateAuthority{"-----BEGIN CERTIFICATE-----"};
    CHECK(job::check(device));
    device.uri = "IPPS://[2001:db8::1]/";
    CHECK(job::check(device));
}

TEST_CASE("devices reached in the clear, or with credentials in the address, are refused", "[job]") {
    job::Device device = good();
    for (const char* uri : {"ipp://printer.example/", "http://printer.example", "ipps:printer", "ipps://", "ipps:///x",
                            "ipps://:631/x", "ipps://user:word@printer.example/", "ipps://a b/", "ipps://a\"b/", ""}) {
        INFO(uri);
        device.uri = uri;
        CHECK(code_of(device) == Errc::invalid_argument);
    }
    device.uri = "ipps://printer.example/\r\nHost: x";
    CHECK(code_of(device) == Errc::control_character);
    device.uri = "ipps://" + std::string(1100, 'a');
    CHECK(code_of(device) == Errc::too_large);
}

TEST_CASE("hostile names, empty rules and nil ids are refused", "[job]") {
    job::Device device = good();
    device.name = "";
    CHECK(code_of(device) == Errc::invalid_argument);
    device.name = "a\x1b[31m";
    CHECK(code_of(device) == Errc::control_character);
    device.name = "\xff";
    CHECK(code_of(device) == Errc::invalid_utf8);
    device.name = std::string(256, 'x');
    CHECK(code_of(device) == Errc::too_large);
    device = good();
    device.factor_rule = "";
    CHECK(code_of(device) == Errc::invalid_argument);
    device = good();
    device.tenant = {};
    CHECK(code_of(device) == Errc::invalid_argument);
    device = good();
    device.trust = job::CertificateAuthority{""};
    CHECK(code_of(device) == Errc::invalid_argument);
    device.trust = job::CertificateAuthority{std::string(70'000, 'x')};
    CHECK(code_of(device) == Errc::too_large);
    device.trust = job::CertificateAuthority{"x", std::string(job::max_crl_bytes, 'x')};
    CHECK(job::check(device));
    device.trust = job::CertificateAuthority{"x", std::string(job::max_crl_bytes + 1, 'x')};
    CHECK(code_of(device) == Errc::too_large);
}
