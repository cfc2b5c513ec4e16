// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/hasher.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;

// The ring is borrowed: a temporary would be gone before the first hash.
static_assert(std::is_constructible_v<Hasher, Argon2Parameters, PepperRing&, Random&, HashingBudget&>);
static_assert(!std::is_constructible_v<Hasher, Argon2Parameters, PepperRing, Random&, HashingBudget&>);

namespace {

constexpr Argon2Parameters floor_cost = argon2_floor;

crypto::Secret secret(std::string_view text) { return crypto::Secret::copy_of(text); }

struct Fixture {
    test::SeededRandom random;
    PepperKey old_key = PepperKey::random(random);
    PepperKey new_key = PepperKey::random(random);
    HashingBudget budget{{.concurrent = 2, .waiting = 4, .memory_kib = 512 * 1024}};
    PepperRing old_ring{Pepper{old_key}};
    PepperRing new_ring{Pepper{new_key}};
    PepperRing both = rotated();
    Hasher hasher{floor_cost, old_ring, random, budget};
    PinOwner owner{.tenant = TenantId{IdBytes{std::byte{1}}}, .subject = SubjectId{IdBytes{std::byte{2}}}};

    PepperRing rotated() const {
        PepperRing ring{Pepper{new_key}};
        REQUIRE(ring.add_previous(Pepper{old_key}));
        return ring;
    }
};

}  // namespace

TEST_CASE("a password matches what was stored of it", "[auth]") {
    Fixture f;
    const auto stored = f.hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    CHECK(stored->cost() == floor_cost);
    CHECK(stored->pepper() == f.old_ring.current().id());
    CHECK(f.hasher.verify(*stored, secret("correct horse")) == PasswordCheck::match);
    CHECK(f.hasher.verify(*stored, secret("correct horsf")) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(*stored, secret("correct horse ")) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(*stored, secret("")) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(*PhcString::parse(stored->text()), secret("correct horse")) == PasswordCheck::match);
    CHECK(f.hasher.hash(secret("correct horse")) != *stored);
    CHECK(f.budget.running() == 0);
}

TEST_CASE("the default of 2026 works", "[auth]") {
    Fixture f;
    const Hasher hasher{argon2id_2026, f.old_ring, f.random, f.budget};
    const auto stored = hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    CHECK(stored->text().starts_with("$argon2id$v=19$m=65536,t=3,p=4,keyid="));
    CHECK(hasher.verify(*stored, secret("correct horse")) == PasswordCheck::match);
}

TEST_CASE("other costs or an older pepper ask for a new hash", "[auth]") {
    Fixture f;
    const auto stored = f.hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    const Hasher costlier{{.memory_kib = 20 * 1024, .passes = 2, .lanes = 1}, f.old_ring, f.random, f.budget};
    CHECK(costlier.verify(*stored, secret("correct horse")) == PasswordCheck::match_needs_rehash);
    CHECK(costlier.verify(*stored, secret("wrong horse")) == PasswordCheck::mismatch);

    const Hasher rotated{floor_cost, f.both, f.random, f.budget};
    CHECK(rotated.verify(*stored, secret("correct horse")) == PasswordCheck::match_needs_rehash);
    const auto renewed = rotated.hash(secret("correct horse"));
    REQUIRE(renewed);
    CHECK(renewed->pepper() == f.new_ring.current().id());
    CHECK(rotated.verify(*renewed, secret("correct horse")) == PasswordCheck::match);
}

TEST_CASE("without its pepper a stored hash says nothing", "[auth]") {
    Fixture f;
    const auto stored = f.hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    const Hasher stranger{floor_cost, f.new_ring, f.random, f.budget};
    CHECK(stranger.verify(*stored, secret("correct horse")).error().code == Errc::key_unknown);
    // Relabelled with a pepper that is at hand, it still doesn't match.
    const auto relabelled = PhcString::from(stored->cost(), f.new_ring.current().id(), stored->salt(), stored->hash());
    REQUIRE(relabelled);
    CHECK(stranger.verify(*relabelled, secret("correct horse")) == PasswordCheck::mismatch);
    const auto bare = PhcString::from(stored->cost(), std::nullopt, stored->salt(), stored->hash());
    REQUIRE(bare);
    CHECK(f.hasher.verify(*bare, secret("correct horse")).error().code == Errc::key_unknown);
}

