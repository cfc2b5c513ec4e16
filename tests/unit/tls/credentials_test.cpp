// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/credentials.hpp>

#include <catch2/catch_test_macros.hpp>

#include "fixture.hpp"
#include "two_tiers.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::TwoTiers;
using safeq::test::World;
using namespace std::chrono_literals;

TEST_CASE("a certificate tells what is in it", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::server);
    const Certificate read =
        must(Certificate::from_pem("a line before\n" + issued.certificate.pem() + "and one after\n"));
    CHECK(read == issued.certificate);
    CHECK(read.common_name() == "printer");
    CHECK(read.subject().contains("printer"));
    CHECK(read.issuer().contains("Test authority"));
    CHECK(read.dns_names() == std::vector<std::string>{"localhost", "print.example"});
    CHECK(read.ip_addresses() == std::vector<std::string>{"127.0.0.1", "::1"});
    CHECK(read.uris() == std::vector<std::string>{"safeq:daemon:release"});
    CHECK(read.id() == "safeq:daemon:release");
    CHECK(read.not_before() == world.clock.now() - 5min);
    CHECK(read.not_after() == world.clock.now() + 24h * 90);
    CHECK(read.key_algorithm() == "ECDSA");
    CHECK_FALSE(read.is_authority());
    CHECK(world.authority.certificate().is_authority());
    CHECK(must(Certificate::from_der(read.der())) == read);
    CHECK(read.serial().size() >= 16);
    CHECK(read.fingerprint() != read.key_fingerprint());
    CHECK(world.authority.certificate().id() == "sha256:" + to_hex(world.authority.certificate().fingerprint()));
}

TEST_CASE("two safeq URIs in one certificate are no identity", "[tls]") {
    World world;
    CertificateRequest request = world.request(Purpose::client);
    request.uris = {"safeq:daemon:intake", "safeq:daemon:release"};
    const Issued issued = must(world.authority.issue(request, world.clock.now(), world.random));
    CHECK(issued.certificate.id().starts_with("sha256:"));
}

