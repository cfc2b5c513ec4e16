// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/key_ring.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const Time start{1'700'000'000'000ms};
const KeyPeriod period{.issue_from = start, .issue_until = start + 1h, .verify_until = start + 2h};

}  // namespace

TEST_CASE("a key is found by its id within its period", "[token]") {
    test::SeededRandom random;
    const auto key = crypto::SigningKey::generate(random).verifying_key();
    VerifyingKeys ring;
    REQUIRE(ring.add(key, period));
    CHECK((*ring.find(KeyId::of(key), start, 0s))->key == key);
    CHECK(ring.find(KeyId::of(key), start + 2h - 1ms, 0s));
    CHECK(ring.find(KeyId::of(key), start + 2h, 0s).error().code == Errc::key_unknown);
    CHECK(ring.find(KeyId::of(key), start - 1ms, 0s).error().code == Errc::key_unknown);
    CHECK(ring.find(KeyId::of(key), start - 10s, 10s));
    CHECK(ring.find(KeyId::of(key), start - 10s - 1ms, 10s).error().code == Errc::key_unknown);
    CHECK(ring.find(KeyId::of(key), start + 2h + 10s - 1ms, 10s));
    CHECK(ring.find(KeyId::of(key), start + 2h + 10s, 10s).error().code == Errc::key_unknown);
    CHECK(ring.find(KeyId::of(LocalKey{}), start, 0s).error().code == Errc::key_unknown);
}

TEST_CASE("the newest key whose time it is issues", "[token]") {
    test::SeededRandom random;
    SigningKeys ring;
    CHECK(ring.current(start).error().code == Errc::key_unknown);
    auto first = crypto::SigningKey::generate(random);
    auto second = crypto::SigningKey::generate(random);
    const KeyId first_id = token_key_id(first);
    const KeyId second_id = token_key_id(second);
    CHECK(first_id.kind() == KeyIdKind::pid);
    REQUIRE(ring.add(std::move(second), {start + 30min, start + 90min, start + 3h}));
    REQUIRE(ring.add(std::move(first), period));
    CHECK((*ring.current(start))->id == first_id);
    CHECK((*ring.current(start + 30min - 1ms))->id == first_id);
    CHECK((*ring.current(start + 30min))->id == second_id);
    CHECK((*ring.current(start + 90min - 1ms))->id == second_id);
    CHECK(ring.current(start + 90min).error().code == Errc::key_unknown);
}

TEST_CASE("a period's times are in order, and ids are unique", "[token]") {
    LocalKeys ring;
    CHECK(ring.add(LocalKey{}, {start, start, start + 1h}).error().code == Errc::invalid_argument);
    CHECK(ring.add(LocalKey{}, {start + 1h, start, start + 1h}).error().code == Errc::invalid_argument);
    CHECK(ring.add(LocalKey{}, {start, start + 2h, start + 1h}).error().code == Errc::invalid_argument);
    REQUIRE(ring.add(LocalKey{}, period));
    CHECK(ring.add(LocalKey{}, period).error().code == Errc::already_exists);
    CHECK(KeyPeriod::of(start, 1h, MobileTerminal::rules).verify_until == start + 1h + 5min);
}

TEST_CASE("a ring is bounded; keys leave when their time is over or at once", "[token]") {
    test::SeededRandom random;
    LocalKeys ring;
    const LocalKey first = LocalKey::random(random);
    REQUIRE(ring.add(first.clone(), period));
    for (std::size_t i = 1; i < LocalKeys::max_keys; ++i) REQUIRE(ring.add(LocalKey::random(random), period));
    const LocalKey last = LocalKey::random(random);
    CHECK(ring.add(last.clone(), period).error().code == Errc::too_many);
    // None goes whose tokens are still taken.
    const Time last_taken = start + 2h + 10s - 1ms;
    REQUIRE(ring.find(KeyId::of(first), last_taken, 10s));
    CHECK(ring.drop_expired(last_taken, 10s) == 0);
    CHECK(ring.find(KeyId::of(first), last_taken, 10s));
    CHECK(ring.drop_expired(last_taken + 1ms, 10s) == LocalKeys::max_keys);
    REQUIRE(ring.add(last.clone(), period));
    const auto held = ring.find(KeyId::of(last), start, 0s);
    REQUIRE(held);
    REQUIRE(ring.remove(KeyId::of(last)));
    CHECK(ring.remove(KeyId::of(last)).error().code == Errc::not_found);
    CHECK(ring.find(KeyId::of(last), start, 0s).error().code == Errc::key_unknown);
    CHECK(same_bytes((*held)->key.expose(), last.expose()));
    CHECK(ring.size() == 0);
}