TEST_CASE("a PIN counts for its owner alone, and never as a password", "[auth]") {
    Fixture f;
    const Pin pin = *Pin::parse(secret("12345678"));
    const auto stored = f.hasher.hash_pin(f.owner, pin);
    REQUIRE(stored);
    CHECK(f.hasher.verify_pin(*stored, f.owner, pin) == PasswordCheck::match);
    CHECK(f.hasher.verify_pin(*stored, f.owner, *Pin::parse(secret("12345679"))) == PasswordCheck::mismatch);
    const PinOwner neighbour{.tenant = f.owner.tenant, .subject = SubjectId{IdBytes{std::byte{3}}}};
    const PinOwner elsewhere{.tenant = TenantId{IdBytes{std::byte{9}}}, .subject = f.owner.subject};
    CHECK(f.hasher.verify_pin(*stored, neighbour, pin) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify_pin(*stored, elsewhere, pin) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(*stored, secret("12345678")) == PasswordCheck::mismatch);
}

TEST_CASE("lengths and costs out of bounds are refused before any work", "[auth]") {
    Fixture f;
    CHECK(f.hasher.hash(secret("seven77")).error().code == Errc::invalid_argument);
    CHECK(f.hasher.hash(secret(std::string(1025, 'x'))).error().code == Errc::too_large);
    CHECK(f.hasher.verify_nobody("nobody", secret(std::string(1025, 'x'))).error().code == Errc::too_large);
    for (const Argon2Parameters bad : {Argon2Parameters{.memory_kib = 1024, .passes = 3, .lanes = 1},
                                       Argon2Parameters{.memory_kib = 64 * 1024, .passes = 1, .lanes = 1},
                                       Argon2Parameters{.memory_kib = 1u << 30, .passes = 3, .lanes = 1}}) {
        const Hasher hasher{bad, f.old_ring, f.random, f.budget};
        CHECK(hasher.hash(secret("correct horse")).error().code == Errc::weak_parameters);
        CHECK(hasher.verify_nobody("nobody", secret("correct horse")).error().code == Errc::weak_parameters);
    }
    CHECK(f.budget.granted() == 0);
}

TEST_CASE("nobody's check costs one hash", "[auth]") {
    Fixture f;
    REQUIRE(f.hasher.verify_nobody("nobody", secret("x")));
    CHECK(f.budget.granted() == 1);
}

TEST_CASE("a flood of checks never computes more hashes at a time than planned", "[auth]") {
    Fixture f;
    const auto stored = f.hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    std::atomic<int> right = 0;
    std::atomic<int> busy = 0;
    std::atomic<int> other = 0;
    {
        std::vector<std::jthread> flood;
        for (int i = 0; i < 48; ++i) {
            flood.emplace_back([&] {
                const auto check = f.hasher.verify(*stored, secret("correct horse"));
                if (check == PasswordCheck::match) ++right;
                else if (!check && check.error().code == Errc::busy) ++busy;
                else ++other;
            });
        }
    }
    CHECK(right + busy == 48);
    CHECK(right >= 2);
    CHECK(other == 0);
    CHECK(f.budget.peak() <= 2);
    CHECK(f.budget.running() == 0);
}

TEST_CASE("a thousand requests at once keep to the budget, and the rest are told busy", "[auth]") {
    Fixture f;
    constexpr HashingLimits limits{.concurrent = 2, .waiting = 6, .memory_kib = 512 * 1024};
    constexpr int requests = 1000;
    HashingBudget budget{limits};
    const Hasher hasher{floor_cost, f.old_ring, f.random, budget};
    const auto stored = hasher.hash(secret("correct horse"));
    REQUIRE(stored);
    // All places are taken until the line is full and everybody else has been sent away, so that the count is exact.
    std::vector<HashingBudget::Permit> held;
    for (std::uint32_t i = 0; i < limits.concurrent; ++i) held.push_back(*budget.acquire(64 * 1024));
    std::atomic<int> right = 0;
    std::atomic<int> busy = 0;
    std::atomic<int> other = 0;
    std::vector<std::jthread> flood;
    for (int i = 0; i < requests; ++i) {
        flood.emplace_back([&, wrong = i % 2 == 0] {
            const auto check = hasher.verify(*stored, secret(wrong ? "wrong horse" : "correct horse"));
            if (check) ++right;
            else if (check.error().code == Errc::busy) ++busy;
            else ++other;
        });
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (busy < requests - static_cast<int>(limits.waiting) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(busy == requests - static_cast<int>(limits.waiting));
    held.clear();
    flood.clear();
    CHECK(right == static_cast<int>(limits.waiting));
    CHECK(other == 0);
    // Each permit stands for one Argon2id memory: never more than this many at a time.
    CHECK(budget.peak() == limits.concurrent);
    CHECK(budget.granted() == 1 + limits.concurrent + limits.waiting);
    CHECK(budget.running() == 0);
}
