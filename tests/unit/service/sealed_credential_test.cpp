// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/sealed_credential.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::SealedCredential;

namespace {

struct Scene {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    service::CredentialOpener opener{crypto::XwingPrivateKey::generate(random), clock};
    service::CredentialContext context{TenantId::make(clock, random), InstanceId::make(clock, random)};

    SealedCredential seal(std::string_view secret = "correct horse") {
        auto sealed = service::seal_credential(opener.public_key(), context, service::Shown::password, "alice",
                                               "192.0.2.7", crypto::Secret::copy_of(secret), clock, random);
        REQUIRE(sealed);
        return *std::move(sealed);
    }
};

Errc code(const Result<crypto::Secret>& result) {
    REQUIRE(!result);
    return result.error().code;
}

}  // namespace

TEST_CASE("a sealed credential comes out at the release server, over the wire", "[service]") {
    Scene scene;
    const std::string wire = scene.seal().encode();
    CHECK(!wire.contains("correct horse"));
    const auto parsed = SealedCredential::parse(wire);
    REQUIRE(parsed);
    CHECK(parsed->user == "alice");
    CHECK(parsed->address == "192.0.2.7");
    const auto secret = scene.opener.open(*parsed);
    REQUIRE(secret);
    CHECK(as_text(secret->expose()) == "correct horse");
}

TEST_CASE("a sealed credential opens once, and only in its time", "[service]") {
    Scene scene;
    const SealedCredential sealed = scene.seal();
    REQUIRE(scene.opener.open(sealed));
    CHECK(code(scene.opener.open(sealed)) == Errc::duplicate);
    const SealedCredential late = scene.seal();
    scene.clock.advance(2min + 1ms);
    CHECK(code(scene.opener.open(late)) == Errc::expired);
    scene.clock.advance(-10min);
    CHECK(code(scene.opener.open(late)) == Errc::expired);
}

TEST_CASE("nothing of a sealed credential can be changed", "[service]") {
    Scene scene;
    const auto broken = [&](auto change) {
        SealedCredential sealed = scene.seal();
        change(sealed);
        return code(scene.opener.open(sealed));
    };
    CHECK(broken([](SealedCredential& s) { s.user = "bob"; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.address = "192.0.2.8"; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.tenant = TenantId{}; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.intake = InstanceId{}; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.shown = service::Shown::print_token; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.made += 1s; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.nonce[3] ^= std::byte{1}; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.enc[700] ^= std::byte{1}; }) == Errc::authentication_failed);
    CHECK(broken([](SealedCredential& s) { s.ciphertext.back() ^= std::byte{1}; }) == Errc::authentication_failed);
}

TEST_CASE("a broken message is refused before any key is used", "[service]") {
    Scene scene;
    const std::string wire = scene.seal().encode();
    for (std::size_t cut = 0; cut < wire.size(); cut += 7) CHECK(!SealedCredential::parse(wire.substr(0, cut)));
    CHECK(SealedCredential::parse(std::string(20'000, ' ')).error().code == Errc::too_large);
}
