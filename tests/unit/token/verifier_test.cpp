// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/verifier.hpp>

#include <atomic>
#include <thread>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

TEST_CASE("what is issued is verified, and says what it was told", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    const auto verified = w.verify(issued);
    REQUIRE(verified);
    CHECK(**verified == issued.claims);
    CHECK((*verified)->subject == w.alice);
    CHECK(verified->device_key() == w.phone.verifying_key());
    CHECK(w.verify(issued));
}

TEST_CASE("a token is good for its tenant, audience and device alone", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    ExpectedToken other = w.expected();
    other.tenant = TenantId::make(w.clock, w.random);
    CHECK(w.refused(issued, other) == Errc::signature_invalid);
    other = w.expected();
    other.audience = audience("release.example:8641");
    CHECK(w.refused(issued, other) == Errc::signature_invalid);
    other = w.expected();
    other.device_key = crypto::SigningKey::generate(w.random).verifying_key();
    CHECK(w.refused(issued, other) == Errc::signature_invalid);
    other.device_key.reset();
    CHECK(w.refused(issued, other) == Errc::invalid_argument);
}

TEST_CASE("a token lasts for its time and the clocks' difference", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    w.clock.advance(5min + 30s - 1ms);
    CHECK(w.verify(issued));
    w.clock.advance(1ms);
    CHECK(w.refused(issued) == Errc::expired);
}

TEST_CASE("a token from the future, by more than the clocks' difference, is refused", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    const Time now = w.clock.now();
    // The verifier's clock is behind the issuer's; it has not gone back while it ran.
    ManualClock behind{now - 30s};
    ClockGuard behind_guard{behind};
    Verifier<MobileTerminal> late{w.verifying, behind_guard, w.revocations, w.replays};
    CHECK(late.verify(as_text(issued.text.expose()), w.expected()));
    ManualClock further{now - 30s - 1ms};
    REQUIRE(w.verifying.remove(KeyId::of(w.key.verifying_key())));
    REQUIRE(w.verifying.add(w.key.verifying_key(), {now - 1h, now + 1h, now + 2h}));
    REQUIRE(w.signing.remove(KeyId::of(w.key.verifying_key())));
    ClockGuard further_guard{further};
    Verifier<MobileTerminal> later{w.verifying, further_guard, w.revocations, w.replays};
    CHECK(later.verify(as_text(issued.text.expose()), w.expected()).error().code == Errc::denied);
}

TEST_CASE("a token doesn't count before its beginning", "[token]") {
    World w;
    IssueRequest request = w.request();
    request.not_before = w.clock.now() + 2min;
    const IssuedToken issued = w.issue(request);
    CHECK(w.refused(issued) == Errc::denied);
    w.clock.advance(90s - 1ms);
    CHECK(w.refused(issued) == Errc::denied);
    w.clock.advance(1ms);
    CHECK(w.verify(issued));
}

TEST_CASE("expired stays expired when the clock goes back, and new tokens count", "[token]") {
    World w;
    const IssuedToken asked = w.issue();
    const IssuedToken unasked = w.issue();
    const Time before = w.clock.now();
    w.clock.advance(1h);
    CHECK(w.refused(asked) == Errc::expired);
    w.clock.set(before);
    CHECK(w.refused(asked) == Errc::expired);
    CHECK(w.refused(unasked) == Errc::expired);
    // One that a server made whose clock is ahead was good before, so for the clocks' difference none is taken.
    w.clock.advance(30s);
    CHECK(w.refused(w.issue()) == Errc::expired);
    w.clock.advance(1ms);
    const IssuedToken anew = w.issue();
    CHECK(w.verify(anew));
    w.clock.advance(5min + 30s);
    CHECK(w.refused(anew) == Errc::expired);
}

TEST_CASE("a leap of ten years and back ends old tokens and no new ones", "[token]") {
    World w;
    const Time before = w.clock.now();
    const IssuedToken old = w.issue();
    w.clock.advance(24h * 3650);
    CHECK(w.refused(old) == Errc::key_unknown);
    w.clock.set(before + 1s);
    CHECK(w.refused(old) == Errc::expired);
    w.clock.advance(30s + 1ms);
    CHECK(w.verify(w.issue()));
}

