// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/session.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "target.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::RawClient;
using safeq::test::Target;
using safeq::test::World;

namespace {

/// The kinds of the handshake messages before encryption begins.
std::vector<int> clear_messages(ByteView flight) {
    Bytes messages;
    for (ByteReader records{flight}; !records.done();) {
        const auto type = records.u8("type").value();
        (void)records.u16("version").value();
        const auto content = records.take(records.u16("length").value(), "record").value();
        if (type != RawClient::handshake) break;
        messages.insert(messages.end(), content.begin(), content.end());
    }
    std::vector<int> kinds;
    for (ByteReader in{messages}; !in.done();) {
        kinds.push_back(in.u8("kind").value());
        const std::size_t high = in.u8("length").value();
        (void)in.take(high * 65536 + in.u16("length").value(), "message").value();
    }
    return kinds;
}

}  // namespace

TEST_CASE("session ids and tickets that a client brings resume nothing", "[tls]") {
    const ClientAuth auth = GENERATE(ClientAuth::none, ClientAuth::required);
    Target target;
    const auto hello = [](ByteView session_id) {
        ByteWriter extensions;
        extensions.u16(10).u16(4).u16(2).u16(0x0017);                 // supported_groups
        extensions.u16(11).u16(2).u8(1).u8(0);                        // ec_point_formats
        extensions.u16(13).u16(4).u16(2).u16(0x0403);                 // signature_algorithms
        extensions.u16(23).u16(0);                                    // extended_master_secret
        extensions.u16(35).u16(200).bytes(Bytes(200, std::byte{5}));  // session_ticket
        extensions.u16(0xff01).u16(1).u8(0);                          // renegotiation_info
        ByteWriter body;
        body.u16(0x0303)
            .bytes(Bytes(32, std::byte{9}))
            .u8(static_cast<std::uint8_t>(session_id.size()))
            .bytes(session_id);
        body.u16(2).u16(0xc02c).u8(1).u8(0);
        body.u16(static_cast<std::uint16_t>(extensions.view().size())).bytes(extensions.view());
        ByteWriter record;
        record.u8(22).u16(0x0301).u16(static_cast<std::uint16_t>(body.view().size() + 4));
        record.u8(1).u8(0).u16(static_cast<std::uint16_t>(body.view().size())).bytes(body.view());
        return std::move(record).take();
    };
    Bytes first_id;
    for (int attempt = 0; attempt < 2; ++attempt) {
        Session listener = target.listener(auth);
        must(listener.received(hello(first_id)));
        const Bytes answer = to_bytes(listener.outgoing());
        // The whole handshake, with the certificates: ServerHello, Certificate, ServerKeyExchange, …, ServerHelloDone.
        const std::vector<int> expected =
            auth == ClientAuth::required ? std::vector{2, 11, 12, 13, 14} : std::vector{2, 11, 12, 14};
        CHECK(clear_messages(answer) == expected);
        REQUIRE(answer.size() > 76);
        // A new id, which means nothing: header 5, message head 4, version 2, random 32, length 1.
        const ByteView id = ByteView{answer}.subspan(44, std::to_integer<std::size_t>(answer[43]));
        if (attempt == 1) CHECK_FALSE(same_bytes(id, first_id));
        first_id = to_bytes(id);
    }
}

TEST_CASE("a server issues no tickets", "[tls]") {
    const ClientAuth auth = GENERATE(ClientAuth::none, ClientAuth::required);
    const bool tls13 = GENERATE(true, false);
    Target target;
    static constexpr Version only_12[]{Version::v1_2};
    static constexpr Policy tls12{PolicyTable{.name = "tls12",
                                              .alias = "tls12",
                                              .purpose = "test",
                                              .versions = only_12,
                                              .suites = intermediate_2026.suites().subspan(3),
                                              .groups = intermediate_2026.groups(),
                                              .signature_schemes = intermediate_2026.signature_schemes(),
                                              .min_rsa_bits = 2048,
                                              .exception_only = false}};
    ClientConfig config = target.client_config(tls13 ? intermediate_2026 : tls12);
    config.own = World::credentials(target.issue(Purpose::client));
    Session client = target.client(std::move(config));
    Session server = target.listener(auth);
    Bytes wire, from_server;
    for (int round = 0; round < 4; ++round) {
        client.take_outgoing(wire);
        must(server.received(wire));
        server.take_outgoing(wire);
        from_server.insert(from_server.end(), wire.begin(), wire.end());
        must(client.received(wire));
    }
    REQUIRE(server.established());
    REQUIRE(client.established());
    if (tls13) {
        // After its Finished the server has said nothing more: a NewSessionTicket would be waiting.
        CHECK(wire.empty());
    } else {
        // No NewSessionTicket stands among the messages in the clear, of which the ticket would be the last.
        const std::vector<int> kinds = clear_messages(from_server);
        CHECK(std::ranges::count(kinds, 4) == 0);
        CHECK(std::ranges::count(kinds, 14) == 1);
    }
}
