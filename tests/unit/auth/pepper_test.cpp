// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/pepper.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;

namespace {

PepperKey counting_key() {
    PepperKey key;
    std::uint8_t next = 0;
    for (std::byte& b : key.fill()) b = std::byte{next++};
    return key;
}

}  // namespace

TEST_CASE("id and keys of a pepper are derived as written down", "[auth]") {
    // Computed apart, with HKDF of another implementation.
    const Pepper pepper{counting_key()};
    CHECK(pepper.id().text() == "dc78c7d4c6fbdd48");
    CHECK(to_hex(pepper.for_passwords().expose()) ==
          "774ad2ad92b628b4dbdea2654dffcd0767ee28acf786cc3f00a8b521a3cc5371");
    CHECK_FALSE(same_bytes(pepper.for_passwords().expose(), pepper.for_pins().expose()));
    CHECK_FALSE(same_bytes(pepper.for_pins().expose(), pepper.for_cards().expose()));
}

TEST_CASE("an id has one spelling", "[auth]") {
    CHECK(PepperId::parse("dc78c7d4c6fbdd48")->text() == "dc78c7d4c6fbdd48");
    CHECK(PepperId::parse("DC78C7D4C6FBDD48").error().code == Errc::not_canonical);
    CHECK(PepperId::parse("dc78c7d4c6fbdd").error().code == Errc::malformed);
    CHECK(PepperId::parse("zz78c7d4c6fbdd48").error().code == Errc::malformed);
}

TEST_CASE("a ring finds current and previous peppers by id", "[auth]") {
    test::SeededRandom random;
    const PepperKey old = PepperKey::random(random);
    PepperRing ring{Pepper{counting_key()}};
    REQUIRE(ring.add_previous(Pepper{old}));
    CHECK(ring.current().id() == Pepper{counting_key()}.id());
    REQUIRE(ring.find(Pepper{old}.id()) != nullptr);
    CHECK(ring.find(Pepper{old}.id())->id() == Pepper{old}.id());
    CHECK(ring.find(PepperId{}) == nullptr);
    CHECK(ring.add_previous(Pepper{old}).error().code == Errc::duplicate);
    CHECK(ring.add_previous(Pepper{counting_key()}).error().code == Errc::duplicate);
    for (int i = 0; i < 6; ++i) REQUIRE(ring.add_previous(Pepper{PepperKey::random(random)}));
    CHECK(ring.add_previous(Pepper{PepperKey::random(random)}).error().code == Errc::too_many);
}
