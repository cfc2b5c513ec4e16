// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/session.hpp>

#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "fixture.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::Outcome;
using safeq::test::pump;
using safeq::test::read_all;
using safeq::test::World;
using namespace std::chrono_literals;

namespace {

constexpr Version only_12[]{Version::v1_2};

/// intermediate-2026 without TLS 1.3.
constexpr Policy tls12_only{PolicyTable{.name = "tls12",
                                        .alias = "tls12",
                                        .purpose = "test",
                                        .versions = only_12,
                                        .suites = intermediate_2026.suites().subspan(3),
                                        .groups = intermediate_2026.groups(),
                                        .signature_schemes = intermediate_2026.signature_schemes(),
                                        .min_rsa_bits = 2048,
                                        .exception_only = false}};
static_assert(check(tls12_only, false) == PolicyFault::none);

/// A mutually authenticated listener and what its clients meet, in both versions of the protocol.
struct Mutual : World {
    const Policy* client_policy = GENERATE(&intermediate_2026, &tls12_only);
    std::shared_ptr<const Credentials> server_credentials = credentials(issue(Purpose::server));

    [[nodiscard]] Session mutual_server() {
        return server({.policy = &intermediate_2026,
                       .credentials = server_credentials,
                       .client_auth = ClientAuth::required,
                       .client_anchors = anchors(),
                       .alpn = {}});
    }

    /// How the server ends up with a client that shows `own`, sends data as soon as it may, and is told of the end.
    [[nodiscard]] Outcome meet(std::shared_ptr<const Credentials> own) {
        ClientConfig config = client_config(*client_policy);
        config.own = std::move(own);
        Session c = client(std::move(config));
        Session s = mutual_server();
        Outcome outcome = pump(c, s);
        if (c.established() && !outcome.client) {
            must(c.send(as_bytes("GET / HTTP/1.1")));
            outcome = pump(c, s);
        }
        received = std::string{as_text(s.plaintext())};
        established = s.established();
        peer_id = s.established() && s.peer().certificate() != nullptr ? s.peer().certificate()->id() : "";
        return outcome;
    }

    void check_refused(const Outcome& outcome, Errc why) {
        REQUIRE(outcome.server);
        INFO(outcome.server->message());
        CHECK(outcome.server->code == why);
        CHECK_FALSE(established);
        CHECK(received.empty());
        REQUIRE(outcome.client);
        CHECK(outcome.client->code == Errc::tls_handshake_failed);
    }

    std::string received, peer_id;
    bool established = false;
};

}  // namespace

TEST_CASE("a client with a good certificate is let in and known by its id", "[tls]") {
    Mutual world;
    CAPTURE(world.client_policy->name());
    const Outcome outcome = world.meet(World::credentials(world.issue(Purpose::client)));
    if (outcome.server) FAIL(outcome.server->message());
    CHECK(world.established);
    CHECK(world.received == "GET / HTTP/1.1");
    CHECK(world.peer_id == "safeq:device:018bcfe5-6800-7000-8000-000000000001");
}

TEST_CASE("a client with an RSA certificate is let in", "[tls]") {
    Mutual world;
    const Outcome outcome = world.meet(World::credentials(world.issue(Purpose::server_and_client, KeyKind::rsa_2048)));
    CHECK_FALSE(outcome.server);
    CHECK(world.peer_id == "safeq:daemon:release");
}

TEST_CASE("a client without a certificate is refused", "[tls]") {
    Mutual world;
    CAPTURE(world.client_policy->name());
    world.check_refused(world.meet(nullptr), Errc::certificate_missing);
}

TEST_CASE("a client of another authority is refused, also one of the same name", "[tls]") {
    Mutual world;
    World other{2};
    world.check_refused(world.meet(World::credentials(other.issue(Purpose::client))), Errc::certificate_untrusted);
}

TEST_CASE("a client whose certificate has expired, or begins later, is refused", "[tls]") {
    Mutual world;
    const auto own = World::credentials(world.issue(Purpose::client));
    CertificateRequest later = world.request(Purpose::client);
    const auto early = World::credentials(must(world.authority.issue(later, world.clock.now() + 24h, world.random)));
    world.check_refused(world.meet(early), Errc::certificate_expired);
    world.clock.advance(24h * 91);
    later.lifetime = 24h * 300;
    world.server_credentials = World::credentials(
        must(world.authority.issue(world.request(Purpose::server), world.clock.now(), world.random)));
    world.check_refused(world.meet(own), Errc::certificate_expired);
}

TEST_CASE("a revoked client is refused", "[tls]") {
    Mutual world;
    const Issued issued = world.issue(Purpose::client);
    const auto own = World::credentials(issued);
    CHECK_FALSE(world.meet(own).server);
    must(world.authority.revoke(issued.certificate, world.clock.now(), 24h * 30, world.random));
    world.check_refused(world.meet(own), Errc::certificate_revoked);
}

