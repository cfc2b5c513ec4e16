// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/tickets.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "ticket_client.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::SeededRandom;
using safeq::test::TicketClient;
using safeq::test::Visit;
using safeq::test::World;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view content = "what a session is resumed with";

/// A world with an open listener that has tickets, and a client that keeps them.
struct Counter : World {
    std::shared_ptr<const Credentials> own = credentials(issue(Purpose::server));
    std::shared_ptr<TicketKeys> keys = make_keys("printers", "ipps", &intermediate_2026);
    TicketClient client{random, clock};

    [[nodiscard]] std::shared_ptr<TicketKeys> make_keys(std::string tenant, std::string listener, PolicyRef policy) {
        return must(TicketKeys::create({std::move(tenant), std::move(listener), std::move(policy)}, clock, random));
    }
    [[nodiscard]] ServerConfig config() const {
        return {.policy = &intermediate_2026,
                .credentials = own,
                .client_auth = ClientAuth::none,
                .client_anchors = nullptr,
                .alpn = {"ipp"},
                .tickets = keys};
    }
    [[nodiscard]] Visit visit() { return client.visit(server(config())); }
    [[nodiscard]] Fingerprint shown() const { return own->certificate().fingerprint(); }
};

void check_full(const Visit& visit) {
    CHECK(visit.done);
    CHECK_FALSE(visit.server);
    CHECK_FALSE(visit.resumed);
    CHECK(visit.certificate);
    REQUIRE(visit.peer);
    CHECK_FALSE(visit.peer->resumed);
}

void check_resumed(const Visit& visit) {
    CHECK(visit.done);
    CHECK_FALSE(visit.server);
    CHECK(visit.resumed);
    CHECK_FALSE(visit.certificate);
    REQUIRE(visit.peer);
    CHECK(visit.peer->resumed);
}

}  // namespace

TEST_CASE("a session is resumed by its ticket, and everything is known of it", "[tls]") {
    Counter counter;
    const Visit first = counter.visit();
    check_full(first);
    const Bytes ticket = counter.client.wallet->ticket();
    CHECK(ticket.size() <= TicketKeys::max_ticket_bytes);
    counter.clock.advance(1min);
    const Visit second = counter.visit();
    check_resumed(second);
    for (const Visit* const visit : {&first, &second}) {
        CHECK(visit->peer->version == Version::v1_3);
        REQUIRE(visit->peer->suite);
        CHECK(visit->peer->suite->name == first.peer->suite->name);
        REQUIRE(visit->peer->group);  // also the second time: psk_dhe_ke
        CHECK(visit->peer->group->name == first.peer->group->name);
        CHECK(visit->peer->server_name == "print.example");
        CHECK(visit->peer->alpn == "ipp");
        CHECK(visit->peer->certificates.empty());
    }
    // Each time a new one: who listens can't tell which connections belong together.
    CHECK_FALSE(same_bytes(ticket, counter.client.wallet->ticket()));
    check_resumed(counter.visit());
}

TEST_CASE("no early data is offered, and no key without a new exchange taken", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    CHECK_FALSE(counter.client.wallet->kept->session.supports_early_data());
    CHECK(counter.client.wallet->kept->session.lifetime_hint() == intermediate_2026.tickets().lifetime);
    check_full(counter.client.visit(counter.server(counter.config()), {.only_psk_ke = true}));
}

TEST_CASE("a ticket is good until the policy's end, counted from the full handshake", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    counter.clock.advance(3h);
    check_resumed(counter.visit());  // this one's ticket ends with the first
    counter.clock.advance(3h - 1ms);
    check_resumed(counter.visit());
    counter.clock.advance(1ms);
    check_full(counter.visit());
    counter.clock.advance(-1h);  // from the future
    check_full(counter.visit());
}

