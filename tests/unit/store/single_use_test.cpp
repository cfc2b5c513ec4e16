// SPDX-License-Identifier: Apache-2.0
// Refresh families, pairings, revocations and what was used once: the database agrees with the stores in memory, and
// goes on after a restart where they forget.
#include <safeq/store/clock_marks.hpp>
#include <safeq/store/pairing_store.hpp>
#include <safeq/store/refresh_store.hpp>
#include <safeq/store/replay_store.hpp>
#include <safeq/store/revocation_store.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"
#include "unit/token/typed_tokens.hpp"

using namespace safeq;

namespace {

Time at(std::uint64_t number) { return Time{std::chrono::milliseconds{1'700'000'000'000 + number}}; }

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "done" : std::string{name(result.error().code)};
}

struct World {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    std::mt19937_64 engine{23};
    ManualClock clock{at(0)};
    token::ClockGuard guard{clock};
    std::unique_ptr<store::Database> database = open();
    std::array<TenantId, 2> tenants{TenantId::make(clock, random), TenantId::make(clock, random)};
    std::array<SubjectId, 2> subjects{SubjectId::make(clock, random), SubjectId::make(clock, random)};
    std::array<DeviceId, 3> devices{DeviceId::make(clock, random), DeviceId::make(clock, random),
                                    DeviceId::make(clock, random)};

    std::unique_ptr<store::Database> open() {
        return store::Database::open(root / "db", store::Database::Purpose::release).value();
    }
    void restart() {
        database.reset();
        database = open();
    }
    std::uint64_t below(std::uint64_t limit) { return engine() % limit; }
    TenantId tenant() { return tenants[below(2)]; }
    DeviceId device() { return devices[below(3)]; }
};

}  // namespace

