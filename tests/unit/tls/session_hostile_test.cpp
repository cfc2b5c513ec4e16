// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/session.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "target.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::Outcome;
using safeq::test::pump;
using safeq::test::RawClient;
using safeq::test::read_all;
using safeq::test::Target;
using safeq::test::World;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

/// The listener gave nothing, and gives nothing afterwards.
void check_gives_nothing(Session& listener, ByteView hostile) {
    const auto taken = listener.received(hostile);
    REQUIRE_FALSE(taken);
    INFO(taken.error().message());
    CHECK_FALSE(listener.established());
    CHECK(listener.plaintext().empty());
    CHECK_FALSE(listener.received(hostile));
    CHECK(listener.plaintext().empty());
    CHECK_FALSE(listener.send(as_bytes("secret")));
}

constexpr std::string_view request = "GET /internal/v1/jobs HTTP/1.1\r\n\r\n";

}  // namespace

TEST_CASE("the raw client is right: where no certificate is asked for, it gets through", "[tls]") {
    Target target;
    Session listener = target.listener(ClientAuth::none);
    const RawClient raw = target.greet(listener);
    CHECK_FALSE(raw.asked_for_certificate());
    auto writer = raw.handshake_writer();
    must(listener.received(writer.record(RawClient::handshake, raw.finished())));
    REQUIRE(listener.established());
    CHECK(listener.peer().group->name == "secp256r1");

    // Nothing follows the handshake by itself: no ticket is sent.
    CHECK(listener.outgoing().empty());
    auto application = raw.application_writer();
    must(listener.received(application.record(RawClient::application_data, as_bytes(request))));
    CHECK(read_all(listener) == request);
    must(listener.send(as_bytes("answer")));
    Bytes wire;
    listener.take_outgoing(wire);
    auto reader = raw.application_reader();
    const auto answer = reader.open(wire);
    REQUIRE(answer);
    CHECK(as_text(answer->first) == "answer");
    CHECK(answer->second == RawClient::application_data);
}

TEST_CASE("application data before Finished, without a certificate, reaches nothing", "[tls]") {
    // CVE-2026-34582: a backend took data under the application keys before the client had proved anything.
    const ClientAuth auth = GENERATE(ClientAuth::required, ClientAuth::none);
    Target target;
    Session listener = target.listener(auth);
    const RawClient raw = target.greet(listener);
    CHECK(raw.asked_for_certificate() == (auth == ClientAuth::required));
    SECTION("under the application keys") {
        auto writer = raw.application_writer();
        check_gives_nothing(listener, writer.record(RawClient::application_data, as_bytes(request)));
    }
    SECTION("under the handshake keys") {
        auto writer = raw.handshake_writer();
        check_gives_nothing(listener, writer.record(RawClient::application_data, as_bytes(request)));
    }
    SECTION("in the clear") {
        ByteWriter record;
        record.u8(RawClient::application_data)
            .u16(0x0303)
            .u16(static_cast<std::uint16_t>(request.size()))
            .text(request);
        check_gives_nothing(listener, record.view());
    }
}

