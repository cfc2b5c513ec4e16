// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/factor.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::auth;
using enum FactorKind;

namespace {

Errc refused(std::string_view text) {
    const auto rule = FactorRule::parse(text);
    REQUIRE_FALSE(rule);
    return rule.error().code;
}

}  // namespace

TEST_CASE("factor rules are read and written in one spelling", "[auth]") {
    for (const char* text : {"card", "password", "token", "card+pin", "card+pin|password", "card+password+pin|token",
                             "card+password|card+pin|password+pin", "pin+token"}) {
        INFO(text);
        const auto rule = FactorRule::parse(text);
        REQUIRE(rule);
        CHECK(rule->text() == text);
    }
    CHECK(FactorRule::of({{password}, {pin, card}})->text() == "card+pin|password");
}

TEST_CASE("a rule is met by any of its sets, and by more than it asks for", "[auth]") {
    const FactorRule rule = *FactorRule::parse("card+pin|password");
    CHECK(rule.satisfied_by({card, pin}));
    CHECK(rule.satisfied_by({password}));
    CHECK(rule.satisfied_by({password, card}));
    CHECK_FALSE(rule.satisfied_by({}));
    CHECK_FALSE(rule.satisfied_by({card}));
    CHECK_FALSE(rule.satisfied_by({pin}));
    CHECK_FALSE(rule.satisfied_by({pin, token}));
}

TEST_CASE("a PIN never stands alone", "[auth]") {
    CHECK(refused("pin") == Errc::weak_parameters);
    CHECK(refused("card|pin") == Errc::weak_parameters);
    CHECK(FactorRule::of({{pin}}).error().code == Errc::weak_parameters);
}

TEST_CASE("a rule that is wrong, doubled or written otherwise is refused", "[auth]") {
    for (const char* text : {"", "|", "+", "card+", "+card", "card|", "|card", "card||password", "Card", "card ",
                             "card,pin", "card+fingerprint"}) {
        INFO(text);
        CHECK(refused(text) == Errc::malformed);
    }
    CHECK(refused("card+card") == Errc::duplicate);
    CHECK(refused("card|card") == Errc::duplicate);
    CHECK(refused("card|card+pin") == Errc::duplicate);
    CHECK(refused("card+pin|card") == Errc::duplicate);
    CHECK(refused("pin+card") == Errc::not_canonical);
    CHECK(refused("password|card+pin") == Errc::not_canonical);
    CHECK(FactorRule::parse("password|pin+card").error().detail.contains("card+pin|password"));
    CHECK(refused(std::string(129, 'c')) == Errc::too_large);
    CHECK(FactorRule::of({}).error().code == Errc::invalid_argument);
    CHECK(FactorRule::of({{}}).error().code == Errc::invalid_argument);
}
