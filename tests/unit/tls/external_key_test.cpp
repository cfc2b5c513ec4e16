// SPDX-License-Identifier: Apache-2.0
// Credentials::from_external: the private key is behind a port; here OpenSSL's command line holds it.
#include <safeq/tls/credentials.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "child.hpp"
#include "fixture.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::run_quietly;
using safeq::test::World;

namespace {

/// Signs by `openssl pkeyutl`, and turns the DER that it gives into r ‖ s.
class OpensslKey final : public ExternalKey {
public:
    OpensslKey(std::string_view key_pem, std::size_t order_bytes) : order_{order_bytes} {
        std::ofstream{folder_ / "key.pem"} << key_pem;
    }
    [[nodiscard]] Result<Bytes> sign(ByteView digest) const override {
        ++calls;
        if (broken) return fail(Errc::unavailable, "token", "it was pulled out");
        std::ofstream{folder_ / "digest", std::ios::binary} << as_text(digest);
        REQUIRE(run_quietly({"openssl", "pkeyutl", "-sign", "-inkey", (folder_ / "key.pem").string(), "-in",
                             (folder_ / "digest").string(), "-out", (folder_ / "signature").string()}) == 0);
        std::ifstream in{folder_ / "signature", std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        const Bytes der = to_bytes(text);
        Bytes out;
        std::size_t at = 2;
        for (int part = 0; part < 2; ++part) {
            std::size_t length = static_cast<std::size_t>(der.at(at + 1));
            at += 2;
            const std::size_t next = at + length;
            while (length > order_) ++at, --length;
            out.insert(out.end(), order_ - length, std::byte{0});
            out.insert(out.end(), der.begin() + static_cast<std::ptrdiff_t>(at),
                       der.begin() + static_cast<std::ptrdiff_t>(next));
            at = next;
        }
        if (cut) out.pop_back();
        return out;
    }
    mutable std::atomic<int> calls{0};
    std::atomic<bool> broken{false}, cut{false};

private:
    test::TemporaryFolder folder_;
    std::size_t order_;
};

struct Hands {
    Result<void> server, client;
    bool established;
};

Hands shake(World& world, const std::shared_ptr<const Credentials>& credentials, const Policy& policy,
            const std::shared_ptr<const Credentials>& clients = nullptr) {
    const auto here = must(ServerContext::create({.policy = &policy,
                                                  .credentials = credentials,
                                                  .client_auth = clients ? ClientAuth::required : ClientAuth::none,
                                                  .client_anchors = clients ? world.anchors() : nullptr}));
    const auto there = must(
        ClientContext::create({.policy = &policy, .check = Anchored{world.anchors(), "localhost"}, .own = clients}));
    Session server = must(Session::server(here, world.clock, world.random));
    Session client = must(Session::client(there, world.clock, world.random));
    Hands out{{}, {}, false};
    for (int turn = 0; turn < 10 && out.server && out.client; ++turn) {
        Bytes bytes;
        client.take_outgoing(bytes);
        out.server = server.received(bytes);
        server.take_outgoing(bytes);
        if (out.server) out.client = client.received(bytes);
    }
    out.established = server.established() && client.established();
    return out;
}

}  // namespace

TEST_CASE("a key outside of the process serves and calls, by TLS 1.2 and 1.3", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::server_and_client);
    const auto key = std::make_shared<OpensslKey>(as_text(issued.key_pem.expose()), 32);
    const auto credentials = must(Credentials::from_external(ChainPem{issued.certificate.pem()}, key));
    CHECK(key->calls == 1);
    CHECK(credentials->certificate() == issued.certificate);
    for (const Policy* policy : {&modern_2026, &intermediate_2026}) {
        CHECK(shake(world, credentials, *policy).established);
        CHECK(shake(world, credentials, *policy, credentials).established);
    }
    CHECK(key->calls == 1 + 2 * 3);
}

TEST_CASE("a key that fails ends the handshake and nothing else", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::server);
    const auto key = std::make_shared<OpensslKey>(as_text(issued.key_pem.expose()), 32);
    const auto credentials = must(Credentials::from_external(ChainPem{issued.certificate.pem()}, key));
    for (std::atomic<bool>* fault : {&key->broken, &key->cut}) {
        *fault = true;
        const Hands hands = shake(world, credentials, intermediate_2026);
        CHECK_FALSE(hands.established);
        CHECK_FALSE(hands.server);
        *fault = false;
        CHECK(shake(world, credentials, intermediate_2026).established);
    }
}

TEST_CASE("another's key, one of another kind, or none, is found at once", "[tls]") {
    World world;
    const Issued issued = world.issue(Purpose::server), other = world.issue(Purpose::server);
    const Issued rsa = world.issue(Purpose::server, KeyKind::rsa_2048);
    const auto code = [&](const Certificate& certificate, std::shared_ptr<OpensslKey> key) {
        return Credentials::from_external(ChainPem{certificate.pem()}, std::move(key)).error().code;
    };
    const auto key = [&](const Issued& whose) {
        return std::make_shared<OpensslKey>(as_text(whose.key_pem.expose()), 32);
    };
    CHECK(code(issued.certificate, key(other)) == Errc::key_invalid);
    CHECK(code(rsa.certificate, key(issued)) == Errc::key_invalid);
    CHECK(code(issued.certificate, nullptr) == Errc::invalid_argument);
    const auto broken = key(issued), cut = key(issued);
    broken->broken = true;
    cut->cut = true;
    CHECK(code(issued.certificate, broken) == Errc::unavailable);
    CHECK(code(issued.certificate, cut) == Errc::key_invalid);
    CHECK(Credentials::from_external(ChainPem{"no PEM"}, key(issued)).error().code == Errc::malformed);
}