TEST_CASE("HOSTILE 8: what was shown before a leap by a server that is ahead isn't good once more after it",
          "[token]") {
    World w;
    const Time before = w.clock.now();
    Claims ahead = w.claims();
    ahead.issued = ahead.not_before = before + 30s;
    ahead.expires = ahead.issued + 5min;
    CHECK(w.verifier.verify(w.forged(*ahead.encode()), w.expected()));
    w.clock.advance(1h);
    CHECK(w.revocations.sweep());
    w.clock.set(before + 1s);
    CHECK(w.refused(ahead) == Errc::expired);
}

TEST_CASE("keys rotate with an overlap, and nothing breaks", "[token]") {
    World w;
    const IssuedToken first = w.issue();
    // The next key is told to the verifiers an hour ahead.
    w.clock.advance(23h);
    const auto next = crypto::SigningKey::generate(w.random);
    const KeyPeriod period = KeyPeriod::of(w.clock.now() + 1h, 24h, MobileTerminal::rules);
    REQUIRE(w.signing.add(copy_of(next), period));
    REQUIRE(w.verifying.add(next.verifying_key(), period));
    CHECK(w.verify(w.issue()));
    w.clock.advance(1h - 1ms);
    const IssuedToken last = w.issue();
    w.clock.advance(1ms);
    const IssuedToken fresh = w.issue();
    const auto footer_of = [](const IssuedToken& issued) {
        const Paseto token = *Paseto::parse(as_text(issued.text.expose()), typed_token_limits_2026);
        return *parse_key_footer(token.unverified_footer());
    };
    CHECK(footer_of(last) == KeyId::of(w.key.verifying_key()));
    CHECK(footer_of(fresh) == KeyId::of(next.verifying_key()));
    CHECK(w.verify(last));
    CHECK(w.verify(fresh));
    CHECK(w.refused(first) == Errc::expired);
    w.clock.advance(5min + 30s);
    CHECK(w.refused(last) == Errc::key_unknown);
    CHECK(w.verifying.drop_expired(w.clock.now(), MobileTerminal::rules.clock_skew) == 1);
    CHECK(w.verify(w.issue()));
}

TEST_CASE("the id of the key is checked before any key is used", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    REQUIRE(w.verifying.remove(KeyId::of(w.key.verifying_key())));
    CHECK(w.refused(issued) == Errc::key_unknown);
    const std::string text{as_text(issued.text.expose())};
    const std::string body = text.substr(0, text.rfind('.') + 1);
    CHECK(w.refused(body.substr(0, body.size() - 1), w.expected()) == Errc::malformed);
    CHECK(w.refused(body + to_base64url(as_bytes("{}")), w.expected()) == Errc::malformed);
    CHECK(w.refused(body + to_base64url(as_bytes(R"({"kid": "x"})")), w.expected()) == Errc::malformed);
    // The id of a secret key names none of the verifying ones, nor does one of a shared key.
    CHECK(w.refused(body + to_base64url(as_bytes(key_footer(KeyId::of(w.key)))), w.expected()) == Errc::key_unknown);
    CHECK(w.refused(body + to_base64url(as_bytes(key_footer(KeyId::of(w.local)))), w.expected()) == Errc::key_unknown);
}

TEST_CASE("an old key that was found makes no token", "[token]") {
    World w;
    Claims claims = w.claims();
    w.clock.advance(24h + 1min);
    // Still verified, for the last tokens that it made; but not what it makes now.
    claims.issued = claims.not_before = w.clock.now();
    claims.expires = claims.issued + 5min;
    CHECK(w.refused(claims) == Errc::denied);
    claims.issued = claims.not_before = w.clock.now() - 2min;
    claims.expires = claims.issued + 5min;
    CHECK(w.verifier.verify(w.forged(*claims.encode()), w.expected()));
}

