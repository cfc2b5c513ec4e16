// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/activation.hpp>

#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>

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
    ActivationLinks links{store, clock, random};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);

    IssuedActivation issue() {
        auto issued = links.issue(tenant, alice, activation_2026);
        REQUIRE(issued);
        return std::move(*issued);
    }
    Errc refused(std::string_view text, TenantId of) {
        const auto result = links.redeem({text}, of);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
    Errc refused(const IssuedActivation& issued) { return refused(as_text(issued.text.expose()), tenant); }
};

}  // namespace

TEST_CASE("a link is redeemed once", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    CHECK(issued.activation.expires == w.clock.now() + 10min);
    CHECK(issued.activation.subject == w.alice);
    CHECK(w.links.redeem({as_text(issued.text.expose())}, w.tenant) == issued.activation);
    CHECK(w.refused(issued) == Errc::credential_wrong);
    CHECK(w.store.size() == 0);
}

TEST_CASE("of a thousand redemptions at a time exactly one succeeds", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const std::string text{as_text(issued.text.expose())};
    std::atomic<int> redeemed = 0;
    std::atomic<int> refused = 0;
    std::atomic<bool> go = false;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 20; ++i) {
            threads.emplace_back([&] {
                go.wait(false);
                for (int k = 0; k < 50; ++k) {
                    const auto result = w.links.redeem({text}, w.tenant);
                    if (result) ++redeemed;
                    else if (result.error().code == Errc::credential_wrong) ++refused;
                }
            });
        }
        go = true;
        go.notify_all();
    }
    CHECK(redeemed == 1);
    CHECK(refused == 999);
}

TEST_CASE("fetching a link ahead of the person doesn't spend it", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const auto link = format_activation_link("https://release.example:8642/activate", issued.text);
    REQUIRE(link);
    const std::string text{as_text(link->expose())};
    CHECK(text == "https://release.example:8642/activate#" + std::string{as_text(issued.text.expose())});
    // A scanner sends what stands before the fragment, whole or in parts; the whole link isn't a secret either.
    const std::string fetched = text.substr(0, text.find('#'));
    CHECK(w.refused(fetched, w.tenant) == Errc::malformed);
    CHECK(w.refused(fetched.substr(fetched.rfind('/') + 1), w.tenant) == Errc::malformed);
    CHECK(w.refused("", w.tenant) == Errc::malformed);
    CHECK(w.refused(text, w.tenant) == Errc::malformed);
    CHECK(w.links.redeem({as_text(issued.text.expose())}, w.tenant));
}

TEST_CASE("a link is over on the millisecond, and gone", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    w.clock.advance(10min);
    CHECK(w.refused(issued) == Errc::expired);
    CHECK(w.refused(issued) == Errc::credential_wrong);
    const IssuedActivation another = w.issue();
    w.clock.advance(10min - 1ms);
    CHECK(w.links.redeem({as_text(another.text.expose())}, w.tenant));
}

TEST_CASE("a link of another tenant or kind isn't taken, and isn't spent", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    CHECK(w.refused(as_text(issued.text.expose()), TenantId::make(w.clock, w.random)) == Errc::credential_wrong);
    CHECK(w.refused(std::string(43, 'A'), w.tenant) == Errc::credential_wrong);
    CHECK(w.links.redeem({as_text(issued.text.expose())}, w.tenant));
}

TEST_CASE("a new link ends the person's earlier ones", "[token]") {
    World w;
    const IssuedActivation first = w.issue();
    const auto bobs = w.links.issue(w.tenant, SubjectId::make(w.clock, w.random), 1min);
    REQUIRE(bobs);
    const IssuedActivation second = w.issue();
    CHECK(w.refused(first) == Errc::credential_wrong);
    CHECK(w.links.redeem({as_text(bobs->text.expose())}, w.tenant));
    CHECK(w.links.revoke_all(w.tenant, w.alice) == std::size_t{1});
    CHECK(w.links.revoke_all(w.tenant, w.alice) == std::size_t{0});
    CHECK(w.refused(second) == Errc::credential_wrong);
}

TEST_CASE("expired stays expired when the clock goes back, and a wrong date makes no lasting link", "[token]") {
    World w;
    const Time before = w.clock.now();
    const IssuedActivation old = w.issue();
    w.clock.advance(24h * 3650);
    const auto then = w.links.issue(w.tenant, SubjectId::make(w.clock, w.random), 10min);
    REQUIRE(then);
    w.clock.set(before);
    CHECK(w.refused(old) == Errc::credential_wrong);
    CHECK(w.refused(*then) == Errc::expired);
}

TEST_CASE("what is stored of a link doesn't redeem it", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const auto records = w.store.all();
    REQUIRE(records.size() == 1);
    CHECK(w.refused(to_base64url(records[0].hash.bytes), w.tenant) == Errc::credential_wrong);
    CHECK_FALSE(same_bytes(records[0].hash.bytes, *from_base64url(as_text(issued.text.expose()))));
}

TEST_CASE("nobody issues a link without ids, or for longer than ten minutes", "[token]") {
    World w;
    CHECK(w.links.issue({}, w.alice, 1min).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, {}, 1min).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, w.alice, 0ms).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, w.alice, 10min + 1ms).error().code == Errc::invalid_argument);
    CHECK(format_activation_link("http://release.example/", {}).error().code == Errc::invalid_argument);
    CHECK(format_activation_link("https://release.example/#a", {}).error().code == Errc::invalid_argument);
    w.store.down = true;
    CHECK(w.links.issue(w.tenant, w.alice, 1min).error().code == Errc::unavailable);
    CHECK(w.refused(std::string(43, 'A'), w.tenant) == Errc::unavailable);
}
