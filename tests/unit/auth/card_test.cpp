// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/card.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::auth;

namespace {

Pepper pepper(std::uint8_t first) {
    PepperKey key;
    for (std::byte& b : key.fill()) b = std::byte{first++};
    return Pepper{key};
}

const TenantId tenant = *TenantId::parse("018bcfe5-6800-7000-8000-000000000001");

}  // namespace

TEST_CASE("a UID is read in either case", "[auth]") {
    const auto lower = Card::parse("mifare", "04a1b2c3d4e5f6");
    const auto upper = Card::parse("mifare", "04A1B2C3D4E5F6");
    REQUIRE(lower);
    REQUIRE(upper);
    CHECK(same_bytes(lower->uid(), upper->uid()));
    CHECK(lower->type() == "mifare");
    CHECK(Card::parse("em4100", "0000000100")->uid().size() == 5);
    CHECK(Card::parse("x", "00000001")->uid().size() == Card::min_uid_bytes);
    CHECK(Card::parse(std::string(32, 'a'), std::string(31, '0') + "1")->uid().size() == Card::max_uid_bytes);
}

TEST_CASE("what is no UID or type is refused", "[auth]") {
    for (const char* uid : {"", "04a1b2", "04a1b2c", "04a1b2c3d", "04:a1:b2:c3", "04a1b2cg", "0x04a1b2c3",
                            "000102030405060708090a0b0c0d0e0f10"}) {
        INFO(uid);
        const auto refused = Card::parse("mifare", uid);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::malformed);
    }
    CHECK(Card::parse("mifare", "00000000").error().code == Errc::invalid_argument);
    CHECK(Card::parse("mifare", "FFFFFFFFFFFFFF").error().code == Errc::invalid_argument);
    for (const std::string& type : {std::string{}, std::string{"Mifare"}, std::string{"mi fare"},
                                    std::string{"mifare\n"}, std::string(33, 'a'), std::string{"é"}})
        CHECK(Card::parse(type, "04a1b2c3").error().code == Errc::malformed);
}

TEST_CASE("a card's text has its type before it, or none", "[auth]") {
    CHECK(Card::parse("04a1b2c3")->type() == Card::default_type);
    const auto mifare = Card::parse("mifare:04a1b2c3");
    REQUIRE(mifare);
    CHECK(mifare->type() == "mifare");
    CHECK(same_bytes(mifare->uid(), Card::parse("04a1b2c3")->uid()));
    for (const char* text :
         {"", ":", ":04a1b2c3", "mifare:", "mifare:04a1b2c3:", "a:mifare:04a1b2c3", "Mifare:04a1b2c3"})
        CHECK(Card::parse(text).error().code == Errc::malformed);
    CHECK(Card::parse("mifare:00000000").error().code == Errc::invalid_argument);
}

TEST_CASE("a card's lookup depends on pepper, tenant, type and UID", "[auth]") {
    const Card card = *Card::parse("mifare", "04a1b2c3d4e5f6");
    const Pepper one = pepper(0);
    const crypto::MacTag lookup = card_lookup(one.for_cards(), tenant, card);
    // Computed apart, with HMAC and HKDF of another implementation.
    CHECK(to_hex(lookup) == "8f5cea0da5ff94260672df494f5e519f94feaa22499ebcb7ff9b54820f05387b");
    CHECK(card_lookup(pepper(1).for_cards(), tenant, card) != lookup);
    CHECK(card_lookup(one.for_cards(), TenantId{}, card) != lookup);
    CHECK(card_lookup(one.for_cards(), tenant, *Card::parse("desfire", "04a1b2c3d4e5f6")) != lookup);
    CHECK(card_lookup(one.for_cards(), tenant, *Card::parse("mifare", "04a1b2c3d4e5f600")) != lookup);
}

TEST_CASE("a card is looked for under every pepper, stored under the current one", "[auth]") {
    PepperRing ring{pepper(1)};
    REQUIRE(ring.add_previous(pepper(0)));
    const Card card = *Card::parse("mifare", "04a1b2c3d4e5f6");
    const auto records = card_records(ring, tenant, card);
    REQUIRE(records.size() == 2);
    CHECK(records[0] == card_record(ring, tenant, card));
    CHECK(records[0].pepper == pepper(1).id());
    CHECK(records[1].pepper == pepper(0).id());
    CHECK(records[1].lookup == card_lookup(pepper(0).for_cards(), tenant, card));
}
