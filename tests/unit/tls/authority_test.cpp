// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/authority.hpp>

#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "child.hpp"
#include "fixture.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::World;
using namespace std::chrono_literals;

namespace {

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    REQUIRE(file.flush());
}

/// What `openssl verify` says of a certificate at a time.
int openssl_verify(const test::TemporaryFolder& folder, const char* leaf, const char* purpose, Time when) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
    return test::run_quietly({"openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", folder / "ca.pem",
                              "-CRLfile", folder / "crl.pem", "-purpose", purpose, "-attime", std::to_string(seconds),
                              folder / leaf});
}

}  // namespace

TEST_CASE("OpenSSL agrees with our authority, its certificates and its revocation list", "[tls]") {
    REQUIRE(test::run_quietly({"openssl", "version"}) == 0);
    World world;
    test::TemporaryFolder folder;
    const Issued server = world.issue(Purpose::server);
    const Issued client = world.issue(Purpose::client);
    const Issued old_style = world.issue(Purpose::server_and_client, KeyKind::rsa_2048);
    write(folder / "ca.pem", world.authority.certificate().pem());
    write(folder / "crl.pem", world.authority.crl_pem());
    write(folder / "server.pem", server.certificate.pem());
    write(folder / "client.pem", client.certificate.pem());
    write(folder / "rsa.pem", old_style.certificate.pem());
    const Time now = world.clock.now();

    CHECK(openssl_verify(folder, "server.pem", "sslserver", now) == 0);
    CHECK(openssl_verify(folder, "client.pem", "sslclient", now) == 0);
    CHECK(openssl_verify(folder, "rsa.pem", "sslserver", now) == 0);
    CHECK(openssl_verify(folder, "rsa.pem", "sslclient", now) == 0);
    CHECK(openssl_verify(folder, "server.pem", "sslclient", now) != 0);
    CHECK(openssl_verify(folder, "client.pem", "sslserver", now) != 0);
    CHECK(openssl_verify(folder, "server.pem", "sslserver", now + 24h * 91) != 0);
    CHECK(openssl_verify(folder, "server.pem", "sslserver", now - 1h) != 0);

    must(world.authority.revoke(server.certificate, now, 24h * 30, world.random));
    write(folder / "crl.pem", world.authority.crl_pem());
    CHECK(openssl_verify(folder, "server.pem", "sslserver", now) != 0);
    CHECK(openssl_verify(folder, "client.pem", "sslclient", now) == 0);

    write(folder / "key.pem", as_text(server.key_pem.expose()));
    CHECK(test::run_quietly({"openssl", "pkey", "-in", folder / "key.pem", "-check", "-noout"}) == 0);
}

TEST_CASE("an authority is written and read back, and goes on where it was", "[tls]") {
    World world;
    const Issued first = world.issue(Purpose::client);
    must(world.authority.revoke(first.certificate, world.clock.now(), 24h * 30, world.random));
    const crypto::Secret key = world.authority.key_pem();
    const std::string certificate = world.authority.certificate().pem(), crl = world.authority.crl_pem();

    Authority again = must(Authority::open(ChainPem{certificate}, KeyPem{as_text(key.expose())}, CrlsPem{crl}));
    CHECK(again.certificate() == world.authority.certificate());
    CHECK(again.crl_pem() == crl);
    const Issued second = must(again.issue(world.request(Purpose::client), world.clock.now(), world.random));
    must(again.revoke(second.certificate, world.clock.now(), 24h * 30, world.random));
    const auto anchors =
        must(TrustAnchors::from_pem(AuthoritiesPem{certificate}, CrlsPem{again.crl_pem()}, Revocation::required));
    for (const Certificate& revoked : {first.certificate, second.certificate})
        CHECK(anchors->verify({revoked}, PeerRole::client, "", intermediate_2026, world.clock.now()).error().code ==
              Errc::certificate_revoked);

    World other{2};
    const crypto::Secret wrong = other.authority.key_pem();
    CHECK(Authority::open(ChainPem{certificate}, KeyPem{as_text(wrong.expose())}, CrlsPem{crl}).error().code ==
          Errc::key_invalid);
    CHECK(Authority::open(ChainPem{certificate}, KeyPem{as_text(key.expose())}, CrlsPem{other.authority.crl_pem()})
              .error()
              .code == Errc::certificate_untrusted);
    CHECK(Authority::open(ChainPem{certificate}, KeyPem{as_text(key.expose())}, CrlsPem{""}).error().code ==
          Errc::malformed);
    CHECK(Authority::open(ChainPem{first.certificate.pem()}, KeyPem{as_text(first.key_pem.expose())}, CrlsPem{crl})
              .error()
              .code == Errc::certificate_untrusted);
}