TEST_CASE("refresh families agree with those in memory", "[store]") {
    World w;
    store::RefreshStore refresh{*w.database};
    token::MemoryRefreshStore memory{10'000};
    std::vector<token::RefreshFamily> known;
    std::size_t rotated = 0;
    for (int step = 0; step < 500; ++step) {
        const auto pick = [&] { return known.empty() ? token::RefreshFamily{} : known[w.below(known.size())]; };
        switch (w.below(6)) {
            case 0:
            case 1: {
                token::RefreshFamily family{.id = SessionId::make(w.clock, w.random),
                                            .selector = {w.random.bytes<32>()},
                                            .current = {w.random.bytes<32>()},
                                            .device = {w.random.bytes<32>()},
                                            .tenant = w.tenant(),
                                            .subject = w.subjects[w.below(2)],
                                            .created = at(w.below(10)),
                                            .idle_deadline = at(w.below(1'000)),
                                            .expires = at(w.below(1'000))};
                if (w.below(8) == 0 && !known.empty()) family.id = pick().id;
                if (w.below(8) == 0 && !known.empty()) family.selector = pick().selector;
                CHECK(code_of(refresh.add(family)) == code_of(memory.add(family)));
                known.push_back(family);
                break;
            }
            case 2: {
                const auto family = pick();
                const auto now = memory.find(family.tenant, family.selector);
                const token::TokenHash from = now && w.below(2) == 0 ? now->current : family.current;
                const token::TokenHash to{w.random.bytes<32>()};
                const TenantId tenant = w.below(4) == 0 ? w.tenant() : family.tenant;
                const Time deadline = at(w.below(1'000));
                const auto mine = refresh.rotate(tenant, family.id, from, to, deadline);
                CHECK(code_of(mine) == code_of(memory.rotate(tenant, family.id, from, to, deadline)));
                rotated += mine.has_value();
                break;
            }
            case 3: {
                const auto family = pick();
                const TenantId tenant = w.tenant();
                CHECK(code_of(refresh.erase(tenant, family.id)) == code_of(memory.erase(tenant, family.id)));
                break;
            }
            case 4: {
                const TenantId tenant = w.tenant();
                const SubjectId subject = w.subjects[w.below(2)];
                CHECK(refresh.list(tenant, subject).value() == memory.list(tenant, subject).value());
                break;
            }
            case 5: {
                const Time now = at(w.below(100));
                CHECK(refresh.erase_expired(now).value() == memory.erase_expired(now).value());
                break;
            }
        }
        if (step % 100 == 99) {
            for (const TenantId tenant : w.tenants)
                for (const auto& family : known) {
                    const auto mine = refresh.find(tenant, family.selector);
                    const auto theirs = memory.find(tenant, family.selector);
                    REQUIRE(code_of(mine) == code_of(theirs));
                    if (mine) CHECK(*mine == *theirs);
                    if (mine) CHECK(mine->tenant == tenant);
                }
        }
    }
    CHECK(rotated > 10);
    // And after a restart.
    w.restart();
    store::RefreshStore again{*w.database};
    for (const TenantId tenant : w.tenants)
        for (const SubjectId subject : w.subjects)
            CHECK(again.list(tenant, subject).value() == memory.list(tenant, subject).value());
}

TEST_CASE("of a hundred rotations of one refresh token at a time the database lets one succeed", "[store]") {
    World w;
    store::RefreshStore refresh{*w.database};
    const token::RefreshFamily family{.id = SessionId::make(w.clock, w.random),
                                      .selector = {w.random.bytes<32>()},
                                      .current = {w.random.bytes<32>()},
                                      .tenant = w.tenants[0],
                                      .subject = w.subjects[0],
                                      .created = at(0),
                                      .idle_deadline = at(10),
                                      .expires = at(20)};
    REQUIRE(refresh.add(family));
    std::vector<token::TokenHash> next;
    for (int i = 0; i < 100; ++i) next.push_back({w.random.bytes<32>()});
    std::atomic<int> done = 0;
    std::atomic<int> late = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < 10; ++i)
            threads.emplace_back([&, i] {
                for (std::size_t k = 0; k < 10; ++k) {
                    const auto result =
                        refresh.rotate(family.tenant, family.id, family.current, next[10 * i + k], at(11));
                    if (result) ++done;
                    else if (result.error().code == Errc::conflict) ++late;
                }
            });
    }
    CHECK(done == 1);
    CHECK(late == 99);
}

TEST_CASE("pairings agree with those in memory, and count attempts over a restart", "[store]") {
    World w;
    auto pairings = std::make_unique<store::PairingStore>(*w.database);
    token::MemoryPairingStore memory{100};
    std::vector<token::PairingId> ids;
    std::size_t attempts = 0;
    for (int step = 0; step < 500; ++step) {
        const TenantId tenant = w.tenant();
        const DeviceId device = w.device();
        switch (w.below(5)) {
            case 0: {
                const token::PairingRecord record{.id = token::PairingId::make(w.clock, w.random),
                                                  .tenant = tenant,
                                                  .device = device,
                                                  .by = w.subjects[w.below(2)],
                                                  .code = {w.random.bytes<32>()},
                                                  .attempts = static_cast<std::uint32_t>(w.below(3)),
                                                  .created = at(w.below(10)),
                                                  .expires = at(w.below(1'000))};
                ids.push_back(record.id);
                CHECK(code_of(pairings->put(record)) == code_of(memory.put(record)));
                break;
            }
            case 1: {
                const auto mine = pairings->attempt(tenant, device);
                const auto theirs = memory.attempt(tenant, device);
                REQUIRE(code_of(mine) == code_of(theirs));
                if (mine) CHECK(*mine == *theirs);
                attempts += mine.has_value();
                break;
            }
            case 2: {
                const auto id = ids.empty() ? token::PairingId{} : ids[w.below(ids.size())];
                CHECK(code_of(pairings->erase(tenant, device, id)) == code_of(memory.erase(tenant, device, id)));
                break;
            }
            case 3: {
                if (w.below(4) != 0) break;
                CHECK(code_of(pairings->erase(tenant, device)) == code_of(memory.erase(tenant, device)));
                break;
            }
            case 4: {
                const Time now = at(w.below(100));
                CHECK(pairings->erase_expired(now).value() == memory.erase_expired(now).value());
                if (w.below(10) != 0) break;
                pairings.reset();
                w.restart();
                pairings = std::make_unique<store::PairingStore>(*w.database);
                break;
            }
        }
    }
    CHECK(attempts > 20);
    // A count that is full stays so.
    const token::PairingRecord full{.id = token::PairingId::make(w.clock, w.random),
                                    .tenant = w.tenants[0],
                                    .device = w.devices[0],
                                    .by = w.subjects[0],
                                    .attempts = UINT32_MAX,
                                    .expires = at(1'000)};
    REQUIRE(pairings->put(full));
    CHECK(pairings->attempt(w.tenants[0], w.devices[0]).value().attempts == UINT32_MAX);
}

TEST_CASE("revocations agree with those in memory, and stay over a restart", "[store]") {
    World w;
    store::RevocationStore revocations{*w.database};
    token::MemoryRevocationStore memory{10'000};
    std::vector<IdBytes> ids(20);
    for (IdBytes& id : ids) id = w.random.bytes<16>();
    const auto key = [&] {
        return token::RevocationKey{.tenant = w.tenant(),
                                    .scope = static_cast<token::RevocationScope>(1 + w.below(3)),
                                    .id = ids[w.below(ids.size())]};
    };
    std::size_t withdrawn = 0;
    const auto compare = [&](store::RevocationStore& mine) {
        for (const TenantId tenant : w.tenants)
            for (const IdBytes& id : ids)
                for (const auto scope : {1, 2, 3}) {
                    const token::RevocationKey each{tenant, static_cast<token::RevocationScope>(scope), id};
                    const auto until = mine.issued_until(each).value();
                    CHECK(until == memory.issued_until(each).value());
                    withdrawn += until.has_value();
                }
    };
    for (int step = 0; step < 400; ++step) {
        if (w.below(10) != 0) {
            const token::Revocation one{key(), at(w.below(1'000)), at(w.below(1'000))};
            CHECK(code_of(revocations.add(one)) == code_of(memory.add(one)));
        } else {
            const Time now = at(w.below(300));
            CHECK(revocations.forget(now, {}).value() == memory.forget(now, {}).value());
        }
    }
    compare(revocations);
    CHECK(withdrawn > 20);
    w.restart();
    store::RevocationStore again{*w.database};
    compare(again);
}

TEST_CASE("what was used once can't be used again, after a restart either", "[store]") {
    World w;
    constexpr token::ReplayLimits limits{.entries = 40, .entries_a_token = 15};
    auto replay = store::ReplayStore::open(*w.database, limits, w.guard).value();
    token::MemoryReplayStore memory{limits, w.guard};
    const std::array tokens{token::TokenId::make(w.clock, w.random), token::TokenId::make(w.clock, w.random),
                            token::TokenId::make(w.clock, w.random)};
    std::vector<crypto::Sha256Digest> keys(200);
    for (auto& key : keys) key = w.random.bytes<32>();
    std::map<std::string, int> told;
    for (std::uint64_t step = 0; step < 600; ++step) {
        w.clock.set(at(step));
        const token::Spending spending{keys[w.below(keys.size())], tokens[w.below(3)], at(step + w.below(90))};
        const std::string mine = code_of(replay->spend(spending));
        CHECK(mine == code_of(memory.spend(spending)));
        ++told[mine];
        if (step % 50 == 49) {
            replay.reset();
            w.restart();
            replay = store::ReplayStore::open(*w.database, limits, w.guard).value();
        }
    }
    for (const char* each : {"done", "duplicate", "busy", "too_many", "expired"}) {
        INFO(each);
        CHECK(told[each] > 0);
    }
}

TEST_CASE("what the database couldn't keep isn't spent for the caller, and yet not good again", "[store]") {
    World w;
    auto replay = store::ReplayStore::open(*w.database, token::replay_2026, w.guard).value();
    // Behind its back, as a second store of the same database would: the row is there.
    auto second = store::ReplayStore::open(*w.database, token::replay_2026, w.guard).value();
    const token::Spending spending{w.random.bytes<32>(), token::TokenId::make(w.clock, w.random), at(50)};
    REQUIRE(second->spend(spending));
    CHECK(!replay->spend(spending));
    CHECK(replay->spend(spending).error().code == Errc::duplicate);
}

TEST_CASE("what is kept of the clock is there after a restart", "[store]") {
    World w;
    CHECK(store::clock_marks(*w.database).value() == token::ClockMarks{});
    const token::ClockMarks marks{.latest = at(7), .made_by = Time::min(), .over_by = at(9)};
    REQUIRE(store::keep_clock_marks(*w.database, marks));
    w.restart();
    CHECK(store::clock_marks(*w.database).value() == marks);
    REQUIRE(store::keep_clock_marks(*w.database, {.latest = at(3)}));
    CHECK(store::clock_marks(*w.database).value() == token::ClockMarks{.latest = at(3)});
}

TEST_CASE("HOSTILE 8: after a leap of the clock and a restart nothing is good again that was withdrawn or used",
          "[store]") {
    using token::test_support::SignInState;
    World w;
    token::test_support::World t;
    const auto withdrawn = t.issue();
    const auto used = t.state_issuer.issue(t.state_request());
    REQUIRE(used);
    const Time before = t.clock.now();
    struct Server {
        token::ClockGuard guard;
        store::RevocationStore revoked;
        token::RevocationList revocations;
        std::unique_ptr<store::ReplayStore> replays;
        token::Verifier<token::MobileTerminal> mobile;
        token::Verifier<SignInState> states;

        Server(store::Database& database, token::test_support::World& world)
            : guard{world.clock, store::clock_marks(database).value()},
              revoked{database},
              revocations{revoked, guard, token::test_support::World::revocation_rules},
              replays{store::ReplayStore::open(database, token::replay_2026, guard).value()},
              mobile{world.verifying, guard, revocations, *replays},
              states{world.locals, guard, revocations, *replays} {}
    };
    const bool swept = GENERATE(true, false);
    CAPTURE(swept);
    {
        Server server{*w.database, t};
        REQUIRE(server.revocations.revoke(t.tenant, withdrawn.claims.id));
        REQUIRE(server.states.verify(as_text(used->text.expose()), t.state_expected()));
        t.clock.advance(std::chrono::hours{1});
        // Either of the two forgets, and both know.
        if (swept) REQUIRE(server.revocations.sweep() == std::size_t{1});
        const token::Spending next{w.random.bytes<32>(), token::TokenId::make(w.clock, w.random),
                                   t.clock.now() + std::chrono::hours{1}};
        if (!swept) REQUIRE(server.replays->spend(next));
    }
    w.restart();
    t.clock.set(before + std::chrono::seconds{1});
    Server server{*w.database, t};
    CHECK(server.mobile.verify(as_text(withdrawn.text.expose()), t.expected()).error().code == Errc::expired);
    CHECK(server.states.verify(as_text(used->text.expose()), t.state_expected()).error().code == Errc::expired);
}