TEST_CASE("keys change, open what they sealed until its end, and are destroyed", "[tls]") {
    Counter counter;
    TicketKeys& keys = *counter.keys;
    CHECK(keys.lifetime() == 6h);
    CHECK(keys.count() == 0);
    counter.clock.advance(5h);
    const auto seal = [&] { return keys.seal({as_bytes(content)}, counter.clock.now(), counter.shown()); };
    const Bytes first = seal();
    CHECK(keys.count() == 1);
    counter.clock.advance(6h - 1ms);  // the key's last millisecond of sealing
    const Bytes second = seal();
    CHECK(same_bytes(ByteView{first}.first(16), ByteView{second}.first(16)));
    counter.clock.advance(1ms);
    const Bytes third = seal();
    CHECK_FALSE(same_bytes(ByteView{first}.first(16), ByteView{third}.first(16)));
    CHECK(keys.count() == 2);
    CHECK(keys.open(first, counter.shown()).error().code == Errc::expired);
    const auto opened = keys.open(second, counter.shown());
    REQUIRE(opened);
    CHECK(as_text(opened->session.expose()) == content);
    counter.clock.advance(6h - 2ms);
    CHECK(keys.open(second, counter.shown()));
    CHECK(keys.open(third, counter.shown()));
    counter.clock.advance(2ms);
    keys.rotate();  // nobody came: the first key is gone, the second only opens
    CHECK(keys.count() == 1);
    CHECK(keys.open(second, counter.shown()).error().code == Errc::key_unknown);
    counter.clock.advance(6h);
    keys.rotate();
    CHECK(keys.count() == 0);

    const Bytes late = seal();
    counter.clock.advance(-1ms);  // a clock set back lengthens no key's life
    CHECK(keys.open(late, counter.shown()).error().code == Errc::key_unknown);
    CHECK(keys.count() == 0);
}

TEST_CASE("tickets whose keys were destroyed open nothing", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    counter.keys->destroy();
    CHECK(counter.keys->count() == 0);
    check_full(counter.visit());
    check_resumed(counter.visit());  // by the new one
}

TEST_CASE("a ticket changed anywhere leads to a full handshake", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    const auto kept = *counter.client.wallet->kept;
    const Bytes ticket = counter.client.wallet->ticket();
    REQUIRE(ticket.size() > 100);
    for (std::size_t i = 0; i < ticket.size(); ++i) {
        CAPTURE(i);
        Bytes changed = ticket;
        changed[i] ^= std::byte{static_cast<std::uint8_t>(1U << (i % 8))};
        counter.client.wallet->kept = kept;
        counter.client.wallet->put(changed);
        check_full(counter.visit());
    }
    for (const std::size_t size : {std::size_t{1}, std::size_t{27}, std::size_t{28}, std::size_t{51}, ticket.size() - 1,
                                   TicketKeys::max_ticket_bytes + 1}) {
        CAPTURE(size);
        Bytes changed = ticket;
        changed.resize(size);
        counter.client.wallet->kept = kept;
        counter.client.wallet->put(changed);
        check_full(counter.visit());
    }
    counter.client.wallet->kept = kept;
    check_resumed(counter.visit());  // unchanged it is still good
}