TEST_CASE("broken PEM is refused", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::server);
    const std::string pem = issued.certificate.pem();
    const std::string key{as_text(issued.key_pem.expose())};

    CHECK(Certificate::from_pem("").error().code == Errc::malformed);
    CHECK(Certificate::from_pem("no PEM at all").error().code == Errc::malformed);
    CHECK(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().code ==
          Errc::malformed);
    CHECK(Certificate::from_pem(key).error().code == Errc::malformed);
    CHECK(Certificate::from_pem(pem + pem).error().code == Errc::trailing_data);
    CHECK(Certificate::from_pem(pem + "-----BEGIN CERTIFICATE-----\n").error().code == Errc::malformed);
    std::string seventeen;
    for (int i = 0; i < 17; ++i) seventeen += pem;
    CHECK(Certificate::chain_from_pem(seventeen).error().code == Errc::too_many);
    CHECK(must(Certificate::chain_from_pem(pem + world.authority.certificate().pem())).size() == 2);
    for (std::size_t cut = 0; cut < pem.size() - 1; cut += 7) CHECK_FALSE(Certificate::from_pem(pem.substr(0, cut)));

    Bytes der = to_bytes(issued.certificate.der());
    for (std::size_t cut = 0; cut < der.size(); cut += 5) CHECK_FALSE(Certificate::from_der(ByteView{der}.first(cut)));
    der.push_back(std::byte{0});
    CHECK(Certificate::from_der(der).error().code == Errc::malformed);
    CHECK(Certificate::from_der(Bytes(70'000)).error().code == Errc::too_large);
}

TEST_CASE("a key must be the certificate's", "[tls]") {
    World world;
    const Issued one = world.issue(Purpose::server);
    const Issued other = world.issue(Purpose::server);
    const Issued rsa = world.issue(Purpose::server, KeyKind::rsa_2048);
    const std::string pem = one.certificate.pem();
    CHECK(Credentials::from_pem(ChainPem{pem}, KeyPem{as_text(one.key_pem.expose())}));
    CHECK(Credentials::from_pem(ChainPem{pem}, KeyPem{as_text(other.key_pem.expose())}).error().code ==
          Errc::key_invalid);
    CHECK(Credentials::from_pem(ChainPem{pem}, KeyPem{as_text(rsa.key_pem.expose())}).error().code ==
          Errc::key_invalid);
    CHECK(Credentials::from_pem(ChainPem{pem}, KeyPem{pem}).error().code == Errc::malformed);
    CHECK(Credentials::from_pem(ChainPem{pem}, KeyPem{""}).error().code == Errc::malformed);
    CHECK(Credentials::from_pem(ChainPem{""}, KeyPem{as_text(one.key_pem.expose())}).error().code == Errc::malformed);
    // The leaf comes first.
    CHECK(Credentials::from_pem(ChainPem{world.authority.certificate().pem() + pem},
                                KeyPem{as_text(one.key_pem.expose())})
              .error()
              .code == Errc::key_invalid);
}

TEST_CASE("trust anchors are self-signed authorities and their own lists", "[tls]") {
    World world, other{99};
    const Issued leaf = world.issue(Purpose::server);
    const std::string ca = world.authority.certificate().pem();
    const auto load = [](const std::string& authorities, const std::string& crls) {
        return TrustAnchors::from_pem(AuthoritiesPem{authorities}, CrlsPem{crls}, Revocation::required);
    };
    CHECK(must(load(ca, world.authority.crl_pem()))->authorities().size() == 1);
    CHECK(load(ca, ""));
    CHECK(load(ca, "\n"));
    CHECK(load(leaf.certificate.pem(), "").error().code == Errc::certificate_untrusted);
    CHECK(load("", "").error().code == Errc::malformed);
    CHECK(load(ca, "rubbish").error().code == Errc::malformed);
    CHECK(load(ca, ca).error().code == Errc::malformed);

    // Same name, another key: its list doesn't count for ours.
    REQUIRE(other.authority.certificate().subject() == world.authority.certificate().subject());
    CHECK(load(ca, other.authority.crl_pem()).error().code == Errc::certificate_untrusted);
}

TEST_CASE("authorities below an anchor have lists that count, and are no anchors", "[tls]") {
    TwoTiers tiers, others{2};
    const std::string both = tiers.root.pem() + tiers.issuing.pem();
    const auto leaf = tiers.leaf(tiers.issuing), revoked = tiers.leaf(tiers.issuing);
    const std::string of_root = tiers.crl(tiers.root), of_issuing = tiers.crl(tiers.issuing, {revoked});
    const auto load = [](const std::string& authorities, const std::string& crls,
                         Revocation revocation = Revocation::required) {
        return TrustAnchors::from_pem(AuthoritiesPem{authorities}, CrlsPem{crls}, revocation);
    };
    const auto verdict = [&](const TrustAnchors& anchors, const Botan::X509_Certificate& shown,
                             bool with_issuer = false) {
        const std::string text = shown.PEM_encode() + (with_issuer ? tiers.issuing.pem() : "");
        const auto result = anchors.verify(must(Certificate::chain_from_pem(text)), PeerRole::server, "print.example",
                                           intermediate_2026, tiers.now);
        return result ? std::string{"good"} : std::string{safeq::name(result.error().code)};
    };
    const auto anchors = must(load(both, of_root + of_issuing));
    CHECK(anchors->authorities().size() == 2);
    for (const bool with_issuer : {false, true}) {
        CHECK(verdict(*anchors, leaf, with_issuer) == "good");
        CHECK(verdict(*anchors, revoked, with_issuer) == "certificate_revoked");
    }
    CHECK(must(load(tiers.issuing.pem() + tiers.root.pem(), of_issuing + of_root))->authorities().size() == 2);

    // Each tier's list is wanted, and none is over.
    CHECK(verdict(*must(load(both, of_issuing)), leaf) == "certificate_untrusted");
    CHECK(verdict(*must(load(both, of_root)), leaf) == "certificate_untrusted");
    CHECK(verdict(*must(load(both, of_issuing, Revocation::when_known)), leaf) == "good");
    CHECK(verdict(*must(load(both, of_issuing, Revocation::when_known)), revoked) == "certificate_revoked");
    CHECK(verdict(*must(load(both, of_root + tiers.crl(tiers.issuing, {}, 60s))), leaf) == "certificate_untrusted");
    // An issuing authority that the root has revoked takes its leaves along.
    const std::string of_root_now = tiers.crl(tiers.root, {tiers.issuing.x509});
    CHECK(verdict(*must(load(both, of_root_now + of_issuing)), leaf) == "certificate_revoked");

    // An issuing authority is no anchor, alone or beside a root that isn't its own; nor are its names enough.
    const auto untrusted = [&](const std::string& authorities, const std::string& crls) {
        const auto result = load(authorities, crls);
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Errc::certificate_untrusted);
    };
    untrusted(tiers.issuing.pem(), "");
    untrusted(others.root.pem() + tiers.issuing.pem(), "");
    untrusted(tiers.root.pem() + Botan::X509_Certificate{leaf}.PEM_encode(), "");
    untrusted(tiers.root.pem(), of_issuing);
    untrusted(both, of_root + others.crl(others.issuing));
    // A third tier leads there by the second.
    const auto third = tiers.authority("Third", &tiers.issuing);
    CHECK(must(load(third.pem() + both, tiers.crl(third)))->authorities().size() == 3);
    untrusted(third.pem() + tiers.root.pem(), "");
}

TEST_CASE("a chain is verified for role, name, time and revocation", "[tls]") {
    World world;
    const Issued server = world.issue(Purpose::server);
    const Issued client = world.issue(Purpose::client);
    const auto code = [&](const Certificate& certificate, PeerRole role, std::string_view name, Time when) {
        const auto verdict = world.anchors()->verify({certificate}, role, name, intermediate_2026, when);
        return verdict ? std::string{"good"} : std::string{safeq::name(verdict.error().code)};
    };
    const Time now = world.clock.now();
    for (const char* const good :
         {"", "print.example", "PRINT.example", "localhost", "127.0.0.1", "::1", "safeq:daemon:release"})
        CHECK(code(server.certificate, PeerRole::server, good, now) == "good");
    for (const char* const wrong :
         {"example", "other.example", "x.print.example", "127.0.0.2", "::2", "safeq:daemon:intake",
          "safeq:daemon:release:", "printer", "*.example", " print.example"})
        CHECK(code(server.certificate, PeerRole::server, wrong, now) == "certificate_untrusted");
    CHECK(code(client.certificate, PeerRole::client, "", now) == "good");
    CHECK(code(server.certificate, PeerRole::client, "", now) == "certificate_untrusted");
    CHECK(code(client.certificate, PeerRole::server, "print.example", now) == "certificate_untrusted");
    CHECK(code(server.certificate, PeerRole::server, "", now + 24h * 91) == "certificate_expired");
    CHECK(code(server.certificate, PeerRole::server, "", now - 1h) == "certificate_expired");
    CHECK(code(world.authority.certificate(), PeerRole::client, "", now) == "certificate_untrusted");
    CHECK(world.anchors()->verify({}, PeerRole::client, "", intermediate_2026, now).error().code ==
          Errc::certificate_missing);

    CHECK_FALSE(world.anchors()->revokes(server.certificate));
    must(world.authority.revoke(server.certificate, now, 24h * 30, world.random));
    CHECK(code(server.certificate, PeerRole::server, "", now) == "certificate_revoked");
    CHECK(world.anchors()->revokes(server.certificate));
    CHECK_FALSE(world.anchors()->revokes(client.certificate));
    CHECK(code(client.certificate, PeerRole::client, "", now) == "good");
    CHECK(code(client.certificate, PeerRole::client, "", now + 24h * 31) ==
          "certificate_untrusted");  // the list is stale

    World other{99};
    CHECK_FALSE(other.anchors()->revokes(server.certificate));
    CHECK(other.anchors()->verify({client.certificate}, PeerRole::client, "", intermediate_2026, now).error().code ==
          Errc::certificate_untrusted);
}

TEST_CASE("without a revocation list the caller's rule decides", "[tls]") {
    World world;
    const Issued client = world.issue(Purpose::client);
    const std::string ca = world.authority.certificate().pem();
    const auto strict = must(TrustAnchors::from_pem(AuthoritiesPem{ca}, CrlsPem{""}, Revocation::required));
    const auto lax = must(TrustAnchors::from_pem(AuthoritiesPem{ca}, CrlsPem{""}, Revocation::when_known));
    CHECK(
        strict->verify({client.certificate}, PeerRole::client, "", intermediate_2026, world.clock.now()).error().code ==
        Errc::certificate_untrusted);
    CHECK(lax->verify({client.certificate}, PeerRole::client, "", intermediate_2026, world.clock.now()));
    must(world.authority.revoke(client.certificate, world.clock.now(), 24h, world.random));
    CHECK(world.anchors(Revocation::when_known)
              ->verify({client.certificate}, PeerRole::client, "", intermediate_2026, world.clock.now())
              .error()
              .code == Errc::certificate_revoked);
}

TEST_CASE("pins have one form", "[tls]") {
    World world;
    const Pin pin = Pin::of(world.authority.certificate());
    CHECK(must(Pin::parse(pin.text())) == pin);
    CHECK(pin.text().size() == 7 + 64);
    for (const std::string& wrong :
         {std::string{}, std::string{"sha256:"}, pin.text() + "0", pin.text() + "00", pin.text().substr(0, 69),
          "sha1:" + pin.text().substr(7), "SHA256:" + pin.text().substr(7), "sha256:" + std::string(64, 'A'),
          "sha256:" + std::string(64, 'g')})
        CHECK(Pin::parse(wrong).error().code == Errc::malformed);
}
