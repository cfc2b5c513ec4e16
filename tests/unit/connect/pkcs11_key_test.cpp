// SPDX-License-Identifier: Apache-2.0
// TLS keys in a SoftHSM; skipped loudly where it isn't installed.
#include <safeq/connect/pkcs11_key.hpp>

#include <atomic>
#include <thread>

#include <safeq/tls/authority.hpp>
#include <safeq/tls/session.hpp>

#include "softhsm.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using safeq::test::code;

namespace {

template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct World : test::Hsm {
    ManualClock clock{Time{std::chrono::sys_days{std::chrono::November / 22 / 2026}}};
    tls::Authority authority = must(tls::Authority::create(
        {.common_name = "Test authority", .lifetime = 24h * 365, .crl_lifetime = 24h * 30}, clock.now(), random));

    /// A certificate whose key is moved into the token.
    tls::Issued issue(const std::string& label, const std::string& id, tls::KeyKind kind = tls::KeyKind::ecdsa_p256) {
        tls::Issued issued = must(authority.issue({.common_name = "printer",
                                                   .dns_names = {"localhost"},
                                                   .purpose = tls::Purpose::server_and_client,
                                                   .lifetime = 24h,
                                                   .key_kind = kind},
                                                  clock.now(), random));
        import(as_text(issued.key_pem.expose()), label, id);
        return issued;
    }
    void import(std::string_view pem, const std::string& label, const std::string& id) const {
        std::ofstream{root / "key.pem"} << pem;
        REQUIRE(test::run({"softhsm2-util", "--import", (root / "key.pem").string(), "--token", "safeq", "--label",
                           label, "--id", id, "--pin", "87654321"}) == 0);
    }
    /// A key on another curve, made by OpenSSL.
    void import_made(const std::string& curve, const std::string& label, const std::string& id) const {
        REQUIRE(test::run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve, "-out",
                           (root / "made.pem").string()}) == 0);
        std::ifstream in{root / "made.pem"};
        import(std::string{std::istreambuf_iterator<char>{in}, {}}, label, id);
    }

    [[nodiscard]] bool shakes_hands(const std::shared_ptr<const tls::Credentials>& credentials,
                                    const tls::Policy& policy) {
        const auto anchors = must(tls::TrustAnchors::from_pem({authority.certificate().pem()}, {authority.crl_pem()},
                                                              tls::Revocation::required));
        const auto here = must(tls::ServerContext::create({.policy = &policy,
                                                           .credentials = credentials,
                                                           .client_auth = tls::ClientAuth::required,
                                                           .client_anchors = anchors}));
        const auto there = must(tls::ClientContext::create(
            {.policy = &policy, .check = tls::Anchored{anchors, "localhost"}, .own = credentials}));
        tls::Session server = must(tls::Session::server(here, clock, random));
        tls::Session client = must(tls::Session::client(there, clock, random));
        for (int turn = 0; turn < 10; ++turn) {
            Bytes bytes;
            client.take_outgoing(bytes);
            must(server.received(bytes));
            server.take_outgoing(bytes);
            must(client.received(bytes));
        }
        return server.established() && client.established();
    }
};

}  // namespace

TEST_CASE("a key in a token serves and calls", "[connect]") {
    World world;
    const tls::Issued issued = world.issue("safeq tls", "01");
    const auto key = must(connect::Pkcs11Key::open(world.uri()));
    const auto credentials = must(tls::Credentials::from_external({issued.certificate.pem()}, key));
    CHECK(world.shakes_hands(credentials, tls::modern_2026));
    CHECK(world.shakes_hands(credentials, tls::intermediate_2026));

    // Another object, and another handle on the first, as after a reload.
    const tls::Issued second = world.issue("another", "02");
    const auto other = must(connect::Pkcs11Key::open(world.uri("token=safeq;object=another")));
    CHECK(code(tls::Credentials::from_external({issued.certificate.pem()}, other)) == Errc::key_invalid);
    CHECK(
        world.shakes_hands(must(tls::Credentials::from_external({second.certificate.pem()}, other)), tls::modern_2026));
    {
        const auto again = must(connect::Pkcs11Key::open(world.uri()));
        CHECK(again->sign(Bytes(32)));
    }
    CHECK(world.shakes_hands(credentials, tls::modern_2026));
}

TEST_CASE("digests of all sizes, from several threads", "[connect]") {
    World world;
    world.issue("safeq tls", "01");
    world.import_made("P-384", "longer", "02");
    const auto key = must(connect::Pkcs11Key::open(world.uri()));
    const auto longer = must(connect::Pkcs11Key::open(world.uri("token=safeq;object=longer")));
    for (const std::size_t size : {32U, 48U, 64U}) {
        CHECK(must(key->sign(Bytes(size))).size() == 64);
        CHECK(must(longer->sign(Bytes(size))).size() == 96);
    }
    for (const std::size_t size : {0U, 20U, 31U, 65U, 1000U})
        CHECK(code(key->sign(Bytes(size))) == Errc::invalid_argument);
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int n = 0; n < 25; ++n)
                    if (key->sign(Bytes(32))) ++good;
            });
    }
    CHECK(good == 100);
}

TEST_CASE("a key that can't be meant or used is told", "[connect]") {
    World world;
    CHECK(code(connect::Pkcs11Key::open("token=safeq")) == Errc::malformed);
    CHECK(code(connect::Pkcs11Key::open(world.uri())) == Errc::key_unknown);
    world.issue("rsa", "01", tls::KeyKind::rsa_2048);
    CHECK(code(connect::Pkcs11Key::open(world.uri("token=safeq;object=rsa"))) == Errc::key_unknown);
    world.import_made("secp521r1", "long", "02");
    CHECK(code(connect::Pkcs11Key::open(world.uri("token=safeq;object=long"))) == Errc::unsupported);
    world.issue("safeq tls", "03");
    CHECK(connect::Pkcs11Key::open(world.uri()));
    world.issue("safeq tls", "04");
    CHECK(code(connect::Pkcs11Key::open(world.uri())) == Errc::duplicate);
    CHECK(code(connect::Pkcs11Key::open(world.uri("token=other"))) == Errc::key_unknown);
    world.pin("00000000\n");
    CHECK(code(connect::Pkcs11Key::open(world.uri())) == Errc::denied);
    world.pin("87654321\n", 0640);
    CHECK(code(connect::Pkcs11Key::open(world.uri())) == Errc::permission);
}