TEST_CASE("claims that contradict the binding, or each other, are refused though well signed", "[token]") {
    World w;
    CHECK(w.verifier.verify(w.forged(*w.claims().encode()), w.expected()));
    Claims claims = w.claims();
    claims.tenant = TenantId::make(w.clock, w.random);
    CHECK(w.refused(claims) == Errc::denied);
    claims = w.claims();
    claims.audience = audience("elsewhere.example");
    CHECK(w.refused(claims) == Errc::denied);
    claims = w.claims();
    claims.purpose = "sign-in-state";
    CHECK(w.refused(claims) == Errc::denied);
    claims = w.claims();
    claims.expires = claims.issued + 5min + 1ms;
    CHECK(w.refused(claims) == Errc::denied);
    claims = w.claims();
    claims.not_before = claims.issued - 1ms;
    CHECK(w.refused(claims) == Errc::denied);
    claims = w.claims();
    claims.expires = claims.not_before;
    CHECK(w.refused(claims) == Errc::denied);
    CHECK(w.refused(w.forged(*w.claims().encode(), "sign-in-state"), w.expected()) == Errc::signature_invalid);
}

TEST_CASE("claims in another spelling are refused though well signed", "[token]") {
    World w;
    const std::string json = *w.claims().encode();
    CHECK(w.refused(w.forged(json + " "), w.expected()) == Errc::malformed);
    CHECK(w.refused(w.forged(json.substr(0, json.size() - 1) + R"(,"admin":true})"), w.expected()) == Errc::malformed);
    CHECK(w.refused(w.forged(""), w.expected()) == Errc::malformed);
    CHECK(w.refused(w.forged(std::string(1025, ' ')), w.expected()) == Errc::too_large);
}

TEST_CASE("a token of the other form is refused before any key is used", "[token]") {
    World w;
    const Bytes implicit = implicit_assertion({.tenant = w.tenant,
                                               .audience = w.here,
                                               .purpose = MobileTerminal::rules.name,
                                               .device_key = w.phone.verifying_key()});
    const std::string sealed = seal_paseto(w.local, w.random, {as_bytes(*w.claims().encode())},
                                           {as_bytes(key_footer(KeyId::of(w.local)))}, {implicit});
    CHECK(w.refused(sealed, w.expected()) == Errc::denied);
    CHECK(w.refused("", w.expected()) == Errc::bad_version);
    CHECK(w.refused(std::string(3000, 'A'), w.expected()) == Errc::too_large);
}

TEST_CASE("what is revoked is refused: a token, a sign-in, a person", "[token]") {
    World w;
    const IssuedToken one = w.issue();
    const IssuedToken two = w.issue();
    REQUIRE(w.revocations.revoke(w.tenant, one.claims.id));
    CHECK(w.refused(one) == Errc::revoked);
    CHECK(w.verify(two));

    IssueRequest request = w.request();
    request.session = SessionId::make(w.clock, w.random);
    const IssuedToken of_session = w.issue(request);
    CHECK(w.verify(of_session));
    REQUIRE(w.revocations.revoke(w.tenant, *request.session));
    CHECK(w.refused(of_session) == Errc::revoked);
    CHECK(w.verify(two));

    REQUIRE(w.revocations.revoke(w.tenant, w.alice));
    CHECK(w.refused(two) == Errc::revoked);
    w.clock.advance(30s);
    CHECK(w.refused(w.issue()) == Errc::revoked);
    w.clock.advance(1ms);
    CHECK(w.verify(w.issue()));
}

TEST_CASE("a token that is good for once is taken once", "[token]") {
    World w;
    const auto issued = w.state_issuer.issue(w.state_request());
    REQUIRE(issued);
    const std::string text{as_text(issued->text.expose())};
    CHECK(text.starts_with("v4.local."));
    std::atomic<int> taken = 0;
    std::atomic<int> strange = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 20; ++k) {
                    const auto result = w.state_verifier.verify(text, w.state_expected());
                    if (result) ++taken;
                    else if (result.error().code != Errc::duplicate) ++strange;
                }
            });
        }
    }
    CHECK(taken == 1);
    CHECK(strange == 0);
    // Also when the memory of it would have gone with a leap of the clock.
    const Time before = w.clock.now();
    w.clock.advance(24h);
    const auto late = w.state_verifier.verify(text, w.state_expected());
    CHECK_FALSE(late);
    CHECK(w.replays.spend(spending_of("token", w.tenant, TokenId{}, {}, w.clock.now() + 1s)));
    CHECK(w.replays.size() == 1);
    w.clock.set(before + 1s);
    CHECK(w.state_verifier.verify(text, w.state_expected()).error().code == Errc::expired);
}

