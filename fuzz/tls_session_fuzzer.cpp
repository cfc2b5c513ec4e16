// SPDX-License-Identifier: Apache-2.0
// Under test: tls::Session::received, tls::Session::received_end, tls::Session::send, tls::Session::close (at a
// mutually authenticated server, first byte even, and at a client, odd). The second byte cuts the rest into pieces.
// Property: bytes from someone without keys never establish a session and never become plaintext; a failed session
// stays failed with the same error, and says so to every call.
#include <array>
#include <cstdint>
#include <cstdlib>

#include <safeq/tls/authority.hpp>
#include <safeq/tls/session.hpp>

using namespace safeq;

namespace {

class Repeatable final : public Random {
public:
    void fill(std::span<std::byte> out) noexcept override {
        for (std::byte& b : out) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            b = static_cast<std::byte>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_ = 1;
};

void require(bool held) {
    if (!held) std::abort();
}

struct World {
    ManualClock clock{Time{std::chrono::sys_days{std::chrono::November / 22 / 2026}}};
    std::shared_ptr<const tls::ServerContext> server;
    std::shared_ptr<const tls::ClientContext> client;

    World() {
        using namespace std::chrono_literals;
        Repeatable random;
        const auto authority =
            tls::Authority::create({.common_name = "a", .lifetime = 24h * 365, .crl_lifetime = 24h * 365}, clock.now(),
                                   random)
                .value();
        const auto issued = authority
                                .issue({.common_name = "s",
                                        .dns_names = {"localhost"},
                                        .ip_addresses = {},
                                        .uris = {},
                                        .purpose = tls::Purpose::server_and_client,
                                        .lifetime = 24h},
                                       clock.now(), random)
                                .value();
        const auto own = tls::Credentials::from_pem(tls::ChainPem{issued.certificate.pem()},
                                                    tls::KeyPem{as_text(issued.key_pem.expose())})
                             .value();
        const auto anchors = tls::TrustAnchors::from_pem(tls::AuthoritiesPem{authority.certificate().pem()},
                                                         tls::CrlsPem{authority.crl_pem()}, tls::Revocation::required)
                                 .value();
        const auto leave = tls::ExceptionLeave::unsafe_for_anybody(&tls::obsolete_mfd_2026);
        server = tls::ServerContext::create({.policy = &tls::obsolete_mfd_2026,
                                             .credentials = own,
                                             .client_auth = tls::ClientAuth::required,
                                             .client_anchors = anchors,
                                             .alpn = {"http/1.1"},
                                             .leave = leave})
                     .value();
        client = tls::ClientContext::create({.policy = &tls::obsolete_mfd_2026,
                                             .server_name = "localhost",
                                             .check = tls::Anchored{anchors, "localhost"},
                                             .own = own,
                                             .alpn = {"http/1.1"},
                                             .leave = leave})
                     .value();
        meet();
    }

    // Who has keys gets through: what follows fails for want of them alone.
    void meet() const {
        Repeatable random;
        tls::Session there = tls::Session::server(server, clock, random).value();
        tls::Session here = tls::Session::client(client, clock, random).value();
        const auto carry = [](tls::Session& from, tls::Session& to) {
            Bytes flight;
            from.take_outgoing(flight);
            require(flight.empty() || to.received(flight).has_value());
        };
        for (int flight = 0; flight < 6; ++flight) {
            carry(here, there);
            carry(there, here);
        }
        require(here.established() && there.established());
        require(here.send(as_bytes("hello")).has_value());
        carry(here, there);
        require(as_text(there.plaintext()) == "hello");
        there.consume(5);
        require(here.close().has_value() && !here.send(as_bytes("more")));
        carry(here, there);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    if (size < 2) return 0;
    Repeatable random;
    tls::Session session = data[0] % 2 == 0 ? tls::Session::server(world.server, world.clock, random).value()
                                            : tls::Session::client(world.client, world.clock, random).value();
    if (size == 2) {
        // Before anything came: what it sends is no more than that it ends.
        require(session.close().has_value() && !session.send(as_bytes("secret")));
        return 0;
    }
    const std::size_t step = data[1] == 0 ? size : data[1];
    ByteView rest = std::as_bytes(std::span{data, size}).subspan(2);
    std::optional<Errc> failed;
    while (!rest.empty()) {
        const ByteView piece = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(piece.size());
        const auto taken = session.received(piece);
        require(!session.established());
        require(session.plaintext().empty());
        if (failed) require(!taken && taken.error().code == *failed);
        if (!taken) failed = taken.error().code;
    }
    const auto sent = session.send(as_bytes("secret"));
    require(!sent && sent.error().code == failed.value_or(Errc::conflict));
    const auto ended = session.received_end();
    require(!ended && ended.error().code == failed.value_or(Errc::connection_closed));
    session.release_idle_memory();
    return 0;
}