TEST_CASE("a ticket opens under its own tenant, listener, policy and certificate alone, even with equal keys",
          "[tls]") {
    Counter counter;
    static constexpr Policy same_name{[] {
        PolicyTable table{.name = "intermediate-2026",
                          .alias = "intermediate",
                          .purpose = "test",
                          .versions = intermediate_2026.versions(),
                          .suites = intermediate_2026.suites(),
                          .groups = intermediate_2026.groups(),
                          .signature_schemes = intermediate_2026.signature_schemes(),
                          .min_rsa_bits = 3072,
                          .exception_only = false};
        table.tickets = intermediate_2026.tickets();
        return table;
    }()};
    const auto make = [&](TicketScope scope, Random& random) {
        return must(TicketKeys::create(std::move(scope), counter.clock, random));
    };
    SeededRandom random{7};
    const auto ours = make({"a", "bc", &intermediate_2026}, random);
    const Bytes ticket = ours->seal({as_bytes(content)}, counter.clock.now(), counter.shown());
    const TicketScope scopes[]{{"a", "bc", &intermediate_2026}, {"ab", "c", &intermediate_2026},
                               {"b", "bc", &intermediate_2026}, {"a", "bd", &intermediate_2026},
                               {"a", "bc", &modern_2026},       {"a", "bc", &same_name}};
    for (std::size_t i = 0; i < std::size(scopes); ++i) {
        CAPTURE(i);
        SeededRandom again{7};
        const auto theirs = make(scopes[i], again);
        (void)theirs->seal({as_bytes(content)}, counter.clock.now(), counter.shown());  // draws the same key
        const auto opened = theirs->open(ticket, counter.shown());
        CHECK(opened.has_value() == (i == 0));
        if (!opened) CHECK(opened.error().code == Errc::authentication_failed);
    }
    Fingerprint other = counter.shown();
    other[31] ^= std::byte{1};
    CHECK(ours->open(ticket, other).error().code == Errc::authentication_failed);
}

TEST_CASE("a ticket of another listener leads to a full handshake", "[tls]") {
    Counter counter;
    ServerConfig elsewhere = counter.config();
    const int which = GENERATE(0, 1, 2, 3);
    if (which == 0) elsewhere.tickets = counter.make_keys("others", "ipps", &intermediate_2026);
    if (which == 1) elsewhere.tickets = counter.make_keys("printers", "report", &intermediate_2026);
    if (which == 2) {
        elsewhere.policy = &modern_2026;
        elsewhere.tickets = counter.make_keys("printers", "ipps", &modern_2026);
    }
    if (which == 3) elsewhere.tickets = nullptr;
    check_full(counter.visit());
    const auto kept = *counter.client.wallet->kept;
    check_full(counter.client.visit(counter.server(elsewhere)));
    counter.client.wallet->kept = kept;
    check_resumed(counter.visit());
}

TEST_CASE("a mutual listener asks for the certificate whatever ticket is shown", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    ServerConfig mutual = counter.config();
    mutual.tickets = nullptr;
    mutual.client_auth = ClientAuth::required;
    mutual.client_anchors = counter.anchors();
    const auto kept = counter.client.wallet->kept;
    const Visit bare = counter.client.visit(counter.server(mutual));
    CHECK_FALSE(bare.done);
    CHECK(bare.asked);
    CHECK_FALSE(bare.resumed);
    REQUIRE(bare.server);
    CHECK(bare.server->code == Errc::certificate_missing);

    const auto own = World::credentials(counter.issue(Purpose::client));
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Visit visit = counter.client.visit(counter.server(mutual), {.own = own});
        check_full(visit);
        CHECK(visit.asked);
        CHECK(visit.peer->certificates.size() == 1);
    }
    CHECK(counter.client.wallet->kept->handle.opaque_handle() == kept->handle.opaque_handle());  // it gave none
}

TEST_CASE("another certificate of the server, or one that ended, makes a full handshake", "[tls]") {
    Counter counter;
    check_full(counter.visit());
    SECTION("replaced") {
        ServerConfig renewed = counter.config();
        renewed.credentials = World::credentials(counter.issue(Purpose::server));
        check_full(counter.client.visit(counter.server(renewed)));
        check_resumed(counter.client.visit(counter.server(renewed)));
    }
    SECTION("ended") {
        counter.clock.set(counter.own->certificate().not_after() - 1min);
        check_full(counter.visit());
        check_resumed(counter.visit());
        counter.clock.advance(2min);
        check_full(counter.visit());
    }
}

