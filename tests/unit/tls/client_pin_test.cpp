// SPDX-License-Identifier: Apache-2.0
// Mutual authentication by pin: clients that are let in by their key.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include <safeq/tls/derive.hpp>
#include <safeq/tls/session.hpp>

#include "target.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::Outcome;
using safeq::test::pump;
using safeq::test::RawClient;
using safeq::test::Target;
using safeq::test::World;
using namespace std::chrono_literals;

namespace {

/// A listener with pins, and clients whose certificates an authority issued that it knows nothing of.
struct Pinned : Target {
    World stranger{2};
    Issued issued = stranger.issue(Purpose::client);
    Issued unknown = stranger.issue(Purpose::client);
    PolicyRef client_policy = &intermediate_2026;

    [[nodiscard]] ServerConfig config(std::vector<Pin> pins) const {
        return {.policy = &intermediate_2026,
                .credentials = own,
                .client_auth = ClientAuth::required,
                .client_pins = std::move(pins)};
    }

    /// How the server ends up with a client that shows `shown`; "let in" or the error.
    [[nodiscard]] std::string meet(ServerConfig listener, const std::shared_ptr<const Credentials>& shown) {
        ClientConfig caller = client_config(intermediate_2026);
        caller.policy = client_policy;
        caller.own = shown;
        tls::Session c = client(std::move(caller)), s = server(std::move(listener));
        Outcome outcome = pump(c, s);
        if (c.established() && !outcome.client) {
            must(c.send(as_bytes("GET / HTTP/1.1")));
            outcome = pump(c, s);
        }
        CHECK(s.established() == !outcome.server);
        CHECK(as_text(s.plaintext()) == (outcome.server ? "" : "GET / HTTP/1.1"));
        if (outcome.server) return std::string{name(outcome.server->code)};
        vouched_by = s.peer().vouched_by;
        id = s.peer().id();
        REQUIRE(s.peer().certificate() != nullptr);
        return "let in";
    }

    VouchedBy vouched_by = VouchedBy::authority;
    std::string id;
};

}  // namespace

TEST_CASE("a client is let in by the pin of its key, and known by that alone", "[tls]") {
    Pinned world;
    const bool tls12 = GENERATE(false, true);
    if (tls12) world.client_policy = must(without_tls13(intermediate_2026));
    const Pin pin = Pin::of(world.issued.certificate), other = Pin::of(world.own->certificate());
    CHECK(world.meet(world.config({other, pin}), World::credentials(world.issued)) == "let in");
    CHECK(world.vouched_by == VouchedBy::pin);
    // The certificate says that it is a device of ours; whoever makes his own can say so.
    CHECK(world.issued.certificate.id().starts_with("safeq:device:"));
    CHECK(world.id == pin.text());

    CHECK(world.meet(world.config({pin}), World::credentials(world.unknown)) == "certificate_untrusted");
    CHECK(world.meet(world.config({pin}), nullptr) == "certificate_missing");
    CHECK(world.meet(world.config({pin}), World::credentials(world.issue(Purpose::client))) ==
          "certificate_untrusted");  // our own authority isn't asked
}

TEST_CASE("a pin holds over renewals of the certificate, and its dates count", "[tls]") {
    Pinned world;
    const Pin pin = Pin::of(world.issued.certificate);
    const auto early = must(world.stranger.authority.issue_for(world.request(Purpose::client),
                                                               KeyPem{as_text(world.issued.key_pem.expose())},
                                                               world.clock.now() + 24h * 30, world.random));
    const auto with_key = [&](const Certificate& certificate) {
        return must(Credentials::from_pem(ChainPem{certificate.pem()}, KeyPem{as_text(world.issued.key_pem.expose())}));
    };
    CHECK(Pin::of(early) == pin);
    CHECK(world.meet(world.config({pin}), with_key(early)) == "certificate_expired");
    const Time end = world.issued.certificate.not_after();
    world.own = World::credentials(must(world.authority.issue(
        {.common_name = "printer", .dns_names = {"print.example"}, .purpose = Purpose::server, .lifetime = 24h * 365},
        world.clock.now(), world.random)));
    world.clock.set(end);
    CHECK(world.meet(world.config({pin}), with_key(world.issued.certificate)) == "let in");
    world.clock.advance(1s);
    CHECK(world.meet(world.config({pin}), with_key(world.issued.certificate)) == "certificate_expired");
    CHECK(world.meet(world.config({pin}), with_key(early)) == "let in");
}

