// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/auditor_sign_in.hpp>

#include <optional>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

constexpr std::optional<Errc> in{};  // no error: let in

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

    std::optional<Errc> at(std::string address, std::string_view password, std::string_view user = "auditor") {
        const service::AuditorSignIn auditor{
            {.tenant = tenant, .hasher = hasher, .stored = stored, .throttle = throttle}};
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
    const service::AuditorSignIn auditor{
        {.tenant = w.tenant, .hasher = w.hasher, .stored = w.stored, .throttle = restarted}};
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