TEST_CASE("a mutual listener takes no shorter way to the end of the handshake", "[tls]") {
    Target target;
    Session listener = target.listener(ClientAuth::required);
    const RawClient raw = target.greet(listener);
    auto writer = raw.handshake_writer();
    SECTION("a right Finished in place of the certificate") {
        Bytes flight = writer.record(RawClient::handshake, raw.finished());
        auto application = raw.application_writer();
        const Bytes data = application.record(RawClient::application_data, as_bytes(request));
        flight.insert(flight.end(), data.begin(), data.end());
        check_gives_nothing(listener, flight);
    }
    SECTION("an empty certificate") {
        const Bytes nothing = from_hex("0b00000400000000").value();
        Bytes flight = writer.record(RawClient::handshake, nothing);
        const Bytes end = writer.record(RawClient::handshake, raw.finished(nothing));
        flight.insert(flight.end(), end.begin(), end.end());
        auto application = raw.application_writer();
        const Bytes data = application.record(RawClient::application_data, as_bytes(request));
        flight.insert(flight.end(), data.begin(), data.end());
        CHECK(listener.received(flight).error().code == Errc::certificate_missing);
        CHECK_FALSE(listener.established());
        CHECK(listener.plaintext().empty());
    }
    SECTION("a good certificate of someone else, without its signature") {
        const Issued issued = target.issue(Purpose::client);
        const ByteView der = issued.certificate.der();
        ByteWriter entry;
        entry.u8(0).u16(static_cast<std::uint16_t>(der.size())).bytes(der).u16(0);
        ByteWriter message;
        const auto list = static_cast<std::uint16_t>(entry.view().size());
        message.u8(11).u8(0).u16(static_cast<std::uint16_t>(list + 4)).u8(0).u8(0).u16(list).bytes(entry.view());
        Bytes flight = writer.record(RawClient::handshake, message.view());
        const Bytes end = writer.record(RawClient::handshake, raw.finished(message.view()));
        flight.insert(flight.end(), end.begin(), end.end());
        auto application = raw.application_writer();
        const Bytes data = application.record(RawClient::application_data, as_bytes(request));
        flight.insert(flight.end(), data.begin(), data.end());
        check_gives_nothing(listener, flight);
    }
    SECTION("another message in place of Finished") {
        const Bytes key_update = from_hex("1800000101").value();
        check_gives_nothing(listener, writer.record(RawClient::handshake, key_update));
    }
}

TEST_CASE("clients of TLS 1.1 and older are refused", "[tls]") {
    const Policy* const policy = GENERATE(&modern_2026, &intermediate_2026, &legacy_mfd_2026, &obsolete_mfd_2026);
    const int version = GENERATE(0x0300, 0x0301, 0x0302);
    CAPTURE(policy->name(), version);
    Target target;
    Session listener = target.server({.policy = policy,
                                      .credentials = target.own,
                                      .client_auth = ClientAuth::none,
                                      .client_anchors = nullptr,
                                      .alpn = {}});
    ByteWriter body;
    body.u16(static_cast<std::uint16_t>(version)).bytes(Bytes(32, std::byte{1})).u8(0);
    body.u16(6).u16(0xc013).u16(0x002f).u16(0x000a).u8(1).u8(0);
    ByteWriter extensions;
    extensions.u16(10).u16(4).u16(2).u16(0x0017).u16(11).u16(2).u8(1).u8(0);
    body.u16(static_cast<std::uint16_t>(extensions.view().size())).bytes(extensions.view());
    ByteWriter record;
    record.u8(22).u16(0x0301).u16(static_cast<std::uint16_t>(body.view().size() + 4));
    record.u8(1).u8(0).u16(static_cast<std::uint16_t>(body.view().size())).bytes(body.view());
    const auto taken = listener.received(record.view());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Errc::tls_handshake_failed);
    // The answer is an alert and nothing else: protocol_version, so that the peer knows why.
    const ByteView answer = listener.outgoing();
    REQUIRE(answer.size() == 7);
    CHECK(answer[0] == std::byte{21});
    CHECK(answer[6] == std::byte{70});
}

TEST_CASE("a mutual listener is not fooled by a suite that asks for no certificate", "[tls]") {
    // Older backends did not ask for a client's certificate when the suite was one with static RSA.
    Target target;
    const auto rsa = World::credentials(target.issue(Purpose::server, KeyKind::rsa_2048));
    static constexpr Version only_12[]{Version::v1_2};
    static constexpr Suite only_rsa[]{catalogue::rsa_aes_256_gcm_sha384};
    static constexpr Policy static_rsa{PolicyTable{.name = "static-rsa",
                                                   .alias = "static-rsa",
                                                   .purpose = "test",
                                                   .versions = only_12,
                                                   .suites = only_rsa,
                                                   .groups = intermediate_2026.groups(),
                                                   .signature_schemes = intermediate_2026.signature_schemes(),
                                                   .min_rsa_bits = 2048,
                                                   .exception_only = true}};
    const auto context = must(ServerContext::create({.policy = &obsolete_mfd_2026,
                                                     .credentials = rsa,
                                                     .client_auth = ClientAuth::required,
                                                     .client_anchors = target.anchors(),
                                                     .alpn = {},
                                                     .leave = ExceptionLeave::unsafe_for_anybody(&obsolete_mfd_2026)}));
    for (const bool shows : {true, false}) {
        Session listener = must(Session::server(context, target.clock, target.random));
        ClientConfig config = target.client_config(static_rsa);
        if (shows) config.own = World::credentials(target.issue(Purpose::server_and_client, KeyKind::rsa_2048));
        Session client = target.client(std::move(config));
        const Outcome outcome = pump(client, listener);
        CHECK(listener.established() == shows);
        CHECK(client.established() == shows);
        REQUIRE(outcome.server.has_value() == !shows);
        if (outcome.server) CHECK(outcome.server->code == Errc::certificate_missing);
    }
}

