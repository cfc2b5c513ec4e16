// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/pin.hpp>

#include <type_traits>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::auth;

static_assert(!std::is_copy_constructible_v<Pin>);

namespace {

Result<Pin> pin(std::string_view digits) { return Pin::parse(crypto::Secret::copy_of(digits)); }

PinPepper key() {
    PepperKey pepper;
    std::uint8_t next = 0;
    for (std::byte& b : pepper.fill()) b = std::byte{next++};
    return Pepper{pepper}.for_pins().clone();
}

const PinOwner owner{.tenant = *TenantId::parse("018bcfe5-6800-7000-8000-000000000001"),
                     .subject = *SubjectId::parse("018bcfe5-6800-7000-8000-000000000002")};

std::string material(const PinOwner& of, std::string_view digits) {
    const crypto::Secret secret = pin_material(key(), of, *pin(digits));
    return to_hex(secret.expose());
}

}  // namespace

TEST_CASE("a PIN is 4 to 16 digits", "[auth]") {
    for (const char* good : {"0000", "1234", "1234567890123456"}) CHECK(pin(good));
    for (const char* bad :
         {"", "123", "12345678901234567", "12a4", "12 4", " 1234", "1234\n", "-123", "１２３４", "12.4"}) {
        INFO(bad);
        const auto refused = pin(bad);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::malformed);
    }
    CHECK_FALSE(pin(std::string_view{"12\0004", 4}));
    CHECK_FALSE(pin("12a4").error().message().contains("12a4"));
}

TEST_CASE("what is hashed of a PIN belongs to its owner and tenant", "[auth]") {
    // Computed apart, with HMAC and HKDF of another implementation.
    CHECK(material(owner, "123456") == "3b773d3c7fb2e12d5ed184d0725a62b5991444a2ba2fd631f18285379a96bb30");
    CHECK(material(owner, "123457") != material(owner, "123456"));
    CHECK(material({.tenant = owner.tenant, .subject = {}}, "123456") != material(owner, "123456"));
    CHECK(material({.tenant = {}, .subject = owner.subject}, "123456") != material(owner, "123456"));
}
