// SPDX-License-Identifier: Apache-2.0
// HOSTILE 17: early data (0-RTT), and flights that come again. RFC 8446, section 8: what can be replayed must have no
// effect, and here nothing is read before the end of a handshake of its own.
#include <malloc.h>

#include <algorithm>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "target.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::RawClient;
using safeq::test::read_all;
using safeq::test::Target;

namespace {

constexpr int replays = 10'000;
constexpr std::string_view request = "POST /v1/jobs/1/release HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
const Bytes end_of_early_data = from_hex("05000000").value();

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

/// An open listener with tickets, and a mutual one of the same server.
struct Replayed : Target {
    std::shared_ptr<TicketKeys> keys =
        must(TicketKeys::create({"printers", "ipps", &intermediate_2026}, clock, random));
    std::shared_ptr<const ServerContext> open =
        must(ServerContext::create({.policy = &intermediate_2026, .credentials = own, .tickets = keys}));
    std::shared_ptr<const ServerContext> mutual = must(ServerContext::create({.policy = &intermediate_2026,
                                                                              .credentials = own,
                                                                              .client_auth = ClientAuth::required,
                                                                              .client_anchors = anchors()}));

    [[nodiscard]] Session listener(const std::shared_ptr<const ServerContext>& context) {
        return must(Session::server(context, clock, random));
    }

    /// By a full handshake at the open listener.
    [[nodiscard]] RawClient::Ticket ticket() {
        Session server = listener(open);
        RawClient raw;
        Bytes wire;
        must(server.received(raw.hello({.wants_tickets = true})));
        server.take_outgoing(wire);
        REQUIRE(raw.read_flight(wire));
        must(server.received(raw.handshake_writer().record(RawClient::handshake, raw.finished())));
        REQUIRE(server.established());
        server.take_outgoing(wire);
        const auto given = raw.read_ticket(wire);
        REQUIRE(given);
        return *given;
    }
};

/// The bytes that `malloc` has given out.
std::size_t in_use() { return mallinfo2().uordblks; }

}  // namespace

TEST_CASE("the raw client is right: its ticket and binder are good, and early data is not taken up", "[tls]") {
    const bool announced = GENERATE(false, true);
    Replayed world;
    const RawClient::Ticket ticket = world.ticket();
    Session server = world.listener(world.open);
    RawClient raw;
    Bytes wire;
    must(server.received(raw.hello({.ticket = ticket, .early_data = announced})));
    server.take_outgoing(wire);
    REQUIRE(raw.read_flight(wire));
    CHECK(raw.resumed());
    CHECK_FALSE(raw.early_data_accepted());
    must(server.received(raw.handshake_writer().record(RawClient::handshake, raw.finished())));
    REQUIRE(server.established());
    CHECK(server.peer().resumed);
    CHECK(server.plaintext().empty());
    must(server.received(raw.application_writer().record(RawClient::application_data, as_bytes(request))));
    CHECK(read_all(server) == request);

    SECTION("a binder by another key is no ticket's") {
        RawClient::Ticket forged = ticket;
        forged.key.front() ^= std::byte{1};
        Session refusing = world.listener(world.open);
        CHECK_FALSE(refusing.received(RawClient{}.hello({.ticket = forged, .early_data = announced})));
        CHECK_FALSE(refusing.established());
    }
}

TEST_CASE("early data reaches nothing, whichever keys and records it comes by", "[tls]") {
    Replayed world;
    const bool at_mutual = GENERATE(false, true);
    const RawClient::Ticket ticket = world.ticket();
    Session server = world.listener(at_mutual ? world.mutual : world.open);
    RawClient raw;
    Bytes wire;
    must(server.received(raw.hello({.ticket = ticket, .early_data = true})));
    server.take_outgoing(wire);
    REQUIRE(raw.read_flight(wire));
    CHECK(raw.resumed() == !at_mutual);
    CHECK_FALSE(raw.early_data_accepted());
    auto early = raw.early_writer();
    Bytes sent;
    SECTION("as it should be sent") { sent = early.record(RawClient::application_data, as_bytes(request)); }
    SECTION("with its end") {
        sent = early.record(RawClient::application_data, as_bytes(request));
        append(sent, early.record(RawClient::handshake, end_of_early_data));
        append(sent, raw.handshake_writer().record(RawClient::handshake, raw.finished(end_of_early_data)));
    }
    SECTION("with its end under the handshake's keys, as if it had been accepted") {
        auto writer = raw.handshake_writer();
        sent = writer.record(RawClient::handshake, end_of_early_data);
        append(sent, writer.record(RawClient::handshake, raw.finished(end_of_early_data)));
    }
    SECTION("under the handshake's keys") {
        sent = raw.handshake_writer().record(RawClient::application_data, as_bytes(request));
    }
    CHECK_FALSE(server.received(sent));
    CHECK_FALSE(server.established());
    CHECK(server.plaintext().empty());

    // More of it makes nothing grow.
    server.take_outgoing(wire);
    CHECK(wire.size() < 100);
    const Bytes big = early.record(RawClient::application_data, Bytes(16'000));
    const std::size_t before = in_use();
    for (int i = 0; i < replays; ++i) REQUIRE_FALSE(server.received(big));
    CHECK(in_use() < before + 64 * 1024);
    CHECK(server.outgoing().empty());
    CHECK(server.plaintext().empty());
}

TEST_CASE("ten thousand replays of a recorded flight have no effect (HOSTILE 17)", "[tls]") {
    Replayed world;
    const bool at_mutual = GENERATE(false, true);
    const RawClient::Ticket ticket = world.ticket();
    Bytes flight;
    SECTION("a hello with early data, and the data") {
        RawClient raw;
        flight = raw.hello({.ticket = ticket, .early_data = true});
        auto early = raw.early_writer();
        append(flight, early.record(RawClient::application_data, as_bytes(request)));
        append(flight, early.record(RawClient::handshake, end_of_early_data));
    }
    SECTION("all that a client said in a session that was good") {
        Session server = world.listener(world.open);
        RawClient raw;
        Bytes wire;
        flight = raw.hello({.ticket = ticket});
        must(server.received(flight));
        server.take_outgoing(wire);
        REQUIRE(raw.read_flight(wire));
        Bytes rest = raw.handshake_writer().record(RawClient::handshake, raw.finished());
        append(rest, raw.application_writer().record(RawClient::application_data, as_bytes(request)));
        must(server.received(rest));
        REQUIRE(read_all(server) == request);
        append(flight, rest);
    }
    int established = 0, read = 0, accepted = 0;
    std::size_t most_outgoing = 0, before = 0;
    for (int i = 0; i < replays; ++i) {
        if (i == 100) before = in_use();  // by then what is made once has been made
        Session server = world.listener(at_mutual ? world.mutual : world.open);
        accepted += server.received(flight).has_value();
        established += server.established();
        read += !server.plaintext().empty();
        most_outgoing = std::max(most_outgoing, server.outgoing().size());
    }
    CHECK(accepted == 0);
    CHECK(established == 0);
    CHECK(read == 0);
    CHECK(most_outgoing < 8 * 1024);
    CHECK(in_use() < before + 256 * 1024);
    CHECK(world.keys->count() == 1);
}
