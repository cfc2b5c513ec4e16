// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/account.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;
using namespace std::chrono_literals;

namespace {

Errc refused(std::string_view name) {
    const auto checked = check_user_name(name);
    REQUIRE_FALSE(checked);
    return checked.error().code;
}

struct Ids {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    Account account(std::string name) {
        return {.tenant = tenant, .subject = SubjectId::make(clock, random), .name = std::move(name)};
    }
    TenantId tenant = TenantId::make(clock, random);
};

CardRecord card(std::uint8_t value) { return {.pepper = {}, .lookup = {std::byte{value}}}; }

}  // namespace

TEST_CASE("names of people in many scripts are taken", "[auth]") {
    for (const char* name : {"alice", "Alice", "alice@example.com", "CORP\\alice", "Zoë Ångström", "Nguyễn", "Ελένη",
                             "Пётр", "שרה", "محمد", "हिन्दी", "தமிழ்", "ไทย", "กุ้ง", "한국", "日本語", "がぎ", "🖨"}) {
        INFO(name);
        CHECK(check_user_name(name));
    }
    CHECK(check_user_name(std::string(255, 'a')));
}

TEST_CASE("names with two spellings are refused in all but one", "[auth]") {
    CHECK(check_user_name("Zoë"));                                // U+00EB
    CHECK(refused("Zoe\u0308") == Errc::not_canonical);           // the same from two parts
    CHECK(refused("\u212bngstr\u00f6m") == Errc::not_canonical);  // the ångström sign
    CHECK(refused("\u0301alice") == Errc::not_canonical);
    CHECK(refused("\u304b\u3099") == Errc::not_canonical);        // か with a voicing mark
    CHECK(refused("\u1112\u1161\u11ab") == Errc::not_canonical);  // 한 from jamo
    CHECK(refused("\u0928\u093c") == Errc::not_canonical);        // ऩ from two parts
    CHECK(check_user_name("\u0915\u093c"));                       // क़ has no composed form in NFC
    CHECK(refused("\u0958") == Errc::not_canonical);              // … and this is what NFC takes apart
    CHECK(check_user_name("\u0e01\u0e38\u0e49"));
    CHECK(refused("\u0e01\u0e49\u0e38") == Errc::not_canonical);  // marks in another order
    CHECK(refused("\uf900") == Errc::not_canonical);              // a compatibility ideograph
}

TEST_CASE("hostile names are refused", "[auth]") {
    CHECK(refused("") == Errc::malformed);
    CHECK(refused(" alice") == Errc::malformed);
    CHECK(refused("alice ") == Errc::malformed);
    CHECK(refused("al\nice") == Errc::control_character);
    CHECK(refused(std::string_view{"al\0ice", 6}) == Errc::control_character);
    CHECK(refused("al\u202eice") == Errc::control_character);
    CHECK(refused("al\xc0\x80ice") == Errc::invalid_utf8);
    CHECK(refused("al\xff") == Errc::invalid_utf8);
    CHECK(refused(std::string(256, 'a')) == Errc::too_large);
}

TEST_CASE("an account is checked before it is stored", "[auth]") {
    Ids ids;
    Account account = ids.account("alice");
    CHECK(check(account));
    account.display_name = "A\x01";
    CHECK(check(account).error().code == Errc::control_character);
    account.display_name.reset();
    account.cards = {card(1), card(2), card(1)};
    CHECK(check(account).error().code == Errc::duplicate);
    account.cards.clear();
    for (std::uint8_t i = 0; i < 17; ++i) account.cards.push_back(card(i));
    CHECK(check(account).error().code == Errc::too_many);
    account.cards.clear();
    account.name = "";
    CHECK(check(account).error().code == Errc::malformed);
    CHECK(check(Account{.tenant = {}, .subject = account.subject, .name = "alice"}).error().code ==
          Errc::invalid_argument);
    CHECK(check(Account{.tenant = ids.tenant, .subject = {}, .name = "alice"}).error().code == Errc::invalid_argument);
}

TEST_CASE("a store keeps names and cards apart by byte and tenant", "[auth]") {
    Ids ids;
    test::MemoryCredentialStore store;
    Account alice = ids.account("alice");
    alice.cards = {card(1)};
    Account capital = ids.account("Alice");
    capital.cards = {card(2)};
    REQUIRE(store.save(alice));
    REQUIRE(store.save(capital));
    CHECK(store.find_by_name(ids.tenant, "alice")->subject == alice.subject);
    CHECK(store.find_by_name(ids.tenant, "Alice")->subject == capital.subject);
    CHECK(store.find_by_name(ids.tenant, "ALICE").error().code == Errc::not_found);
    CHECK(store.find_by_name(TenantId{}, "alice").error().code == Errc::not_found);

    Account other = ids.account("alice");
    CHECK(store.save(other).error().code == Errc::already_exists);
    other.name = "bob";
    other.cards = {card(2)};
    CHECK(store.save(other).error().code == Errc::already_exists);

    const crypto::MacTag one[] = {card(9).lookup, card(1).lookup};
    CHECK(store.find_by_card(ids.tenant, one)->subject == alice.subject);
    const crypto::MacTag two[] = {card(1).lookup, card(2).lookup};
    CHECK(store.find_by_card(ids.tenant, two).error().code == Errc::conflict);
    CHECK(store.replace(ids.tenant, alice.subject, card(1), card(2)).error().code == Errc::already_exists);
    CHECK(store.replace(ids.tenant, alice.subject, card(7), card(8)).error().code == Errc::conflict);
    REQUIRE(store.replace(ids.tenant, alice.subject, card(1), card(3)));
    CHECK(store.find_by_subject(ids.tenant, alice.subject)->cards == std::vector{card(3)});
    CHECK(store.list(ids.tenant)->size() == 2);
}
