// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/sealed_credential.hpp>

#include <set>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;
using namespace std::chrono_literals;

namespace {

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    crypto::XwingSeed seed = crypto::XwingSeed::random(random);
    CredentialOpener opener = opens("safeq-release/sign-in");
    TenantId tenant = TenantId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);

    CredentialOpener opens(std::string audience) {
        return CredentialOpener{crypto::XwingPrivateKey::from_seed(seed.clone()), std::move(audience), nonces_2026,
                                clock};
    }
    CredentialContext context() {
        return {.tenant = tenant,
                .place = device,
                .factor = FactorKind::pin,
                .user = "alice",
                .address = "192.0.2.7",
                .audience = "safeq-release/sign-in",
                .made = clock.now(),
                .nonce = random.bytes<16>()};
    }
    SealedCredential seal(std::string_view secret = "2468") {
        auto sealed = seal_credential(opener.public_key(), context(), crypto::Secret::copy_of(secret), random);
        REQUIRE(sealed);
        return *std::move(sealed);
    }
};

Errc code(const Result<crypto::Secret>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

}  // namespace

TEST_CASE("a sealed credential opens once", "[auth]") {
    World w;
    const SealedCredential sealed = w.seal();
    const auto secret = w.opener.open(sealed);
    REQUIRE(secret);
    CHECK(as_text(secret->expose()) == "2468");
    CHECK(code(w.opener.open(sealed)) == Errc::duplicate);
    const SealedCredential empty = w.seal("");
    CHECK(w.opener.open(empty)->empty());
}

TEST_CASE("nothing that a credential is bound to can be changed, and the attempt spends it", "[auth]") {
    World w;
    int tried = 0;
    const auto changed = [&](auto change) {
        ++tried;
        const SealedCredential good = w.seal();
        SealedCredential bad = good;
        change(bad);
        CHECK(code(w.opener.open(bad)) == Errc::authentication_failed);
        if (bad.context.nonce == good.context.nonce) CHECK(code(w.opener.open(good)) == Errc::duplicate);
    };
    changed([&](SealedCredential& s) { s.context.tenant = TenantId::make(w.clock, w.random); });
    changed([&](SealedCredential& s) { s.context.place = DeviceId::make(w.clock, w.random); });
    // A listener of the same id is another place.
    changed([&](SealedCredential& s) { s.context.place = *InstanceId::parse(w.device.text()); });
    changed([](SealedCredential& s) { s.context.factor = FactorKind::password; });
    changed([](SealedCredential& s) { s.context.user = "bob"; });
    changed([](SealedCredential& s) { s.context.address.clear(); });
    // What moves from one field to the next isn't the same text.
    changed([](SealedCredential& s) {
        s.context.user = "alice1";
        s.context.address = "92.0.2.7";
    });
    changed([](SealedCredential& s) { s.context.made += 1ms; });
    changed([](SealedCredential& s) { s.context.nonce[0] ^= std::byte{1}; });
    changed([](SealedCredential& s) { s.enc[5] ^= std::byte{1}; });
    changed([](SealedCredential& s) { s.ciphertext[0] ^= std::byte{1}; });
    changed([](SealedCredential& s) { s.ciphertext.resize(3); });
    changed([](SealedCredential& s) { s.ciphertext.clear(); });
    CHECK(tried == 13);
}

TEST_CASE("a credential for somebody else isn't opened, whatever key it is sealed to", "[auth]") {
    World w;
    const SealedCredential sealed = w.seal();
    CredentialOpener report = w.opens("safeq-report/sign-in");
    CHECK(code(report.open(sealed)) == Errc::denied);
    SealedCredential relabelled = sealed;
    relabelled.context.audience = "safeq-report/sign-in";
    CHECK(code(report.open(relabelled)) == Errc::authentication_failed);
    // The right one takes it still.
    CHECK(w.opener.open(sealed));
    CredentialOpener stranger{crypto::XwingPrivateKey::generate(w.random), "safeq-release/sign-in", nonces_2026,
                              w.clock};
    CHECK(code(stranger.open(w.seal())) == Errc::authentication_failed);
}

TEST_CASE("a credential is good for two minutes", "[auth]") {
    World w;
    const SealedCredential early = w.seal();
    const SealedCredential late = w.seal();
    w.clock.advance(2min);
    CHECK(w.opener.open(early));
    w.clock.advance(1ms);
    CHECK(code(w.opener.open(late)) == Errc::expired);
    CHECK(code(w.opener.open(early)) == Errc::expired);
    const SealedCredential ahead = w.seal();
    w.clock.advance(-2min);
    CHECK(w.opener.open(ahead));
    SealedCredential absurd = w.seal();
    absurd.context.made = Time::max();
    CHECK(code(w.opener.open(absurd)) == Errc::expired);
    absurd.context.made = Time::min();
    CHECK(code(w.opener.open(absurd)) == Errc::expired);
}

TEST_CASE("a listener that sends without end stops itself, not another", "[auth]") {
    World w;
    CredentialOpener opener{crypto::XwingPrivateKey::from_seed(w.seed.clone()), "safeq-release/sign-in",
                            NonceLimits{.each_place = 3, .in_all = 6}, w.clock};
    for (int i = 0; i < 3; ++i) CHECK(opener.open(w.seal()));
    const SealedCredential late = w.seal();
    CHECK(code(opener.open(late)) == Errc::busy);
    w.device = DeviceId::make(w.clock, w.random);
    CHECK(opener.open(w.seal()));
    w.clock.advance(1min);
    CHECK(code(opener.open(late)) == Errc::busy);
    w.clock.advance(4min);
    CHECK(opener.open(w.seal()));
}

TEST_CASE("a restart doesn't forget which credentials were used", "[auth]") {
    World w;
    const SealedCredential used = w.seal();
    REQUIRE(w.opener.open(used));
    w.clock.advance(1s);
    CredentialOpener restarted = w.opens("safeq-release/sign-in");
    CHECK(code(restarted.open(used)) == Errc::expired);
    CHECK(restarted.open(w.seal()));
}

TEST_CASE("the associated data is as the page says", "[auth]") {
    CredentialContext context{.tenant = TenantId{IdBytes{std::byte{1}}},
                              .place = InstanceId{IdBytes{std::byte{2}}},
                              .factor = FactorKind::password,
                              .user = "al",
                              .address = "",
                              .audience = "x",
                              .made = Time{258ms},
                              .nonce = {std::byte{3}}};
    const std::string id(30, '0');
    CHECK(to_hex(associated_data(context)) == "0000001001" + id + "02" + "0000001002" + id + "01" + "00000002616c" +
                                                  "00000000" + "0000000178" + "0000000000000102" + "0000001003" + id);
    std::set<std::uint8_t> numbers;
    for (const FactorKind factor : all_factor_kinds) {
        context.factor = factor;
        numbers.insert(static_cast<std::uint8_t>(associated_data(context)[41]));
    }
    CHECK(numbers == std::set<std::uint8_t>{1, 2, 3, 4});
}
