// SPDX-License-Identifier: Apache-2.0
// HOSTILE 16: nothing is renegotiated, and keys aren't updated at a peer's pleasure.
#include <algorithm>
#include <optional>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include <safeq/tls/derive.hpp>

#include "other_peer.hpp"
#include "target.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::OtherPeer;
using safeq::test::RawClient;
using safeq::test::read_all;
using safeq::test::Target;

namespace {

using Botan::TLS::Extension_Code;

/// The session is over: it takes nothing, gives nothing, and says why each time.
void check_over(Session& session) {
    CHECK(session.received(Bytes(5)).error().code == Errc::tls_handshake_failed);
    CHECK(session.send(as_bytes("secret")).error().code == Errc::tls_handshake_failed);
    CHECK(session.plaintext().empty());
}

}  // namespace

TEST_CASE("a client that renegotiates is refused, and its connection ended", "[tls]") {
    const bool full = GENERATE(true, false);
    Target target;
    Session server = target.listener(ClientAuth::none);
    OtherPeer client = OtherPeer::client(target, {});
    REQUIRE_FALSE(client.talk(server));
    REQUIRE(server.established());
    REQUIRE(server.peer().version == Version::v1_2);
    client.channel().send("before");
    REQUIRE_FALSE(client.talk(server));
    CHECK(read_all(server) == "before");
    // By ClientHello after Finished, whatever it wants: a full handshake or a shorter one.
    client.channel().renegotiate(full);
    const auto refused = client.talk(server);
    REQUIRE(refused);
    CHECK(refused->code == Errc::tls_handshake_failed);
    CHECK(client.alert() == "no_renegotiation");
    check_over(server);
}

TEST_CASE("a server that asks our client to renegotiate is left", "[tls]") {
    Target target;
    const Policy& policy = *GENERATE(&intermediate_2026, &obsolete_mfd_2026);
    OtherPeer server = OtherPeer::server(target, target.own, {});
    Session client = target.client(target.client_config(policy));
    REQUIRE_FALSE(server.talk(client));
    REQUIRE(client.established());
    REQUIRE(client.peer().version == Version::v1_2);
    server.channel().send("before");
    REQUIRE_FALSE(server.talk(client));
    CHECK(read_all(client) == "before");
    server.channel().renegotiate(true);  // HelloRequest
    const auto refused = server.talk(client);
    REQUIRE(refused);
    CHECK(refused->code == Errc::tls_handshake_failed);
    CHECK(server.alert() == "no_renegotiation");
    check_over(client);
}

TEST_CASE("a server without secure renegotiation or extended master secret is talked to by an exception alone",
          "[tls]") {
    Target target;
    const Extension_Code left_out = GENERATE(Extension_Code::SafeRenegotiation, Extension_Code::ExtendedMasterSecret);
    const auto off = must(without_tls13(intermediate_2026));
    // The off-switch for TLS 1.3 takes none of the demands.
    for (const Policy* const policy : {&intermediate_2026, off.get(), &legacy_mfd_2026, &obsolete_mfd_2026}) {
        CAPTURE(policy->name(), static_cast<int>(left_out));
        OtherPeer server = OtherPeer::server(target, target.own, {.leaves_out = left_out});
        Session client = target.client(target.client_config(*policy));
        const auto refused = server.talk(client);
        const bool lenient = policy == &legacy_mfd_2026 || policy == &obsolete_mfd_2026;
        CHECK(client.established() == lenient);
        REQUIRE(refused.has_value() == !lenient);
        if (!refused) continue;
        CHECK(refused->code == Errc::tls_handshake_failed);
        INFO(refused->message());
        if (left_out == Extension_Code::SafeRenegotiation) CHECK(refused->detail.contains("RFC 5746"));
        CHECK(server.alert() == "handshake_failure");
    }
}

TEST_CASE("a client without secure renegotiation is served, since nothing is renegotiated here", "[tls]") {
    // RFC 5746, section 3.6: what the extension protects is a server that does.
    Target target;
    Session server = target.listener(ClientAuth::none);
    OtherPeer client = OtherPeer::client(target, {.leaves_out = Extension_Code::SafeRenegotiation});
    CHECK_FALSE(client.talk(server));
    CHECK(server.established());
}

TEST_CASE("a thousand KeyUpdates at once end the connection at the second (HOSTILE 16)", "[tls]") {
    // The cap: one in a second. One more is answered by an alert, and that was the connection.
    const bool requested = GENERATE(false, true);
    Target target;
    Session listener = target.listener(ClientAuth::none);
    const RawClient raw = target.greet(listener);
    auto writer = raw.handshake_writer();
    must(listener.received(writer.record(RawClient::handshake, raw.finished())));
    REQUIRE(listener.established());
    const Bytes update = from_hex(requested ? "1800000101" : "1800000100").value();
    must(listener.received(raw.application_writer().record(RawClient::handshake, update)));
    auto updated = raw.application_writer(1);
    must(listener.received(updated.record(RawClient::application_data, as_bytes("after the first"))));
    CHECK(read_all(listener) == "after the first");
    // An update that was asked for goes out before the next data (RFC 8446, section 4.6.3), under the former key.
    must(listener.send(as_bytes("answer")));
    Bytes wire;
    listener.take_outgoing(wire);
    auto reader = raw.application_reader();
    const auto answer = reader.open(ByteView{wire}.first(5 + std::to_integer<std::size_t>(wire[4])));
    REQUIRE(answer);
    CHECK(answer->second == (requested ? RawClient::handshake : RawClient::application_data));
    if (requested) CHECK(to_hex(answer->first) == "1800000100");

    Session silent = target.listener(ClientAuth::none);
    const RawClient again = target.greet(silent);
    must(silent.received(again.handshake_writer().record(RawClient::handshake, again.finished())));
    int taken = 0;
    std::optional<Error> refused;
    std::size_t most = 0;
    for (const Bytes& record : again.key_updates(1000, update)) {
        const auto took = silent.received(record);
        taken += took.has_value();
        if (!took && !refused) refused = took.error();
        most = std::max(most, silent.outgoing().size());
    }
    REQUIRE(refused);
    CHECK(refused->code == Errc::tls_handshake_failed);
    CHECK(taken >= 1);
    CHECK(taken < 1000);
    CHECK(most < 100);  // no answer to each; at the end an alert
    check_over(silent);
}

TEST_CASE("a server that floods our client with KeyUpdates is left", "[tls]") {
    const bool requested = GENERATE(false, true);
    Target target;
    OtherPeer server = OtherPeer::server(target, target.own, {.tls13 = true});
    Session client = target.client(target.client_config(modern_2026));
    REQUIRE_FALSE(server.talk(client));
    REQUIRE(client.established());
    for (int updates = 0; updates < 1000; ++updates) server.channel().update_traffic_keys(requested);
    const auto refused = server.talk(client);
    REQUIRE(refused);
    CHECK(refused->code == Errc::tls_handshake_failed);
    check_over(client);
}