TEST_CASE("a certificate that was revoked between two visits resumes nothing", "[tls]") {
    Counter counter;
    const Issued issued = counter.issue(Purpose::server), other = counter.issue(Purpose::server);
    ServerConfig config = counter.config();
    config.credentials = World::credentials(issued);
    const auto visit = [&] {
        config.own_anchors = counter.anchors();  // as at a reload
        return counter.client.visit(counter.server(config));
    };
    check_full(visit());
    check_resumed(visit());
    must(counter.authority.revoke(other.certificate, counter.clock.now(), 24h * 30, counter.random));
    check_resumed(visit());  // another's
    must(counter.authority.revoke(issued.certificate, counter.clock.now(), 24h * 30, counter.random));
    const Bytes ticket = counter.client.wallet->ticket();
    for (int again = 0; again < 2; ++again) {
        check_full(visit());
        CHECK(same_bytes(counter.client.wallet->ticket(), ticket));  // nor is a new one given
    }
    config.own_anchors = nullptr;  // who doesn't look doesn't know
    check_resumed(counter.client.visit(counter.server(config)));
    config.credentials = World::credentials(counter.issue(Purpose::server));
    check_full(visit());
    check_resumed(visit());
}

TEST_CASE("lists that are over vouch for no session", "[tls]") {
    Counter counter;
    must(counter.authority.renew_crl(counter.clock.now(), 1h, counter.random));
    ServerConfig config = counter.config();
    config.own_anchors = counter.anchors();
    const auto context = must(ServerContext::create(config));
    const auto visit = [&] {
        return counter.client.visit(must(Session::server(context, counter.clock, counter.random)));
    };
    check_full(visit());
    counter.clock.advance(1h - 1s);
    check_resumed(visit());
    counter.clock.advance(1s);
    check_full(visit());
}

TEST_CASE("a chain of another authority's is no matter of our lists", "[tls]") {
    Counter counter;
    World other{2};
    ServerConfig config = counter.config();
    config.credentials = World::credentials(other.issue(Purpose::server));
    config.own_anchors = counter.anchors();
    check_full(counter.client.visit(counter.server(config)));
    check_resumed(counter.client.visit(counter.server(config)));
}

TEST_CASE("TLS 1.2 has neither tickets nor session ids that resume", "[tls]") {
    Counter counter;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Visit visit = counter.client.visit(counter.server(counter.config()), {.tls13 = false});
        check_full(visit);
        CHECK(visit.peer->version == Version::v1_2);
        // The client keeps what it has: a session id that is worth nothing, no ticket.
        if (counter.client.wallet->kept) CHECK_FALSE(counter.client.wallet->kept->handle.is_ticket());
    }
}

TEST_CASE("tickets are refused where they don't fit", "[tls]") {
    Counter counter;
    const auto code = [&](TicketScope scope) {
        return TicketKeys::create(std::move(scope), counter.clock, counter.random).error().code;
    };
    CHECK(code({"", "ipps", &modern_2026}) == Errc::invalid_argument);
    CHECK(code({"printers", "", &modern_2026}) == Errc::invalid_argument);
    CHECK(code({"printers", "ipps", nullptr}) == Errc::invalid_argument);
    CHECK(code({"printers", "ipps", &legacy_mfd_2026}) == Errc::invalid_argument);

    ServerConfig mutual = counter.config();
    mutual.client_auth = ClientAuth::required;
    mutual.client_anchors = counter.anchors();
    CHECK(ServerContext::create(mutual).error().code == Errc::invalid_argument);
    ServerConfig other = counter.config();
    other.policy = &modern_2026;
    CHECK(ServerContext::create(other).error().code == Errc::invalid_argument);
    CHECK(ServerContext::create(counter.config()));
}

TEST_CASE("many threads seal and open while keys change", "[tls]") {
    Counter counter;
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    const Bytes ticket = counter.keys->seal({as_bytes(content)}, counter.clock.now(), counter.shown());
                    const auto opened = counter.keys->open(ticket, counter.shown());
                    if (!opened || as_text(opened->session.expose()) != content) ++wrong;
                    counter.clock.advance(30s);  // 800 times is more than six hours, 600 times less
                }
            });
    }
    CHECK(wrong == 0);
    CHECK(counter.keys->count() <= 2);
}