TEST_CASE("HOSTILE 8: what was used isn't good once more when another verifier alone saw the clock leap", "[token]") {
    World w;
    const auto first = w.state_issuer.issue(w.state_request());
    REQUIRE(first);
    REQUIRE(w.state_verifier.verify(as_text(first->text.expose()), w.state_expected()));
    const Time before = w.clock.now();
    w.clock.advance(1h);
    Verifier<SignInState> another{w.locals, w.guard, w.revocations, w.replays};
    const auto second = w.state_issuer.issue(w.state_request());
    REQUIRE(second);
    REQUIRE(another.verify(as_text(second->text.expose()), w.state_expected()));
    REQUIRE(w.replays.size() == 1);
    w.clock.set(before + 1s);
    CHECK(w.state_verifier.verify(as_text(first->text.expose()), w.state_expected()).error().code == Errc::expired);
}

TEST_CASE("a wrong token spends nothing", "[token]") {
    World w;
    const auto issued = w.state_issuer.issue(w.state_request());
    REQUIRE(issued);
    ExpectedToken other = w.state_expected();
    other.tenant = TenantId::make(w.clock, w.random);
    CHECK_FALSE(w.state_verifier.verify(as_text(issued->text.expose()), other));
    CHECK(w.replays.size() == 0);
    CHECK(w.state_verifier.verify(as_text(issued->text.expose()), w.state_expected()));
    CHECK(w.replays.size() == 1);
}

TEST_CASE("HOSTILE 8: by a list that would forget revocations too soon no token is taken", "[token]") {
    World w;
    const auto issued = w.state_issuer.issue(w.state_request());
    REQUIRE(issued);
    const std::string_view text = as_text(issued->text.expose());
    // One for tokens of five minutes, and one whose clocks would have to agree better.
    for (const RevocationRules& rules : {revocation_2026, RevocationRules{.max_lifetime = 10min, .clock_skew = 4s}}) {
        RevocationList list{w.revoked, w.guard, rules};
        CHECK_FALSE(list.serves(SignInState::rules));
        Verifier<SignInState> verifier{w.locals, w.guard, list, w.replays};
        CHECK(verifier.verify(text, w.state_expected()).error().code == Errc::invalid_argument);
    }
    CHECK(w.replays.size() == 0);
    // What such a list withdraws for five minutes would be good again in the sixth.
    RevocationList list{w.revoked, w.guard, revocation_2026};
    Verifier<SignInState> verifier{w.locals, w.guard, list, w.replays};
    REQUIRE(list.revoke(w.tenant, w.alice));
    w.clock.advance(revocation_2026.keep_for());
    CHECK(list.sweep() == std::size_t{1});
    CHECK(verifier.verify(text, w.state_expected()).error().code == Errc::invalid_argument);
    CHECK(w.state_verifier.verify(text, w.state_expected()));
}

TEST_CASE("a store of revocations that fails lets no token through", "[token]") {
    class Down final : public RevocationStore {
        Result<void> add(const Revocation&) override { return fail(Errc::unavailable, "down"); }
        Result<std::optional<Time>> issued_until(const RevocationKey&) override {
            return fail(Errc::unavailable, "down");
        }
        Result<std::size_t> forget(Time, const ClockMarks&) override { return fail(Errc::unavailable, "down"); }
    };
    World w;
    const IssuedToken issued = w.issue();
    Down store;
    RevocationList list{store, w.guard, revocation_2026};
    Verifier<MobileTerminal> verifier{w.verifying, w.guard, list, w.replays};
    CHECK(verifier.verify(as_text(issued.text.expose()), w.expected()).error().code == Errc::unavailable);
    CHECK(list.revoke(w.tenant, w.alice).error().code == Errc::unavailable);
}
