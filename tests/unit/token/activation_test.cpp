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
    crypto::SigningKey phone = crypto::SigningKey::generate(random);
    crypto::SigningKey stranger = crypto::SigningKey::generate(random);
    RequestToSign request{.method = "POST", .target = "/v1/activate", .body = crypto::sha256(as_bytes("{}"))};

    IssuedActivation issue() {
        auto issued = links.issue(tenant, alice, phone.verifying_key(), activation_2026);
        REQUIRE(issued);
        return std::move(*issued);
    }
    /// What a device posts that has this text.
    ShownActivation shown(std::string_view text, const crypto::SigningKey& device) {
        const auto proof = RequestProof::make_for_activation(device, text, request, random);
        REQUIRE(proof);
        return {.text = text, .device_key = device.verifying_key(), .proof = *proof, .request = request};
    }
    Result<Activation> redeem(std::string_view text) { return links.redeem(shown(text, phone), tenant); }
    Result<Activation> redeem(const IssuedActivation& issued) { return redeem(as_text(issued.text.expose())); }
    Errc refused(const ShownActivation& what, TenantId of) {
        const auto result = links.redeem(what, of);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
    Errc refused(std::string_view text, TenantId of) { return refused(shown(text, phone), of); }
    Errc refused(const IssuedActivation& issued) { return refused(as_text(issued.text.expose()), tenant); }
};

// A thread for each, behind one gate.
template <class Act>
void a_thousand_at_once(const Act& act) {
    std::atomic<bool> go = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 1000; ++i)
        threads.emplace_back([&] {
            go.wait(false);
            act();
        });
    go = true;
    go.notify_all();
}

}  // namespace

TEST_CASE("a link is redeemed once", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    CHECK(issued.activation.expires == w.clock.now() + 10min);
    CHECK(issued.activation.subject == w.alice);
    CHECK(issued.activation.device_key == TokenHash::of(w.phone.verifying_key()));
    CHECK(w.redeem(issued) == issued.activation);
    CHECK(w.refused(issued) == Errc::credential_wrong);
    CHECK(w.store.size() == 0);
}

TEST_CASE("HOSTILE 20: of a thousand redemptions at a time exactly one succeeds", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const ShownActivation shown = w.shown(as_text(issued.text.expose()), w.phone);
    std::atomic<int> redeemed = 0;
    std::atomic<int> refused = 0;
    a_thousand_at_once([&] {
        const auto result = w.links.redeem(shown, w.tenant);
        if (result) ++redeemed;
        else if (result.error().code == Errc::credential_wrong) ++refused;
    });
    CHECK(redeemed == 1);
    CHECK(refused == 999);
}

TEST_CASE("HOSTILE 20: of a thousand redemptions late, by another tenant or by another device none succeeds",
          "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const std::string text{as_text(issued.text.expose())};
    const ShownActivation right = w.shown(text, w.phone);
    const ShownActivation strange = w.shown(text, w.stranger);
    const TenantId other = TenantId::make(w.clock, w.random);
    std::atomic<int> redeemed = 0;
    const auto all_at_once = [&](const ShownActivation& shown, TenantId tenant) {
        a_thousand_at_once([&] {
            if (w.links.redeem(shown, tenant)) ++redeemed;
        });
    };
    all_at_once(right, other);
    all_at_once(strange, w.tenant);
    CHECK(w.store.size() == 1);
    w.clock.advance(10min);
    all_at_once(right, w.tenant);
    CHECK(redeemed == 0);
    CHECK(w.store.size() == 0);
}

TEST_CASE("another device than the one that asked has nothing of a link, and doesn't end it", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    const std::string text{as_text(issued.text.expose())};
    CHECK(w.refused(w.shown(text, w.stranger), w.tenant) == Errc::denied);
    // Nor with the right device's key without its signature, or with a signature of something else.
    ShownActivation forged = w.shown(text, w.stranger);
    forged.device_key = w.phone.verifying_key();
    CHECK(w.refused(forged, w.tenant) == Errc::signature_invalid);
    ShownActivation moved = w.shown(text, w.phone);
    moved.request.target = "/v1/activate?as=bob";
    CHECK(w.refused(moved, w.tenant) == Errc::signature_invalid);
    ShownActivation of_another = w.shown(std::string(43, 'A'), w.phone);
    of_another.text = text;
    CHECK(w.refused(of_another, w.tenant) == Errc::signature_invalid);
    ShownActivation renewal = w.shown(text, w.phone);
    renewal.proof = *RequestProof::make_for_refresh(w.phone, text, w.request, w.random);
    CHECK(w.refused(renewal, w.tenant) == Errc::signature_invalid);
    CHECK(w.redeem(issued));
}

