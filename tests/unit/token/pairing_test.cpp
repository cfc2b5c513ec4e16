// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/pairing.hpp>

#include <atomic>
#include <map>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

// The key is borrowed: a temporary would be gone before the first code.
static_assert(std::is_constructible_v<Pairings, PairingStore&, PairingKey&, Clock&, Random&, PairingRules>);
static_assert(!std::is_constructible_v<Pairings, PairingStore&, PairingKey, Clock&, Random&, PairingRules>);

namespace {

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    MemoryPairingStore store{10};
    PairingKey key = PairingKey::random(random);
    Pairings pairings{store, key, clock, random, pairing_2026};
    TenantId tenant = TenantId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);
    SubjectId admin = SubjectId::make(clock, random);

    IssuedPairing begin() {
        auto begun = pairings.begin(tenant, device, admin);
        REQUIRE(begun);
        return std::move(*begun);
    }
    Errc refused(std::string_view typed) {
        const auto result = pairings.redeem(typed, tenant, device);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
};

std::string shown(const IssuedPairing& begun) { return std::string{as_text(begun.text.expose())}; }

// Another code of the same form.
std::string wrong(const IssuedPairing& begun) {
    std::string text = shown(begun);
    text[0] = text[0] == 'B' ? 'C' : 'B';
    return text;
}

}  // namespace

TEST_CASE("a code pairs its device once, however it is typed", "[token]") {
    World w;
    for (int way = 0; way < 4; ++way) {
        const IssuedPairing begun = w.begin();
        std::string typed = shown(begun);
        REQUIRE(typed.size() == 9);
        REQUIRE(typed[4] == '-');
        if (way == 1) typed.erase(4, 1);
        if (way == 2) typed[4] = ' ';
        if (way == 3)
            for (char& c : typed)
                if (c != '-') c = static_cast<char>(c - 'A' + 'a');
        const auto paired = w.pairings.redeem(typed, w.tenant, w.device);
        REQUIRE(paired);
        CHECK(paired->by == w.admin);
        CHECK(paired->id == begun.pairing.id);
        CHECK(w.refused(typed) == Errc::credential_wrong);
    }
}

TEST_CASE("letters are drawn evenly from those that can't be mistaken", "[token]") {
    test::SeededRandom random;
    std::map<char, int> counts;
    for (int i = 0; i < 5000; ++i) {
        const crypto::Secret text = PairingCode::generate(random).text();
        for (const char c : as_text(text.expose())) ++counts[c];
    }
    CHECK(counts['-'] == 5000);
    counts.erase('-');
    CHECK(counts.size() == 20);
    for (const auto& [letter, count] : counts) {
        CAPTURE(letter);
        CHECK(std::string_view{"BCDFGHJKLMNPQRSTVWXZ"}.find(letter) != std::string_view::npos);
        // 2000 on average, with a deviation of 44.
        CHECK(count > 1700);
        CHECK(count < 2300);
    }
}

TEST_CASE("five wrong codes end a pairing, the right one then comes too late", "[token]") {
    World w;
    const IssuedPairing begun = w.begin();
    for (int i = 0; i < 4; ++i) CHECK(w.refused(wrong(begun)) == Errc::credential_wrong);
    CHECK(w.refused(wrong(begun)) == Errc::throttled);
    CHECK(w.refused(shown(begun)) == Errc::credential_wrong);

    const IssuedPairing again = w.begin();
    for (int i = 0; i < 4; ++i) CHECK(w.refused(wrong(again)) == Errc::credential_wrong);
    CHECK(w.pairings.redeem(shown(again), w.tenant, w.device));
}

TEST_CASE("what can't be a code costs no attempt", "[token]") {
    World w;
    const IssuedPairing begun = w.begin();
    for (int i = 0; i < 20; ++i) {
        CHECK(w.refused("") == Errc::malformed);
        CHECK(w.refused("BCDF-GHJ") == Errc::malformed);
        CHECK(w.refused("BCDF-GHJKL") == Errc::malformed);
        CHECK(w.refused("ACDF-GHJK") == Errc::malformed);
        CHECK(w.refused("BCDF_GHJK") == Errc::malformed);
        CHECK(w.refused(std::string_view{"BCDF\0GHJK", 9}) == Errc::malformed);
        CHECK(w.refused(std::string(33, '-')) == Errc::too_large);
    }
    CHECK(w.pairings.redeem(shown(begun), w.tenant, w.device));
}

