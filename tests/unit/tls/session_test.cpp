// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/session.hpp>

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

/// A policy of our own making, for peers that have less than ours.
struct Narrow {
    std::vector<Version> versions;
    std::vector<Suite> suites;
    std::vector<Group> groups;
    std::vector<SignatureScheme> schemes{intermediate_2026.signature_schemes().begin(),
                                         intermediate_2026.signature_schemes().end()};
    bool exception = false;

    [[nodiscard]] Policy policy() const {
        return Policy{{.name = "narrow",
                       .alias = "narrow",
                       .purpose = "test",
                       .versions = versions,
                       .suites = suites,
                       .groups = groups,
                       .signature_schemes = schemes,
                       .min_rsa_bits = 2048,
                       .exception_only = exception}};
    }
};

struct Expected {
    const Policy* client;
    const Policy* server;
    KeyKind key;
    Version version;
    std::string_view suite, group;
};

}  // namespace

TEST_CASE("each pair of policies agrees on the best that both have", "[tls]") {
    const auto [client_policy, server_policy, key, version, suite, group] = GENERATE(values<Expected>({
        {&modern_2026, &modern_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384", "X25519MLKEM768"},
        {&modern_2026, &intermediate_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&modern_2026, &legacy_mfd_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&modern_2026, &obsolete_mfd_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&intermediate_2026, &modern_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&intermediate_2026, &intermediate_2026, KeyKind::rsa_2048, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&intermediate_2026, &legacy_mfd_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&intermediate_2026, &obsolete_mfd_2026, KeyKind::rsa_2048, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&legacy_mfd_2026, &modern_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&legacy_mfd_2026, &intermediate_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&legacy_mfd_2026, &legacy_mfd_2026, KeyKind::rsa_2048, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&legacy_mfd_2026, &obsolete_mfd_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&obsolete_mfd_2026, &modern_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&obsolete_mfd_2026, &intermediate_2026, KeyKind::rsa_2048, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&obsolete_mfd_2026, &legacy_mfd_2026, KeyKind::ecdsa_p256, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
        {&obsolete_mfd_2026, &obsolete_mfd_2026, KeyKind::rsa_3072, Version::v1_3, "TLS_AES_256_GCM_SHA384",
         "X25519MLKEM768"},
    }));
    CAPTURE(client_policy->name(), server_policy->name());
    World world;
    Session server = world.server({.policy = server_policy,
                                   .credentials = World::credentials(world.issue(Purpose::server, key)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    Session client = world.client(world.client_config(*client_policy));
    CHECK_FALSE(client.established());
    CHECK(client.send(as_bytes("early")).error().code == Errc::conflict);
    const Outcome outcome = pump(client, server);
    if (outcome.client) FAIL(outcome.client->message());
    if (outcome.server) FAIL(outcome.server->message());
    for (const Session* const end : {&client, &server}) {
        REQUIRE(end->established());
        CHECK(end->peer().version == version);
        CHECK(end->peer().suite->name == suite);
        REQUIRE(end->peer().group);
        CHECK(end->peer().group->name == group);
    }
    CHECK(server.peer().server_name == "print.example");
    CHECK(server.peer().certificate() == nullptr);
    REQUIRE(client.peer().certificate() != nullptr);
    CHECK(client.peer().certificate()->id() == "safeq:daemon:release");
    must(client.send(as_bytes("from the client")));
    must(server.send(as_bytes("from the server")));
    CHECK_FALSE(pump(client, server).server);
    CHECK(read_all(server) == "from the client");
    CHECK(read_all(client) == "from the server");
}

TEST_CASE("every suite and group of the widest policy works, alone", "[tls]") {
    const std::span<const Suite> suites = obsolete_mfd_2026.suites();
    World world;
    const auto ecdsa = World::credentials(world.issue(Purpose::server));
    const auto rsa = World::credentials(world.issue(Purpose::server, KeyKind::rsa_2048));
    const auto meet = [&](const Suite& suite, const Group& group) {
        CAPTURE(suite.name, group.name);
        const Narrow narrow{.versions = {suite.version}, .suites = {suite}, .groups = {group}, .exception = true};
        const Policy policy = narrow.policy();
        const bool needs_rsa = suite.key_exchange == KeyExchange::rsa || suite.key_exchange == KeyExchange::ecdhe_rsa;
        Session server = world.server({.policy = &obsolete_mfd_2026,
                                       .credentials = needs_rsa ? rsa : ecdsa,
                                       .client_auth = ClientAuth::none,
                                       .client_anchors = nullptr,
                                       .alpn = {}});
        Session client = world.client(world.client_config(policy));
        const Outcome outcome = pump(client, server);
        if (outcome.client) FAIL_CHECK(outcome.client->message());
        if (outcome.server) FAIL_CHECK(outcome.server->message());
        for (const Session* const end : {&client, &server}) {
            REQUIRE(end->established());
            CHECK(end->peer().version == suite.version);
            CHECK(end->peer().suite->name == suite.name);
            CHECK(end->peer().group.has_value() == suite.forward_secrecy());
            if (end->peer().group) CHECK(end->peer().group->name == group.name);
        }
        must(client.send(as_bytes("to")));
        must(server.send(as_bytes("fro")));
        CHECK_FALSE(pump(client, server).server);
        CHECK(read_all(server) == "to");
        CHECK(read_all(client) == "fro");
    };
    for (const Suite& suite : suites)
        meet(suite, suite.version == Version::v1_3 ? catalogue::x25519_mlkem768 : catalogue::x25519);
    for (const Group& group : obsolete_mfd_2026.groups()) {
        meet(catalogue::aes_128_gcm_sha256, group);
        if (!group.post_quantum) meet(catalogue::ecdhe_ecdsa_aes_128_gcm_sha256, group);
    }
}

TEST_CASE("a policy refuses peers that have only what it lacks", "[tls]") {
    struct Case {
        const Policy* server;
        KeyKind key;
        Suite only;
    };
    const auto [server_policy, key, only] = GENERATE(values<Case>({
        {&intermediate_2026, KeyKind::rsa_2048, catalogue::rsa_aes_128_cbc_sha},
        {&intermediate_2026, KeyKind::rsa_2048, catalogue::rsa_aes_256_gcm_sha384},
        {&intermediate_2026, KeyKind::rsa_2048, catalogue::ecdhe_rsa_aes_256_cbc_sha384},
        {&legacy_mfd_2026, KeyKind::rsa_2048, catalogue::rsa_aes_128_gcm_sha256},
        {&modern_2026, KeyKind::ecdsa_p256, catalogue::ecdhe_ecdsa_aes_256_gcm_sha384},
    }));
    World world;
    const Narrow narrow{
        .versions = {Version::v1_2}, .suites = {only}, .groups = {catalogue::x25519}, .exception = true};
    const Policy policy = narrow.policy();
    Session server = world.server({.policy = server_policy,
                                   .credentials = World::credentials(world.issue(Purpose::server, key)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    Session client = world.client(world.client_config(policy));
    const Outcome outcome = pump(client, server);
    REQUIRE(outcome.server);
    CHECK(outcome.server->code == Errc::tls_handshake_failed);
    REQUIRE(outcome.client);
    CHECK(outcome.client->code == Errc::tls_handshake_failed);
    CHECK_FALSE(server.established());
    CHECK_FALSE(client.established());
    // A failed session stays failed, with the same words.
    CHECK(server.received(Bytes(5)).error().message() == outcome.server->message());
    CHECK(server.send(as_bytes("x")).error().code == Errc::tls_handshake_failed);
}

TEST_CASE("a hybrid group is worth a second round trip", "[tls]") {
    World world;
    // The client prefers and offers a classical group, and merely knows the hybrid one.
    const Narrow narrow{.versions = {Version::v1_3},
                        .suites = {catalogue::aes_128_gcm_sha256},
                        .groups = {catalogue::x25519, catalogue::secp384r1_mlkem1024, catalogue::secp256r1}};
    const Policy policy = narrow.policy();
    Session server = world.server({.policy = &modern_2026,
                                   .credentials = World::credentials(world.issue(Purpose::server)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    Session client = world.client(world.client_config(policy));
    const Outcome outcome = pump(client, server);
    CHECK_FALSE(outcome.client);
    CHECK_FALSE(outcome.server);
    REQUIRE(server.established());
    CHECK(server.peer().group->name == "SecP384r1MLKEM1024");
}

TEST_CASE("a mebibyte goes each way, unharmed, in pieces of any size", "[tls]") {
    const Version version = GENERATE(Version::v1_3, Version::v1_2);
    World world;
    const Narrow narrow{.versions = {version},
                        .suites = {version == Version::v1_3 ? catalogue::aes_256_gcm_sha384
                                                            : catalogue::ecdhe_ecdsa_aes_256_gcm_sha384},
                        .groups = {catalogue::x25519}};
    const Policy policy = narrow.policy();
    Session server = world.server({.policy = &intermediate_2026,
                                   .credentials = World::credentials(world.issue(Purpose::server)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    Session client = world.client(world.client_config(policy));
    REQUIRE_FALSE(pump(client, server).client);
    Bytes data(1024 * 1024);
    world.random.fill(data);
    const auto carry = [&](Session& from, Session& to) {
        Bytes arrived, wire;
        std::size_t step = 1;
        for (std::size_t at = 0; at < data.size(); at += step, step = step * 3 % 65521) {
            step = std::min(step, data.size() - at);
            must(from.send(ByteView{data}.subspan(at, step)));
            from.take_outgoing(wire);
            for (std::size_t w = 0, piece = 1; w < wire.size(); w += piece, piece = piece * 7 % 16381) {
                piece = std::min(piece, wire.size() - w);
                must(to.received(ByteView{wire}.subspan(w, piece)));
                // Taken in two gulps, so that consumed and unconsumed bytes lie side by side.
                const std::size_t half = to.plaintext().size() / 2 + (w % 2);
                const ByteView taken = to.plaintext().first(std::min(half, to.plaintext().size()));
                arrived.insert(arrived.end(), taken.begin(), taken.end());
                to.consume(taken.size());
            }
        }
        arrived.insert(arrived.end(), to.plaintext().begin(), to.plaintext().end());
        to.consume(to.plaintext().size());
        return arrived;
    };
    CHECK(carry(client, server) == data);
    CHECK(carry(server, client) == data);
    client.release_idle_memory();
    server.release_idle_memory();
    must(client.send(as_bytes("still here")));
    CHECK_FALSE(pump(client, server).server);
    CHECK(read_all(server) == "still here");
}

TEST_CASE("a connection is closed in words, and its end without them is an error", "[tls]") {
    const Version version = GENERATE(Version::v1_3, Version::v1_2);
    CAPTURE(name(version));
    World world;
    const Narrow narrow{.versions = {version},
                        .suites = {version == Version::v1_3 ? catalogue::aes_256_gcm_sha384
                                                            : catalogue::ecdhe_ecdsa_aes_256_gcm_sha384},
                        .groups = {catalogue::x25519}};
    const Policy policy = narrow.policy();
    const auto credentials = World::credentials(world.issue(Purpose::server));
    const auto connect = [&] {
        Session server = world.server({.policy = &intermediate_2026,
                                       .credentials = credentials,
                                       .client_auth = ClientAuth::none,
                                       .client_anchors = nullptr,
                                       .alpn = {}});
        Session client = world.client(world.client_config(policy));
        REQUIRE_FALSE(pump(client, server).client);
        return std::pair{std::move(client), std::move(server)};
    };
    {
        auto [client, server] = connect();
        must(client.send(as_bytes("last words")));
        must(client.close());
        must(client.close());
        CHECK(client.send(as_bytes("more")).error().code == Errc::conflict);
        CHECK_FALSE(pump(client, server).server);
        CHECK(server.peer_closed());
        CHECK(read_all(server) == "last words");
        CHECK(server.received_end());
        CHECK(server.received(as_bytes("rubbish after the end")));
        CHECK(server.plaintext().empty());
        must(server.close());
        CHECK_FALSE(pump(client, server).client);
        CHECK(client.peer_closed());
        CHECK(client.received_end());
    }
    {
        auto [client, server] = connect();
        must(client.send(as_bytes("half a")));
        CHECK_FALSE(pump(client, server).server);
        CHECK_FALSE(server.peer_closed());
        CHECK(server.received_end().error().code == Errc::connection_closed);
        CHECK(read_all(server) == "half a");
    }
    {
        Session client = world.client(world.client_config(policy));
        CHECK(client.received_end().error().code == Errc::connection_closed);
        CHECK(client.close().error().code == Errc::connection_closed);
    }
    {
        // A polite end before the handshake is one is still a failed handshake.
        Session client = world.client(world.client_config(policy));
        const Bytes close_notify = from_hex("15030300020100").value();
        CHECK(client.received(close_notify).error().code == Errc::tls_handshake_failed);
        CHECK_FALSE(client.established());
    }
}

TEST_CASE("application protocols are agreed, or the handshake fails", "[tls]") {
    World world;
    const auto credentials = World::credentials(world.issue(Purpose::server));
    const auto meet = [&](std::vector<std::string> server_alpn, std::vector<std::string> client_alpn) -> std::string {
        Session server = world.server({.policy = &modern_2026,
                                       .credentials = credentials,
                                       .client_auth = ClientAuth::none,
                                       .client_anchors = nullptr,
                                       .alpn = std::move(server_alpn)});
        ClientConfig config = world.client_config(modern_2026);
        config.alpn = std::move(client_alpn);
        Session client = world.client(std::move(config));
        const Outcome outcome = pump(client, server);
        if (outcome.server) return std::string{name(outcome.server->code)};
        CHECK(client.peer().alpn == server.peer().alpn);
        return server.peer().alpn;
    };
    CHECK(meet({"http/1.1"}, {"h2", "http/1.1"}) == "http/1.1");
    CHECK(meet({"h2", "http/1.1"}, {"http/1.1", "h2"}) == "h2");
    CHECK(meet({"http/1.1"}, {}) == "");
    CHECK(meet({}, {"h2"}) == "");
    CHECK(meet({"http/1.1"}, {"h2"}) == "tls_handshake_failed");
}

TEST_CASE("contexts refuse what does not fit together", "[tls]") {
    World world;
    const auto ecdsa = World::credentials(world.issue(Purpose::server));
    const auto rsa = World::credentials(world.issue(Purpose::server, KeyKind::rsa_3072));
    const auto server = [&](const Policy* policy, auto credentials, ClientAuth auth, auto anchors,
                            std::vector<std::string> alpn) {
        const auto made = ServerContext::create({policy, credentials, auth, anchors, alpn});
        return made ? std::string{"good"} : std::string{name(made.error().code)};
    };
    const std::shared_ptr<const TrustAnchors> none;
    const std::shared_ptr<const Credentials> nobody;
    CHECK(server(&modern_2026, ecdsa, ClientAuth::required, world.anchors(), {"http/1.1"}) == "good");
    CHECK(server(nullptr, ecdsa, ClientAuth::none, none, {}) == "invalid_argument");
    CHECK(server(&modern_2026, nobody, ClientAuth::none, none, {}) == "invalid_argument");
    CHECK(server(&modern_2026, ecdsa, ClientAuth::required, none, {}) == "invalid_argument");
    CHECK(server(&modern_2026, ecdsa, ClientAuth::none, world.anchors(), {}) == "invalid_argument");
    CHECK(server(&modern_2026, ecdsa, ClientAuth::none, none, {""}) == "invalid_argument");
    CHECK(server(&modern_2026, ecdsa, ClientAuth::none, none, {std::string(256, 'x')}) == "invalid_argument");
    CHECK(server(&modern_2026, rsa, ClientAuth::none, none, {}) == "weak_parameters");
    CHECK(server(&intermediate_2026, rsa, ClientAuth::none, none, {}) == "good");

    const auto client = [&](auto change) {
        ClientConfig config = world.client_config(modern_2026);
        change(config);
        const auto made = ClientContext::create(std::move(config));
        return made ? std::string{"good"} : std::string{name(made.error().code)};
    };
    CHECK(client([](auto&) {}) == "good");
    CHECK(client([](auto& c) { c.policy = nullptr; }) == "invalid_argument");
    CHECK(client([](auto& c) { c.check = Anchored{}; }) == "invalid_argument");
    CHECK(client([&](auto& c) { c.check = Anchored{world.anchors(), ""}; }) == "invalid_argument");
    CHECK(client([](auto& c) { c.check = Pin{}; }) == "invalid_argument");
    CHECK(client([&](auto& c) { c.own = rsa; }) == "weak_parameters");
    CHECK(Session::server(nullptr, world.clock, world.random).error().code == Errc::invalid_argument);
    CHECK(Session::client(nullptr, world.clock, world.random).error().code == Errc::invalid_argument);
}