TEST_CASE("a certificate is renewed with the same key, so that pins hold", "[tls]") {
    World world;
    const Issued first = world.issue(Purpose::server);
    world.clock.advance(24h * 60);
    const Certificate second = must(world.authority.issue_for(
        world.request(Purpose::server), KeyPem{as_text(first.key_pem.expose())}, world.clock.now(), world.random));
    CHECK(second.key_fingerprint() == first.certificate.key_fingerprint());
    CHECK(second.fingerprint() != first.certificate.fingerprint());
    CHECK(second.serial() != first.certificate.serial());
    CHECK(second.not_after() == world.clock.now() + 24h * 90);
    CHECK(Credentials::from_pem(ChainPem{second.pem()}, KeyPem{as_text(first.key_pem.expose())}));
}

TEST_CASE("a certificate is renewed by itself alone, with all that it says of its holder", "[tls]") {
    World world, other{2};
    for (const KeyKind kind : {KeyKind::ecdsa_p256, KeyKind::rsa_2048})
        for (const Purpose purpose : {Purpose::server, Purpose::client, Purpose::server_and_client}) {
            const Issued first = world.issue(purpose, kind);
            const Time now = world.clock.now() + 24h * 60;
            const Certificate second = must(world.authority.renew(first.certificate, 24h * 397, now, world.random));
            CHECK(second.key_fingerprint() == first.certificate.key_fingerprint());
            CHECK(second.serial() != first.certificate.serial());
            CHECK(second.subject() == first.certificate.subject());
            CHECK(second.dns_names() == first.certificate.dns_names());
            CHECK(second.ip_addresses() == first.certificate.ip_addresses());
            CHECK(second.uris() == first.certificate.uris());
            CHECK(second.not_after() == now + 24h * 397);
            CHECK(Credentials::from_pem(ChainPem{second.pem()}, KeyPem{as_text(first.key_pem.expose())}));
            for (const PeerRole role : {PeerRole::server, PeerRole::client})
                CHECK(world.anchors()->verify({second}, role, "", intermediate_2026, now).has_value() ==
                      world.anchors()->verify({first.certificate}, role, "", intermediate_2026, now).has_value());
        }

    const Issued issued = world.issue(Purpose::server);
    const Time now = world.clock.now();
    const auto code = [&](const Certificate& certificate, std::chrono::seconds lifetime, Time when) {
        return world.authority.renew(certificate, lifetime, when, world.random).error().code;
    };
    CHECK(code(issued.certificate, 0s, now) == Errc::invalid_argument);
    CHECK(code(issued.certificate, 24h, now + 24h * 3650) == Errc::expired);
    CHECK(code(other.issue(Purpose::server).certificate, 24h, now) == Errc::certificate_untrusted);
    CHECK(code(world.authority.certificate(), 24h, now) == Errc::certificate_untrusted);
    must(world.authority.revoke(issued.certificate, now, 24h, world.random));
    CHECK(code(issued.certificate, 24h, now) == Errc::certificate_revoked);
}

