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

TEST_CASE("a person's tokens end up to now, later ones count", "[token]") {
    World w;
    const Claims before = w.claims();
    REQUIRE(w.revocations.revoke(w.tenant, w.alice));
    CHECK(w.revocations.check(before).error().code == Errc::revoked);
    w.clock.advance(1ms);
    CHECK(w.revocations.check(w.claims()));
    REQUIRE(w.revocations.revoke(w.tenant, w.alice));
    CHECK(w.revocations.check(w.claims()).error().code == Errc::revoked);
}

TEST_CASE("a revocation is kept until no token can be concerned", "[token]") {
    World w;
    const Claims claims = w.claims();
    REQUIRE(w.revocations.revoke(w.tenant, claims.id));
    w.clock.advance(20min - 1ms);
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
    CHECK(store.forget(now + 2min) == std::size_t{1});
    REQUIRE(store.add(entry(3, now + 3min)));
    CHECK(store.forget(now + 5min) == std::size_t{2});
}
