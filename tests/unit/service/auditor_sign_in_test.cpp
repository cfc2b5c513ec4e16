// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/auditor_sign_in.hpp>

#include <optional>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

constexpr std::optional<Errc> in{};  // no error: let in

class Journal final : public service::AuditorJournal {
public:
    bool down = false;
    bool owing = false;
    int in = 0;
    std::vector<Errc> refused;

    Result<void> ready() override { return owing ? unavailable() : Result<void>{}; }
    Result<void> signed_in() override {
        if (down) return unavailable();
        ++in;
        return {};
    }
    Result<void> sign_in_refused(Errc reason) override {
        if (down) return unavailable();
        refused.push_back(reason);
        return {};
    }

private:
    static Result<void> unavailable() { return fail(Errc::log_unavailable, "release server"); }
};

struct World {
    ManualClock clock{Time{1'800'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    auth::HashingBudget hashing{{.concurrent = 1, .waiting = 0, .memory_kib = auth::argon2_floor.memory_kib}};
    auth::Hasher hasher{auth::argon2_floor, peppers, random, hashing};
    auth::PhcString stored = hasher.hash(crypto::Secret::copy_of(std::string_view{"the right one"})).value();
    test::MemoryThrottleStore store;
    auth::SharedThrottle throttle{auth::throttle_2026, clock, store};
    Journal journal;
    service::AuditorSignIn auditor{{.tenant = tenant,
                                    .hasher = hasher,
                                    .stored = stored,
                                    .throttle = throttle,
                                    .journal = journal,
                                    .clock = clock}};

    std::optional<Errc> at(std::string address, std::string_view password, std::string_view user = "auditor") {
        const auto done = auditor.check(user, crypto::Secret::copy_of(password), std::move(address));
        return done ? in : std::optional{done.error().code};
    }
};

}  // namespace

TEST_CASE("the auditor gets in by name and password, and nobody else", "[service]") {
    World w;
    CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.at("192.0.2.1", "a wrong one") == Errc::credential_wrong);
    CHECK(w.at("192.0.2.1", "the right one", "Auditor") == Errc::credential_wrong);
    CHECK(w.at("192.0.2.1", "the right one", "") == Errc::credential_wrong);
    CHECK(w.at("192.0.2.1", "the right one") == in);
}

TEST_CASE("guesses from everywhere stop no auditor where they were lately, also after a restart", "[service]") {
    World w;
    REQUIRE(w.at("192.0.2.1", "the right one") == in);
    const std::uint64_t before = w.hashing.granted();
    for (int i = 0; i < 200; ++i) {
        const std::string address = "198.51.100." + std::to_string(i);
        CHECK(w.at(address, "a wrong one") ==
              (i < static_cast<int>(auth::throttle_2026.step_up) ? Errc::credential_wrong : Errc::throttled));
    }
    CHECK(w.hashing.granted() - before == auth::throttle_2026.step_up);
    auth::SharedThrottle restarted{auth::throttle_2026, w.clock, w.store};
    REQUIRE(restarted.load());
    const service::AuditorSignIn auditor{{.tenant = w.tenant,
                                          .hasher = w.hasher,
                                          .stored = w.stored,
                                          .throttle = restarted,
                                          .journal = w.journal,
                                          .clock = w.clock}};
    const auto at = [&](std::string address) {
        return auditor.check("auditor", crypto::Secret::copy_of(std::string_view{"the right one"}), std::move(address));
    };
    CHECK(at("203.0.113.1").error().code == Errc::throttled);
    CHECK(at("192.0.2.1"));
    // Other names are none of the auditor's failures.
    w.clock.advance(std::chrono::days{10});
    for (int i = 0; i < 50; ++i) (void)w.at("198.51.100." + std::to_string(i), "a wrong one", "root");
    CHECK(w.at("203.0.113.2", "the right one") == in);
}

TEST_CASE("a password that was never judged is no failure of the auditor's", "[service]") {
    World w;
    {
        const auto permit = w.hashing.acquire(auth::argon2_floor.memory_kib);
        REQUIRE(permit);
        for (int i = 0; i < 50; ++i) CHECK(w.at("192.0.2.1", "the right one") == Errc::busy);
    }
    CHECK(w.at("192.0.2.1", "the right one") == in);
    w.store.down = true;
    CHECK(w.at("192.0.2.1", "the right one") == Errc::unavailable);
}

TEST_CASE("who was judged is on record, and each address once in a while", "[service]") {
    World w;
    for (int i = 0; i < 20; ++i) CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.journal.in == 1);
    CHECK(w.at("192.0.2.2", "the right one") == in);
    CHECK(w.journal.in == 2);
    w.clock.advance(service::AuditorSignIn::recorded_for - 1ms);
    CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.journal.in == 2);
    w.clock.advance(1ms);
    CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.journal.in == 3);
    w.clock.advance(-1h);
    CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.journal.in == 4);

    CHECK(w.at("192.0.2.9", "a wrong one") == Errc::credential_wrong);
    CHECK(w.at("192.0.2.9", "the right one", "root") == Errc::credential_wrong);
    CHECK(w.journal.refused == std::vector{Errc::credential_wrong, Errc::credential_wrong});
    // Those that the throttle turns away aren't: anybody could fill the log with them.
    for (int i = 0; i < 50; ++i) (void)w.at("192.0.2.9", "a wrong one");
    CHECK(w.journal.refused.size() < 10);
}

TEST_CASE("what can't be recorded lets nobody in, and tells nothing of a password", "[service]") {
    World w;
    w.journal.down = true;
    const std::uint64_t before = w.hashing.granted();
    for (int i = 0; i < 30; ++i) {
        CHECK(w.at("192.0.2.1", "the right one") == Errc::log_unavailable);
        CHECK(w.at("192.0.2.2", "a wrong one") == Errc::log_unavailable);
    }
    CHECK(w.hashing.granted() - before == 60);
    CHECK(w.store.load()->empty());
    // While something is owed that must be on record before, nothing is judged.
    w.journal.down = false;
    w.journal.owing = true;
    CHECK(w.at("192.0.2.1", "the right one") == Errc::log_unavailable);
    CHECK(w.hashing.granted() - before == 60);
    w.journal.owing = false;
    CHECK(w.at("192.0.2.1", "the right one") == in);
    CHECK(w.journal.in == 1);
}