TEST_CASE("an authority renews itself, and what it issued leads to the former and to the new", "[tls]") {
    World world;
    const Issued before = world.issue(Purpose::server);
    const Certificate former = world.authority.certificate();
    const std::string former_crl = world.authority.crl_pem();
    const Time now = world.clock.now() + 24h * 30;
    must(world.authority.renew_self(24h * 3650, now, world.random));
    CHECK(world.authority.certificate().not_after() == now + 24h * 3650);
    CHECK(world.authority.certificate().key_fingerprint() == former.key_fingerprint());
    CHECK(world.authority.certificate().subject() == former.subject());
    CHECK(world.authority.certificate().serial() != former.serial());
    const Issued after = must(world.authority.issue(world.request(Purpose::server), now, world.random));
    must(world.authority.renew_crl(now, 24h * 60, world.random));
    for (const Certificate& authority : {former, world.authority.certificate()})
        for (const std::string& crl : {former_crl, world.authority.crl_pem()})
            for (const Certificate& leaf : {before.certificate, after.certificate})
                CHECK(must(TrustAnchors::from_pem(AuthoritiesPem{authority.pem()}, CrlsPem{crl}, Revocation::required))
                          ->verify({leaf}, PeerRole::server, "localhost", intermediate_2026, now));
    const crypto::Secret key = world.authority.key_pem();
    CHECK(Authority::open(ChainPem{world.authority.certificate().pem()}, KeyPem{as_text(key.expose())},
                          CrlsPem{former_crl}));
    CHECK(world.authority.renew_self(0s, now, world.random).error().code == Errc::invalid_argument);
}

TEST_CASE("revocation lists are renewed, and revoking twice is revoking once", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::client);
    const Time now = world.clock.now();
    CHECK(world.authority.crl_next_update() == now + 24h * 365);
    must(world.authority.revoke(issued.certificate, now, 24h, world.random));
    CHECK(world.authority.crl_next_update() == now + 24h);
    const std::size_t size = world.authority.crl_pem().size();
    must(world.authority.revoke(issued.certificate, now, 24h, world.random));
    CHECK(world.authority.crl_pem().size() <= size + 8);
    must(world.authority.renew_crl(now + 24h * 2, 24h, world.random));
    CHECK(world.authority.crl_next_update() == now + 24h * 3);
    CHECK(world.anchors()
              ->verify({issued.certificate}, PeerRole::client, "", intermediate_2026, now + 24h * 2)
              .error()
              .code == Errc::certificate_revoked);

    World other{2};
    CHECK(world.authority.revoke(other.issue(Purpose::client).certificate, now, 24h, world.random).error().code ==
          Errc::certificate_untrusted);
}

TEST_CASE("an authority refuses what makes no sense", "[tls]") {
    World world;
    const Time now = world.clock.now();
    const auto code = [&](auto change) {
        CertificateRequest request = world.request(Purpose::server);
        change(request);
        return world.authority.issue(request, now, world.random).error().code;
    };
    CHECK(code([](auto& r) { r.common_name.clear(); }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.common_name = std::string(65, 'x'); }) == Errc::too_large);
    CHECK(code([](auto& r) { r.common_name = "a\nb"; }) == Errc::control_character);
    CHECK(code([](auto& r) { r.common_name = "\xff"; }) == Errc::invalid_utf8);
    CHECK(code([](auto& r) { r.dns_names = {"not a name"}; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.dns_names = {std::string{"a\0b", 3}}; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.ip_addresses = {"300.1.1.1"}; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.ip_addresses = {"printer"}; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.uris = {"no uri"}; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.dns_names.assign(65, "x.example"); }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.lifetime = 0s; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.lifetime = -1s; }) == Errc::invalid_argument);
    CHECK(code([](auto& r) { r.lifetime = std::chrono::seconds::max(); }) == Errc::invalid_argument);
    CHECK(world.authority.issue(world.request(Purpose::server), now + 24h * 3651, world.random).error().code ==
          Errc::expired);
    CHECK(
        Authority::create({.common_name = "", .lifetime = 24h, .crl_lifetime = 24h}, now, world.random).error().code ==
        Errc::invalid_argument);
    CHECK(
        Authority::create({.common_name = "x", .lifetime = 0s, .crl_lifetime = 24h}, now, world.random).error().code ==
        Errc::invalid_argument);
    CHECK(
        Authority::create({.common_name = "x", .lifetime = 24h, .crl_lifetime = 0s}, now, world.random).error().code ==
        Errc::invalid_argument);
}

TEST_CASE("no certificate outlives its authority", "[tls]") {
    World world;
    CertificateRequest request = world.request(Purpose::server);
    request.lifetime = 24h * 365 * 50;
    const Issued issued = must(world.authority.issue(request, world.clock.now(), world.random));
    CHECK(issued.certificate.not_after() == world.authority.certificate().not_after());
}