TEST_CASE("records that were cut, changed or come again are refused", "[tls]") {
    Target target;
    const auto connect = [&] {
        Session client = target.client(target.client_config(intermediate_2026));
        Session server = target.listener(ClientAuth::none);
        REQUIRE_FALSE(pump(client, server).client);
        return std::pair{std::move(client), std::move(server)};
    };
    SECTION("every byte counts") {
        for (std::size_t at = 0; at < 5 + 5 + 17; ++at) {
            auto [client, server] = connect();
            Bytes wire;
            must(client.send(as_bytes("12345")));
            client.take_outgoing(wire);
            REQUIRE(wire.size() == 5 + 5 + 17);
            wire[at] ^= std::byte{0x40};
            const auto taken = server.received(wire);
            CAPTURE(at);
            CHECK(server.plaintext().empty());
            if (at >= 5) {
                REQUIRE_FALSE(taken);
                CHECK(taken.error().code == Errc::authentication_failed);
                CHECK_FALSE(server.outgoing().empty());
            } else if (taken) {
                // A longer length is a record that never ends.
                CHECK(server.received_end().error().code == Errc::connection_closed);
            }
        }
    }
    SECTION("a record comes only once") {
        auto [client, server] = connect();
        Bytes wire;
        must(client.send(as_bytes("pay 1")));
        client.take_outgoing(wire);
        must(server.received(wire));
        CHECK(read_all(server) == "pay 1");
        CHECK(server.received(wire).error().code == Errc::authentication_failed);
        CHECK(server.plaintext().empty());
    }
    SECTION("records come in order") {
        auto [client, server] = connect();
        Bytes first, second;
        must(client.send(as_bytes("one")));
        client.take_outgoing(first);
        must(client.send(as_bytes("two")));
        client.take_outgoing(second);
        CHECK(server.received(second).error().code == Errc::authentication_failed);
        CHECK(server.plaintext().empty());
    }
    SECTION("half a record is nothing yet") {
        auto [client, server] = connect();
        Bytes wire;
        must(client.send(as_bytes("patience")));
        client.take_outgoing(wire);
        for (const std::byte& b : wire) {
            CHECK(server.plaintext().empty());
            must(server.received({&b, 1}));
        }
        CHECK(read_all(server) == "patience");
    }
}

TEST_CASE("changed handshakes never end in a session", "[tls]") {
    Target target;
    Bytes hello;
    target.client(target.client_config(intermediate_2026)).take_outgoing(hello);
    for (std::size_t at = 0; at < hello.size(); at += 13) {
        Session client = target.client(target.client_config(intermediate_2026));
        Session server = target.listener(ClientAuth::required);
        Bytes wire;
        client.take_outgoing(wire);
        wire[at % wire.size()] ^= std::byte{0x21};
        (void)server.received(wire);
        (void)pump(client, server);
        CAPTURE(at);
        CHECK_FALSE(server.established());
        CHECK_FALSE(client.established());
    }
    for (const std::string_view rubbish :
         {"GET / HTTP/1.1\r\n\r\n"sv, "\x16\x03\x01\xff\xff"sv, "\x80\x2e\x01\x00\x02"sv,
          "\x15\x03\x01\x00\x02\x02\x28"sv, "\x17\x03\x03\x00\x01x"sv}) {
        Session server = target.listener(ClientAuth::required);
        (void)server.received(as_bytes(rubbish));
        CHECK_FALSE(server.established());
        CHECK(server.plaintext().empty());
    }
}