TEST_CASE("a stale revocation list lets nobody in", "[tls]") {
    Mutual world;
    must(world.authority.renew_crl(world.clock.now(), 1h, world.random));
    const auto own = World::credentials(world.issue(Purpose::client));
    ClientConfig config = world.client_config(*world.client_policy);
    config.own = own;
    config.check = Pin::of(world.server_credentials->certificate());
    Session server = world.mutual_server();
    Session client = world.client(std::move(config));
    world.clock.advance(2h);
    const Outcome outcome = pump(client, server);
    REQUIRE(outcome.server);
    CHECK(outcome.server->code == Errc::certificate_untrusted);
}

TEST_CASE("a server's certificate is no client's", "[tls]") {
    Mutual world;
    world.check_refused(world.meet(World::credentials(world.issue(Purpose::server))), Errc::certificate_untrusted);
}

TEST_CASE("a client makes sure of its server", "[tls]") {
    World world;
    const Policy* const policy = GENERATE(&intermediate_2026, &tls12_only);
    CAPTURE(policy->name());
    const Issued issued = world.issue(Purpose::server);
    const auto meet = [&](const std::shared_ptr<const Credentials>& credentials, PeerCheck check) -> std::string {
        Session server = world.server({.policy = &intermediate_2026,
                                       .credentials = credentials,
                                       .client_auth = ClientAuth::none,
                                       .client_anchors = nullptr,
                                       .alpn = {}});
        ClientConfig config = world.client_config(*policy);
        config.check = std::move(check);
        Session client = world.client(std::move(config));
        const Outcome outcome = pump(client, server);
        if (!outcome.client) {
            CHECK(client.established());
            return "good";
        }
        CHECK_FALSE(client.established());
        CHECK(client.peer().certificates.empty());
        REQUIRE(outcome.server);
        CHECK(outcome.server->code == Errc::tls_handshake_failed);
        return std::string{name(outcome.client->code)};
    };
    const auto good = World::credentials(issued);
    CHECK(meet(good, Anchored{world.anchors(), "print.example"}) == "good");
    CHECK(meet(good, Anchored{world.anchors(), "127.0.0.1"}) == "good");
    CHECK(meet(good, Anchored{world.anchors(), "safeq:daemon:release"}) == "good");
    CHECK(meet(good, Anchored{world.anchors(), "safeq:daemon:intake"}) == "certificate_untrusted");
    CHECK(meet(good, Anchored{world.anchors(), "other.example"}) == "certificate_untrusted");
    World other{2};
    CHECK(meet(good, Anchored{other.anchors(), "print.example"}) == "certificate_untrusted");
    CHECK(meet(World::credentials(world.issue(Purpose::client)), Anchored{world.anchors(), "print.example"}) ==
          "certificate_untrusted");

    CHECK(meet(good, Pin::of(issued.certificate)) == "good");
    CHECK(meet(good, Pin::of(world.authority.certificate())) == "certificate_untrusted");
    CHECK(meet(World::credentials(other.issue(Purpose::server)), Pin::of(issued.certificate)) ==
          "certificate_untrusted");

    must(world.authority.revoke(issued.certificate, world.clock.now(), 24h * 30, world.random));
    CHECK(meet(good, Anchored{world.anchors(), "print.example"}) == "certificate_revoked");
    must(world.authority.renew_crl(world.clock.now() + 24h * 91, 24h * 30, world.random));
    const auto anchors = world.anchors();
    const auto fresh = World::credentials(world.issue(Purpose::server));
    world.clock.advance(24h * 91);
    CHECK(meet(fresh, Anchored{anchors, "print.example"}) == "certificate_expired");
    CHECK(meet(fresh, Pin::of(fresh->certificate())) == "good");
}

TEST_CASE("a server that asks for no certificate gets none from a client that has one", "[tls]") {
    World world;
    Session server = world.server({.policy = &modern_2026,
                                   .credentials = World::credentials(world.issue(Purpose::server)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    ClientConfig config = world.client_config(modern_2026);
    config.own = World::credentials(world.issue(Purpose::client));
    Session client = world.client(std::move(config));
    CHECK_FALSE(pump(client, server).server);
    REQUIRE(server.established());
    CHECK(server.peer().certificate() == nullptr);
}

TEST_CASE("many sessions share one context on several threads", "[tls]") {
    World world;
    const auto server_context =
        must(ServerContext::create({.policy = &modern_2026,
                                    .credentials = World::credentials(world.issue(Purpose::server)),
                                    .client_auth = ClientAuth::required,
                                    .client_anchors = world.anchors(),
                                    .alpn = {}}));
    ClientConfig config = world.client_config(modern_2026);
    config.own = World::credentials(world.issue(Purpose::client));
    const auto client_context = must(ClientContext::create(std::move(config)));
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 8; ++i) {
                    auto server = Session::server(server_context, world.clock, world.random);
                    auto client = Session::client(client_context, world.clock, world.random);
                    if (!server || !client) continue;
                    const Outcome outcome = pump(*client, *server);
                    good += !outcome.client && !outcome.server && server->established() &&
                            server->peer().certificate() != nullptr;
                }
            });
    }
    CHECK(good == 32);
}
