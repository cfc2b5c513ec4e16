// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/revocation.hpp>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

TEST_CASE("a revocation holds for its tenant and its kind of id", "[token]") {
    World w;
    const Claims claims = w.claims();
    REQUIRE(w.revocations.check(claims));
    Claims other = claims;
    other.tenant = TenantId::make(w.clock, w.random);
    REQUIRE(w.revocations.revoke(w.tenant, claims.id));
    CHECK(w.revocations.check(claims).error().code == Errc::revoked);
    CHECK(w.revocations.check(other));
    // The same sixteen bytes as an id of another kind.
    Claims same_bytes = claims;
    same_bytes.id = TokenId::make(w.clock, w.random);
    IdBytes bytes;
    std::ranges::copy(claims.id.bytes(), bytes.begin());
    same_bytes.subject = SubjectId{bytes};
    same_bytes.session = SessionId{bytes};
    CHECK(w.revocations.check(same_bytes));
}

TEST_CASE("a person's tokens end up to now, those of a server that is ahead included, and later ones count",
          "[token]") {
    World w;
    const Claims before = w.claims();
    Claims ahead = w.claims();
    ahead.issued = ahead.not_before = w.clock.now() + 30s;
    ahead.expires = ahead.issued + 5min;
    REQUIRE(w.revocations.revoke(w.tenant, w.alice));
    CHECK(w.revocations.check(before).error().code == Errc::revoked);
    CHECK(w.revocations.check(ahead).error().code == Errc::revoked);
    CHECK(w.refused(ahead) == Errc::revoked);
    w.clock.advance(30s);
    CHECK(w.revocations.check(w.claims()).error().code == Errc::revoked);
    w.clock.advance(1ms);
    CHECK(w.revocations.check(w.claims()));
    REQUIRE(w.revocations.revoke(w.tenant, w.alice));
    CHECK(w.revocations.check(w.claims()).error().code == Errc::revoked);
}

TEST_CASE("a revocation is kept until no token can be concerned", "[token]") {
    World w;
    const Claims claims = w.claims();
    REQUIRE(w.revocations.revoke(w.tenant, claims.id));
    w.clock.advance(11min - 1ms);
    CHECK(w.revocations.sweep() == std::size_t{0});
    CHECK(w.revocations.check(claims).error().code == Errc::revoked);
    w.clock.advance(1ms);
    CHECK(w.revocations.sweep() == std::size_t{1});
    CHECK(w.revocations.check(claims));
}

TEST_CASE("a full store says so and forgets nothing", "[token]") {
    MemoryRevocationStore store{2};
    const Time now{1'700'000'000'000ms};
    const auto entry = [&](std::uint8_t n, Time forget_at) {
        return Revocation{.key = {.tenant = {}, .scope = RevocationScope::token, .id = IdBytes{std::byte{n}}},
                          .issued_until = now,
                          .forget_at = forget_at};
    };
    REQUIRE(store.add(entry(1, now + 1min)));
    REQUIRE(store.add(entry(2, now + 2min)));
    CHECK(store.add(entry(3, now + 3min)).error().code == Errc::too_many);
    CHECK(store.issued_until(entry(1, now).key).value().value() == now);
    CHECK_FALSE(store.issued_until(entry(3, now).key).value().has_value());
    // One that is there already still takes the later times.
    REQUIRE(store.add(entry(1, now + 5min)));
    REQUIRE(store.add(entry(1, now)));
    CHECK(store.forget(now + 2min, {}) == std::size_t{1});
    REQUIRE(store.add(entry(3, now + 3min)));
    CHECK(store.forget(now + 5min, {}) == std::size_t{2});
}

TEST_CASE(
    "HOSTILE 8: what was withdrawn isn't good again when the clock leaps ahead, the list is swept, and it returns",
    "[token]") {
    World w;
    const Time before = w.clock.now();
    IssueRequest request = w.request();
    request.session = SessionId::make(w.clock, w.random);
    const IssuedToken by_id = w.issue();
    const IssuedToken by_session = w.issue(request);
    const IssuedToken by_person = w.issue();
    REQUIRE(w.revocations.revoke(w.tenant, by_id.claims.id));
    REQUIRE(w.revocations.revoke(w.tenant, *request.session));
    for (const auto leap : std::initializer_list<std::chrono::milliseconds>{1h, 24h, 24h * 3650}) {
        REQUIRE(w.revocations.revoke(w.tenant, w.alice));
        w.clock.advance(leap);
        // Nobody verifies anything meanwhile.
        REQUIRE(w.revocations.sweep());
        w.clock.set(before);
        CHECK_FALSE(w.verify(by_id));
        CHECK_FALSE(w.verify(by_session));
        CHECK_FALSE(w.verify(by_person));
    }
    // And other tokens, made afterwards, count.
    w.clock.advance(30s + 1ms);
    CHECK(w.verify(w.issue()));
}

TEST_CASE("HOSTILE 8: what is withdrawn while the clock is behind stays so when it is right", "[token]") {
    World w;
    IssueRequest request = w.request();
    request.session = SessionId::make(w.clock, w.random);
    w.clock.advance(2h);
    const Time right = w.clock.now();
    const IssuedToken by_id = w.issue();
    const IssuedToken by_session = w.issue(request);
    CHECK(w.verify(by_id));
    w.clock.set(right - 1h);
    REQUIRE(w.revocations.revoke(w.tenant, by_id.claims.id));
    REQUIRE(w.revocations.revoke(w.tenant, *request.session));
    w.clock.set(right + 1min);
    CHECK(w.revocations.sweep() == std::size_t{0});
    CHECK(w.refused(by_id) == Errc::revoked);
    CHECK(w.refused(by_session) == Errc::revoked);
    w.clock.set(right + 11min);
    CHECK(w.revocations.sweep() == std::size_t{2});
    CHECK(w.refused(by_id) == Errc::expired);
}

TEST_CASE("HOSTILE 8: after a restart the guard knows by when revocations were forgotten", "[token]") {
    World w;
    const IssuedToken issued = w.issue();
    REQUIRE(w.revocations.revoke(w.tenant, issued.claims.id));
    const Time before = w.clock.now();
    w.clock.advance(1h);
    REQUIRE(w.revocations.sweep() == std::size_t{1});
    w.clock.set(before + 1s);
    ClockGuard again{w.clock, w.guard.marks()};
    Verifier<MobileTerminal> verifier{w.verifying, again, w.revocations, w.replays};
    CHECK(verifier.verify(as_text(issued.text.expose()), w.expected()).error().code == Errc::expired);
}