TEST_CASE("pins and authorities stand side by side", "[tls]") {
    Pinned world;
    const Issued ours = world.issue(Purpose::client);
    ServerConfig both = world.config({Pin::of(world.issued.certificate)});
    both.client_anchors = world.anchors();
    CHECK(world.meet(both, World::credentials(world.issued)) == "let in");
    CHECK(world.vouched_by == VouchedBy::pin);
    CHECK(world.meet(both, World::credentials(ours)) == "let in");
    CHECK(world.vouched_by == VouchedBy::authority);
    CHECK(world.id == ours.certificate.id());
    CHECK(world.meet(both, World::credentials(world.unknown)) == "certificate_untrusted");

    // Revoked is revoked, also where the key is pinned.
    both.client_pins.push_back(Pin::of(ours.certificate));
    CHECK(world.meet(both, World::credentials(ours)) == "let in");
    CHECK(world.vouched_by == VouchedBy::pin);
    must(world.authority.revoke(ours.certificate, world.clock.now(), 24h * 30, world.random));
    both.client_anchors = world.anchors();
    CHECK(world.meet(both, World::credentials(ours)) == "certificate_revoked");
    both.client_pins.pop_back();
    CHECK(world.meet(both, World::credentials(ours)) == "certificate_revoked");
}

TEST_CASE("a key under the policy's minimum isn't let in by its pin", "[tls]") {
    Pinned world;
    const Issued small = world.stranger.issue(Purpose::server_and_client, KeyKind::rsa_2048);
    ServerConfig strict = world.config({Pin::of(small.certificate)});
    CHECK(world.meet(strict, World::credentials(small)) == "let in");
    Derivation wide{intermediate_2026};
    must(wide.set_name("wide"));
    must(wide.raise_rsa_bits(3072));
    strict.policy = must(wide.finish());
    CHECK(world.meet(strict, World::credentials(small)) != "let in");
}

TEST_CASE("who shows a pinned certificate without its key gets nowhere", "[tls]") {
    Pinned world;
    Session listener = world.server(world.config({Pin::of(world.issued.certificate)}));
    const RawClient raw = world.greet(listener);
    CHECK(raw.asked_for_certificate());
    auto writer = raw.handshake_writer();
    const ByteView der = world.issued.certificate.der();
    ByteWriter entry;
    entry.u8(0).u16(static_cast<std::uint16_t>(der.size())).bytes(der).u16(0);
    ByteWriter message;
    const auto list = static_cast<std::uint16_t>(entry.view().size());
    message.u8(11).u8(0).u16(static_cast<std::uint16_t>(list + 4)).u8(0).u8(0).u16(list).bytes(entry.view());
    Bytes sent = to_bytes(message.view());
    SECTION("straight to Finished") {}
    SECTION("with a signature of one's own making") {
        const Bytes forged = from_hex("0f00000c040300083006020101020101").value();
        sent.insert(sent.end(), forged.begin(), forged.end());
    }
    Bytes flight = writer.record(RawClient::handshake, sent);
    const Bytes end = writer.record(RawClient::handshake, raw.finished(sent));
    flight.insert(flight.end(), end.begin(), end.end());
    auto application = raw.application_writer();
    const Bytes data = application.record(RawClient::application_data, as_bytes("GET / HTTP/1.1"));
    flight.insert(flight.end(), data.begin(), data.end());
    CHECK_FALSE(listener.received(flight));
    CHECK_FALSE(listener.established());
    CHECK(listener.plaintext().empty());
}

TEST_CASE("pins are refused where they don't fit", "[tls]") {
    Pinned world;
    const auto code = [](ServerConfig config) { return ServerContext::create(std::move(config)).error().code; };
    const Pin pin = Pin::of(world.issued.certificate);
    CHECK(ServerContext::create(world.config({pin})));
    CHECK(code(world.config({})) == Errc::invalid_argument);
    CHECK(code(world.config({pin, Pin{}})) == Errc::invalid_argument);
    ServerConfig open = world.config({pin});
    open.client_auth = ClientAuth::none;
    CHECK(code(open) == Errc::invalid_argument);
    ServerConfig resumed = world.config({pin});
    resumed.tickets = must(TicketKeys::create({"t", "l", &intermediate_2026}, world.clock, world.random));
    CHECK(code(resumed) == Errc::invalid_argument);
}

TEST_CASE("a context judges a client's chain as a handshake does", "[tls]") {
    Pinned world;
    const auto context = must(ServerContext::create(world.config({Pin::of(world.issued.certificate)})));
    const Time now = world.clock.now();
    CHECK(must(context->judge_client({world.issued.certificate}, now)) == VouchedBy::pin);
    CHECK(context->judge_client({}, now).error().code == Errc::certificate_missing);
    CHECK(context->judge_client({world.unknown.certificate}, now).error().code == Errc::certificate_untrusted);
    // A pinned key further up in the chain says nothing of the leaf.
    CHECK(context->judge_client({world.unknown.certificate, world.issued.certificate}, now).error().code ==
          Errc::certificate_untrusted);
    CHECK(context->judge_client({world.issued.certificate}, now + 24h * 91).error().code == Errc::certificate_expired);
}
