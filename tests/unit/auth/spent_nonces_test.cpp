// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/spent_nonces.hpp>

#include <optional>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;
using namespace std::chrono_literals;

namespace {

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    CredentialPlace first = InstanceId::make(clock, random);
    CredentialPlace second = InstanceId::make(clock, random);

    CredentialNonce nonce() { return random.bytes<16>(); }
    std::optional<Errc> spend(SpentNonces& spent, const CredentialPlace& place, const CredentialNonce& nonce,
                              std::chrono::milliseconds lifetime = 4min) {
        const auto done = spent.spend(place, nonce, clock.now() + lifetime, clock.now());
        return done ? std::nullopt : std::optional{done.error().code};
    }
};

constexpr std::optional<Errc> taken{};

}  // namespace

TEST_CASE("a nonce is spent once, wherever it comes from, until its time is over", "[auth]") {
    World w;
    SpentNonces spent{{.each_place = 10, .in_all = 100}};
    const CredentialNonce nonce = w.nonce();
    CHECK(w.spend(spent, w.first, nonce) == taken);
    CHECK(w.spend(spent, w.first, nonce) == Errc::duplicate);
    CHECK(w.spend(spent, w.second, nonce) == Errc::duplicate);
    w.clock.advance(4min);
    CHECK(w.spend(spent, w.first, nonce) == Errc::duplicate);
    w.clock.advance(-10min);  // a clock that goes back brings nothing back
    CHECK(w.spend(spent, w.first, nonce) == Errc::duplicate);
    w.clock.advance(10min + 1ms);
    CHECK(w.spend(spent, w.first, nonce) == taken);
    CHECK(spent.size() == 1);
}

TEST_CASE("a place that has used up its share stops no other", "[auth]") {
    World w;
    SpentNonces spent{{.each_place = 10, .in_all = 100}};
    for (int i = 0; i < 10; ++i) CHECK(w.spend(spent, w.first, w.nonce()) == taken);
    for (int i = 0; i < 1000; ++i) CHECK(w.spend(spent, w.first, w.nonce()) == Errc::busy);
    for (int i = 0; i < 10; ++i) CHECK(w.spend(spent, w.second, w.nonce()) == taken);
    CHECK(w.spend(spent, w.second, w.nonce()) == Errc::busy);
    CHECK(spent.size() == 20);
    w.clock.advance(4min + 1ms);
    CHECK(w.spend(spent, w.first, w.nonce()) == taken);
    CHECK(spent.size() == 1);
}

TEST_CASE("however many places there are, memory is bounded", "[auth]") {
    World w;
    SpentNonces spent{{.each_place = 10, .in_all = 100}};
    for (int i = 0; i < 1000; ++i)
        CHECK(w.spend(spent, InstanceId::make(w.clock, w.random), w.nonce()) ==
              (i < 100 ? taken : std::optional{Errc::busy}));
    CHECK(spent.size() == 100);
    w.clock.advance(4min + 1ms);
    for (int i = 0; i < 100; ++i) CHECK(w.spend(spent, InstanceId::make(w.clock, w.random), w.nonce()) == taken);
}

TEST_CASE("each is forgotten in its own time, whatever order they came in", "[auth]") {
    World w;
    SpentNonces spent{nonces_2026};
    std::vector<CredentialNonce> nonces;
    for (int i = 0; i < 1000; ++i) {
        nonces.push_back(w.nonce());
        CHECK(w.spend(spent, w.first, nonces.back(), 1ms * (i * 7919 % 1000)) == taken);
    }
    for (int now = 0; now < 1000; ++now) {
        // Those of before are gone, the others are there.
        CHECK(w.spend(spent, w.second, nonces[static_cast<std::size_t>(now)], 1h) ==
              (now * 7919 % 1000 < now ? taken : std::optional{Errc::duplicate}));
        w.clock.advance(1ms);
    }
}