TEST_CASE("attempts at a time are counted before they are looked at", "[token]") {
    World w;
    const IssuedPairing begun = w.begin();
    std::atomic<int> tried = 0;
    std::atomic<int> paired = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, typed = wrong(begun)] {
                for (int k = 0; k < 50; ++k) {
                    const auto result = w.pairings.redeem(typed, w.tenant, w.device);
                    if (result) ++paired;
                    else if (result.error().code == Errc::credential_wrong &&
                             result.error().detail != "none is pending here")
                        ++tried;
                }
            });
    }
    CHECK(paired == 0);
    CHECK(tried <= 4);
    CHECK(w.refused(shown(begun)) == Errc::credential_wrong);
}

TEST_CASE("of many that type the right code at a time one is paired", "[token]") {
    World w;
    std::atomic<int> paired = 0;
    for (int round = 0; round < 20; ++round) {
        const IssuedPairing begun = w.begin();
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, typed = shown(begun)] {
                if (w.pairings.redeem(typed, w.tenant, w.device)) ++paired;
            });
    }
    CHECK(paired == 20);
}

TEST_CASE("a code is its device's and its tenant's alone", "[token]") {
    World w;
    const IssuedPairing begun = w.begin();
    const DeviceId other = DeviceId::make(w.clock, w.random);
    const TenantId elsewhere = TenantId::make(w.clock, w.random);
    CHECK(w.pairings.redeem(shown(begun), w.tenant, other).error().code == Errc::credential_wrong);
    CHECK(w.pairings.redeem(shown(begun), elsewhere, w.device).error().code == Errc::credential_wrong);
    // Nor where a pairing is pending there.
    REQUIRE(w.pairings.begin(w.tenant, other, w.admin));
    CHECK(w.pairings.redeem(shown(begun), w.tenant, other).error().code == Errc::credential_wrong);
    CHECK(w.pairings.redeem(shown(begun), w.tenant, w.device));
}

TEST_CASE("a code ends with time, with the next one, and when it is cancelled", "[token]") {
    World w;
    const IssuedPairing first = w.begin();
    w.clock.advance(10min);
    CHECK(w.refused(shown(first)) == Errc::expired);
    CHECK(w.refused(shown(first)) == Errc::credential_wrong);
    const IssuedPairing second = w.begin();
    w.clock.advance(10min - 1ms);
    const IssuedPairing third = w.begin();
    CHECK(w.refused(shown(second)) == Errc::credential_wrong);
    REQUIRE(w.pairings.cancel(w.tenant, w.device));
    CHECK(w.pairings.cancel(w.tenant, w.device).error().code == Errc::not_found);
    CHECK(w.refused(shown(third)) == Errc::credential_wrong);
    (void)w.begin();
    w.clock.advance(10min);
    CHECK(w.pairings.sweep() == std::size_t{1});
}

TEST_CASE("an expired code stays expired when the clock goes back", "[token]") {
    World w;
    const Time before = w.clock.now();
    const IssuedPairing old = w.begin();
    w.clock.advance(24h * 3650);
    CHECK(w.pairings.sweep() == std::size_t{1});
    const DeviceId other = DeviceId::make(w.clock, w.random);
    const auto then = w.pairings.begin(w.tenant, other, w.admin);
    REQUIRE(then);
    w.clock.set(before);
    CHECK(w.refused(shown(old)) == Errc::credential_wrong);
    CHECK(w.pairings.redeem(shown(*then), w.tenant, other).error().code == Errc::expired);
}

TEST_CASE("what is stored of a code doesn't tell it without the key", "[token]") {
    World w;
    const IssuedPairing begun = w.begin();
    const PairingCode code = *PairingCode::parse(shown(begun));
    CHECK(begun.pairing.code == code.tag(w.key, w.tenant, w.device));
    CHECK(begun.pairing.code != code.tag(PairingKey::random(w.random), w.tenant, w.device));
    CHECK(begun.pairing.code != code.tag(w.key, w.tenant, DeviceId::make(w.clock, w.random)));
}

TEST_CASE("nobody begins a pairing without ids, time or attempts, nor in a full store", "[token]") {
    World w;
    CHECK(w.pairings.begin({}, w.device, w.admin).error().code == Errc::invalid_argument);
    CHECK(w.pairings.begin(w.tenant, {}, w.admin).error().code == Errc::invalid_argument);
    CHECK(w.pairings.begin(w.tenant, w.device, {}).error().code == Errc::invalid_argument);
    for (const PairingRules rules :
         {PairingRules{.lifetime = 0ms, .attempts = 1}, PairingRules{.lifetime = 1s, .attempts = 0}}) {
        Pairings pairings{w.store, w.key, w.clock, w.random, rules};
        CHECK(pairings.begin(w.tenant, w.device, w.admin).error().code == Errc::invalid_argument);
    }
    for (int i = 0; i < 10; ++i) REQUIRE(w.pairings.begin(w.tenant, DeviceId::make(w.clock, w.random), w.admin));
    CHECK(w.pairings.begin(w.tenant, w.device, w.admin).error().code == Errc::too_many);
}
