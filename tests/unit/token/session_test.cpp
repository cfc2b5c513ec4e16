// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/session.hpp>

#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <safeq/token/print_token.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    test::MemoryTokenStore store;
    SessionManager sessions{store, clock, random, terminal_session_2026};
    TenantId tenant = TenantId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);

    OpenedSession open() {
        auto opened = sessions.open(tenant, device, alice);
        REQUIRE(opened);
        return std::move(*opened);
    }
    Result<Session> check(const OpenedSession& opened) {
        return sessions.check(as_text(opened.text.expose()), tenant, device);
    }
    Errc refused(const OpenedSession& opened) {
        const auto result = check(opened);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
};

}  // namespace

TEST_CASE("a session is good for its device until it is closed", "[token]") {
    World w;
    const OpenedSession opened = w.open();
    CHECK(opened.session.device == w.device);
    CHECK(opened.session.subject == w.alice);
    CHECK(opened.session.idle_deadline == w.clock.now() + 3min);
    CHECK(opened.session.absolute_deadline == w.clock.now() + 30min);
    CHECK(w.check(opened) == opened.session);
    REQUIRE(w.sessions.close(as_text(opened.text.expose()), w.tenant, w.device));
    CHECK(w.refused(opened) == Errc::credential_wrong);
    CHECK(w.sessions.close(as_text(opened.text.expose()), w.tenant, w.device).error().code == Errc::credential_wrong);
    CHECK(w.store.size() == 0);
}

TEST_CASE("what is stored of a session doesn't open it", "[token]") {
    World w;
    const OpenedSession opened = w.open();
    const auto records = w.store.all();
    REQUIRE(records.size() == 1);
    CHECK_FALSE(same_bytes(records[0].hash.bytes, *from_base64url(as_text(opened.text.expose()))));
    CHECK(w.sessions.check(to_base64url(records[0].hash.bytes), w.tenant, w.device).error().code ==
          Errc::credential_wrong);
    CHECK(w.sessions.check(to_base64url(records[0].id.bytes()), w.tenant, w.device).error().code == Errc::malformed);
}

TEST_CASE("use moves the idle deadline, never past the absolute one", "[token]") {
    World w;
    const OpenedSession opened = w.open();
    for (int i = 0; i < 14; ++i) {
        w.clock.advance(2min);
        const auto session = w.check(opened);
        REQUIRE(session);
        CHECK(session->idle_deadline == std::min(w.clock.now() + 3min, opened.session.absolute_deadline));
        CHECK(session->absolute_deadline == opened.session.absolute_deadline);
    }
    w.clock.advance(2min - 1ms);
    CHECK(w.check(opened));
    w.clock.advance(1ms);
    CHECK(w.refused(opened) == Errc::expired);
    CHECK(w.refused(opened) == Errc::credential_wrong);
}

TEST_CASE("an idle session ends on the millisecond", "[token]") {
    World w;
    const OpenedSession first = w.open();
    const OpenedSession second = w.open();
    w.clock.advance(3min - 1ms);
    CHECK(w.check(first));
    w.clock.advance(1ms);
    CHECK(w.refused(second) == Errc::expired);
    CHECK(w.check(first));
}

TEST_CASE("expired stays expired when the clock goes back", "[token]") {
    World w;
    const OpenedSession asked = w.open();
    const OpenedSession unasked = w.open();
    const Time before = w.clock.now();
    w.clock.advance(1h);
    CHECK(w.refused(asked) == Errc::expired);
    w.clock.set(before);
    CHECK(w.refused(asked) == Errc::credential_wrong);
    CHECK(w.refused(unasked) == Errc::credential_wrong);
    CHECK(w.check(w.open()));
}

TEST_CASE("a leap of ten years and back leaves no stuck clock", "[token]") {
    World w;
    const Time before = w.clock.now();
    w.clock.advance(24h * 3650);
    const OpenedSession then = w.open();
    w.clock.set(before);
    const OpenedSession now = w.open();
    CHECK(w.check(now));
    w.clock.advance(3min);
    CHECK(w.refused(now) == Errc::expired);
    // Opened under a wrong date, it must not last for ten years.
    CHECK(w.refused(then) == Errc::expired);
}