TEST_CASE("a link that was stored without a device is nobody's", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    TokenRecord record = w.store.all().front();
    REQUIRE(w.store.erase(w.tenant, record.id));
    record.device_key.reset();
    REQUIRE(w.store.add(record));
    CHECK(w.refused(issued) == Errc::denied);
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
    CHECK(w.redeem(issued));
}

TEST_CASE("a link is over on the millisecond, and gone", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    w.clock.advance(10min);
    CHECK(w.refused(issued) == Errc::expired);
    CHECK(w.refused(issued) == Errc::credential_wrong);
    const IssuedActivation another = w.issue();
    w.clock.advance(10min - 1ms);
    CHECK(w.redeem(another));
}

TEST_CASE("a link of another tenant or kind isn't taken, and isn't spent", "[token]") {
    World w;
    const IssuedActivation issued = w.issue();
    CHECK(w.refused(as_text(issued.text.expose()), TenantId::make(w.clock, w.random)) == Errc::credential_wrong);
    CHECK(w.refused(std::string(43, 'A'), w.tenant) == Errc::credential_wrong);
    CHECK(w.redeem(issued));
}

TEST_CASE("a new link ends the person's earlier ones", "[token]") {
    World w;
    const IssuedActivation first = w.issue();
    const auto bobs = w.links.issue(w.tenant, SubjectId::make(w.clock, w.random), w.phone.verifying_key(), 1min);
    REQUIRE(bobs);
    const IssuedActivation second = w.issue();
    CHECK(w.refused(first) == Errc::credential_wrong);
    CHECK(w.redeem(*bobs));
    CHECK(w.links.revoke_all(w.tenant, w.alice) == std::size_t{1});
    CHECK(w.links.revoke_all(w.tenant, w.alice) == std::size_t{0});
    CHECK(w.refused(second) == Errc::credential_wrong);
}

TEST_CASE("of links that are issued at a time one is left", "[token]") {
    World w;
    const crypto::VerifyingKey phone = w.phone.verifying_key();
    std::atomic<int> issued = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                test::SeededRandom random{static_cast<std::uint64_t>(100 + i)};
                ActivationLinks links{w.store, w.clock, random};
                for (int k = 0; k < 50; ++k)
                    if (links.issue(w.tenant, w.alice, phone, activation_2026)) ++issued;
            });
    }
    CHECK(issued == 400);
    CHECK(w.store.size() == 1);
}

TEST_CASE("expired stays expired when the clock goes back, and a wrong date makes no lasting link", "[token]") {
    World w;
    const Time before = w.clock.now();
    const IssuedActivation old = w.issue();
    w.clock.advance(24h * 3650);
    const auto then = w.links.issue(w.tenant, SubjectId::make(w.clock, w.random), w.phone.verifying_key(), 10min);
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
    const crypto::VerifyingKey phone = w.phone.verifying_key();
    CHECK(w.links.issue({}, w.alice, phone, 1min).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, {}, phone, 1min).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, w.alice, phone, 0ms).error().code == Errc::invalid_argument);
    CHECK(w.links.issue(w.tenant, w.alice, phone, 10min + 1ms).error().code == Errc::invalid_argument);
    CHECK(format_activation_link("http://release.example/", {}).error().code == Errc::invalid_argument);
    CHECK(format_activation_link("https://release.example/#a", {}).error().code == Errc::invalid_argument);
    w.store.down = true;
    CHECK(w.links.issue(w.tenant, w.alice, phone, 1min).error().code == Errc::unavailable);
    CHECK(w.refused(std::string(43, 'A'), w.tenant) == Errc::unavailable);
}
