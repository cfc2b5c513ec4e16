// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/issuer.hpp>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

TEST_CASE("a token says who it is for and for how long", "[token]") {
    World w;
    IssueRequest request = w.request();
    request.session = SessionId::make(w.clock, w.random);
    request.not_before = w.clock.now() + 1min;
    const IssuedToken issued = w.issue(request);
    CHECK(issued.claims.tenant == w.tenant);
    CHECK(issued.claims.subject == w.alice);
    CHECK(issued.claims.audience == w.here);
    CHECK(issued.claims.purpose == "mobile-terminal");
    CHECK(issued.claims.session == request.session);
    CHECK(issued.claims.issued == w.clock.now());
    CHECK(issued.claims.not_before == w.clock.now() + 1min);
    CHECK(issued.claims.expires == w.clock.now() + 5min);
    CHECK(as_text(issued.text.expose()).starts_with("v4.public."));
    CHECK(issued.text.size() <= 2048);
    CHECK(w.issue(request).claims.id != issued.claims.id);
}

TEST_CASE("the device's key stands nowhere in the token", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    const Paseto token = *Paseto::parse(as_text(issued.text.expose()), paseto_limits_2026);
    const Bytes implicit = implicit_assertion(
        {.tenant = w.tenant, .audience = w.here, .purpose = "mobile-terminal", .device_key = w.phone.verifying_key()});
    const auto message = verify_paseto(w.key.verifying_key(), token, {implicit});
    REQUIRE(message);
    CHECK(as_text(*message) == *issued.claims.encode());
    CHECK(as_text(*message).find(to_base64url(w.phone.verifying_key().bytes)) == std::string::npos);
}

TEST_CASE("nobody issues what makes no sense", "[token]") {
    World w;
    const auto refused = [&](auto change) {
        IssueRequest request = w.request();
        change(request);
        const auto issued = w.issuer.issue(request);
        REQUIRE_FALSE(issued);
        return issued.error().code;
    };
    CHECK(refused([](auto& r) { r.tenant = {}; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.subject = {}; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.session = SessionId{}; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.lifetime = 0ms; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.lifetime = -1s; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.lifetime = 5min + 1ms; }) == Errc::invalid_argument);
    CHECK(refused([](auto& r) { r.device_key.reset(); }) == Errc::invalid_argument);
    CHECK(refused([&](auto& r) { r.not_before = w.clock.now() - 1ms; }) == Errc::invalid_argument);
    CHECK(refused([&](auto& r) { r.not_before = w.clock.now() + 5min; }) == Errc::invalid_argument);
    IssueRequest state = w.state_request();
    state.device_key = w.phone.verifying_key();
    CHECK(w.state_issuer.issue(state).error().code == Errc::invalid_argument);
}

TEST_CASE("no key, no token", "[token]") {
    World w;
    w.clock.advance(24h - 1ms);
    CHECK(w.issuer.issue(w.request()));
    w.clock.advance(1ms);
    CHECK(w.issuer.issue(w.request()).error().code == Errc::key_unknown);
    w.clock.set(Time{1'700'000'000'000ms} - 1ms);
    CHECK(w.issuer.issue(w.request()).error().code == Errc::key_unknown);
}

TEST_CASE("rules of purposes are checked when they are compiled", "[token]") {
    PurposeRules rules = MobileTerminal::rules;
    CHECK(is_sound(rules));
    rules.name = "";
    CHECK_FALSE(is_sound(rules));
    rules.name = "Mobile";
    CHECK_FALSE(is_sound(rules));
    rules.name = "mobile\"";
    CHECK_FALSE(is_sound(rules));
    const std::string long_name(41, 'a');
    rules.name = long_name;
    CHECK_FALSE(is_sound(rules));
    rules = MobileTerminal::rules;
    rules.max_lifetime = 0ms;
    CHECK_FALSE(is_sound(rules));
    rules.max_lifetime = 25h;
    CHECK_FALSE(is_sound(rules));
    rules = MobileTerminal::rules;
    rules.clock_skew = -1ms;
    CHECK_FALSE(is_sound(rules));
    rules.clock_skew = 6min;
    CHECK_FALSE(is_sound(rules));
    STATIC_REQUIRE(Purpose<SignInState>);
    STATIC_REQUIRE_FALSE(Purpose<World>);
    // The form decides the keys: a ring of shared keys doesn't even compile for a signed purpose.
    STATIC_REQUIRE(std::is_same_v<Issuer<MobileTerminal>::Keys, SigningKeys>);
    STATIC_REQUIRE_FALSE(
        std::is_constructible_v<Verifier<MobileTerminal>, LocalKeys&, Clock&, RevocationList&, ReplayStore&>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<Verified<MobileTerminal>, Claims, std::nullopt_t>);
    // What is borrowed for as long as they live can't be a temporary.
    STATIC_REQUIRE(std::is_constructible_v<Issuer<MobileTerminal>, SigningKeys&, Clock&, Random&>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<Issuer<MobileTerminal>, SigningKeys, Clock&, Random&>);
    STATIC_REQUIRE(
        std::is_constructible_v<Verifier<MobileTerminal>, VerifyingKeys&, ClockGuard&, RevocationList&, ReplayStore&>);
    STATIC_REQUIRE_FALSE(
        std::is_constructible_v<Verifier<MobileTerminal>, VerifyingKeys, ClockGuard&, RevocationList&, ReplayStore&>);
}