TEST_CASE("a session of another device, tenant or kind isn't taken", "[token]") {
    World w;
    const OpenedSession opened = w.open();
    const std::string text{as_text(opened.text.expose())};
    const DeviceId elsewhere = DeviceId::make(w.clock, w.random);
    const TenantId other = TenantId::make(w.clock, w.random);
    CHECK(w.sessions.check(text, w.tenant, elsewhere).error().code == Errc::denied);
    CHECK(w.sessions.check(text, other, w.device).error().code == Errc::credential_wrong);
    CHECK(w.sessions.close(text, w.tenant, elsewhere).error().code == Errc::denied);
    CHECK(w.sessions.close(text, other, w.device).error().code == Errc::credential_wrong);
    PrintTokens print{w.store, w.clock, w.random};
    CHECK(print.verify(text, w.tenant).error().code == Errc::credential_wrong);
    const auto printing = print.issue(w.tenant, w.alice, "laptop");
    REQUIRE(printing);
    CHECK(w.sessions.check(as_text(printing->text.expose()), w.tenant, w.device).error().code ==
          Errc::credential_wrong);
    CHECK(w.check(opened));
}

TEST_CASE("a record moved to another kind in the store isn't taken", "[token]") {
    World w;
    const OpaqueToken token = OpaqueToken::generate(w.random);
    TokenRecord record{.hash = token.hash(TokenKind::session, w.tenant),
                       .id = TokenId::make(w.clock, w.random),
                       .kind = TokenKind::print,
                       .tenant = w.tenant,
                       .subject = w.alice,
                       .device = w.device,
                       .label = {},
                       .created = w.clock.now(),
                       .idle_deadline = {},
                       .expires = {}};
    REQUIRE(w.store.add(record));
    const crypto::Secret text = token.text();
    CHECK(w.sessions.check(as_text(text.expose()), w.tenant, w.device).error().code == Errc::credential_wrong);
}

TEST_CASE("bad text is refused without asking the store", "[token]") {
    World w;
    w.store.down = true;
    CHECK(w.sessions.check("", w.tenant, w.device).error().code == Errc::malformed);
    CHECK(w.sessions.check(std::string(43, '*'), w.tenant, w.device).error().code == Errc::malformed);
    CHECK(w.sessions.check(std::string(43, 'A'), w.tenant, w.device).error().code == Errc::unavailable);
}

TEST_CASE("a person's sessions are listed and closed together", "[token]") {
    World w;
    const OpenedSession first = w.open();
    const OpenedSession second = w.open();
    const SubjectId bob = SubjectId::make(w.clock, w.random);
    const auto his = w.sessions.open(w.tenant, w.device, bob);
    REQUIRE(his);
    CHECK(w.sessions.list(w.tenant, w.alice)->size() == 2);
    CHECK(w.sessions.close_all(w.tenant, w.alice) == std::size_t{2});
    CHECK(w.sessions.close_all(w.tenant, w.alice) == std::size_t{0});
    CHECK(w.refused(first) == Errc::credential_wrong);
    CHECK(w.check(*his));
    w.clock.advance(1h);
    CHECK(w.sessions.list(w.tenant, bob)->empty());
    CHECK(w.sessions.sweep() == std::size_t{1});
    CHECK(w.store.size() == 0);
}

TEST_CASE("nobody opens a session without ids or time", "[token]") {
    World w;
    CHECK(w.sessions.open({}, w.device, w.alice).error().code == Errc::invalid_argument);
    CHECK(w.sessions.open(w.tenant, {}, w.alice).error().code == Errc::invalid_argument);
    CHECK(w.sessions.open(w.tenant, w.device, {}).error().code == Errc::invalid_argument);
    for (const SessionRules rules :
         {SessionRules{.idle = 0ms, .absolute = 1h}, SessionRules{.idle = -1s, .absolute = 1h},
          SessionRules{.idle = 2h, .absolute = 1h}}) {
        SessionManager sessions{w.store, w.clock, w.random, rules};
        CHECK(sessions.open(w.tenant, w.device, w.alice).error().code == Errc::invalid_argument);
    }
    w.store.down = true;
    CHECK(w.sessions.open(w.tenant, w.device, w.alice).error().code == Errc::unavailable);
}

TEST_CASE("checks and a close at the same time end in a closed session", "[token]") {
    World w;
    const OpenedSession opened = w.open();
    const std::string text{as_text(opened.text.expose())};
    std::atomic<int> strange = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 200; ++k) {
                    w.clock.advance(10ms);
                    const auto session = w.sessions.check(text, w.tenant, w.device);
                    if (!session && session.error().code != Errc::credential_wrong) ++strange;
                }
            });
        }
        threads.emplace_back([&] { (void)w.sessions.close_all(w.tenant, w.alice); });
    }
    CHECK(strange == 0);
    CHECK(w.refused(opened) == Errc::credential_wrong);
}
