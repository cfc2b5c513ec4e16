// SPDX-License-Identifier: Apache-2.0
// Peers that never stand still and never come to an end: each byte comes long before anybody's patience is over.
#include <functional>
#include <latch>
#include <thread>

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/streambuf.hpp>
#include <asio/write.hpp>

#include "loopback.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

constexpr auto patience = 100ms;
constexpr auto between_bytes = 10ms;
constexpr auto far_too_long = 20s;

// A client below TLS, which sends its ciphertext as it likes.
class SlowClient {
public:
    SlowClient(Site& site, const net::Endpoint& to)
        : session_{must(tls::Session::client(site.client(), site.clock, site.random))} {
        socket_.connect({asio::ip::make_address(to.host), to.port});
        Bytes in(16 * 1024);
        while (!session_.established()) {
            send(taken());
            must(session_.received(ByteView{in}.first(socket_.receive(asio::buffer(in)))));
        }
        send(taken());
    }

    void send(std::string_view text) {
        must(session_.send(as_bytes(text)));
        send(taken());
    }

    // One record in pieces of a byte. Whether the server ended the connection before it was told all.
    [[nodiscard]] bool dribble(std::string_view text) {
        must(session_.send(as_bytes(text)));
        const Bytes record = taken();
        const auto end = std::chrono::steady_clock::now() + far_too_long;
        socket_.non_blocking(true);
        for (std::size_t at = 0; at < record.size() && std::chrono::steady_clock::now() < end; ++at) {
            asio::error_code error;
            socket_.send(asio::buffer(record.data() + at, 1), 0, error);
            if (error) return true;
            std::byte in[4096];
            do (void)socket_.receive(asio::buffer(in), 0, error);  // session tickets, a goodbye, or the end
            while (!error);
            if (error != asio::error::would_block) return true;
            std::this_thread::sleep_for(between_bytes);
        }
        return false;
    }

private:
    [[nodiscard]] Bytes taken() {
        Bytes out;
        session_.take_outgoing(out);
        return out;
    }
    void send(const Bytes& bytes) { asio::write(socket_, asio::buffer(bytes.data(), bytes.size())); }

    asio::io_context io_;
    asio::ip::tcp::socket socket_{io_};
    tls::Session session_;
};

// What answers one request on a local socket, by its own thread.
class SlowServer {
public:
    using Local = asio::local::stream_protocol;

    explicit SlowServer(std::function<void(Local::socket&)> talk)
        : thread_{[this, talk = std::move(talk)] {
              Local::socket peer{io_};
              acceptor_.accept(peer);
              talk(peer);
          }} {}

    [[nodiscard]] net::HttpClient client(net::ClientStream::Options options) {
        return {net::HttpTarget::local(path_), site_.clock, site_.random, std::move(options)};
    }

    static void read_head(Local::socket& peer) {
        asio::streambuf in;
        asio::error_code gone;
        asio::read_until(peer, in, "\r\n\r\n", gone);
    }
    // Until the client has gone, or for far too long.
    static void dribble(Local::socket& peer) {
        const auto end = std::chrono::steady_clock::now() + far_too_long;
        asio::error_code gone;
        while (!gone && std::chrono::steady_clock::now() < end) {
            asio::write(peer, asio::buffer("x", 1), gone);
            std::this_thread::sleep_for(between_bytes);
        }
    }

private:
    Site site_;
    TemporaryFolder folder_;
    std::string path_ = folder_ / "server";
    asio::io_context io_;
    Local::acceptor acceptor_{io_, Local::endpoint{path_}};
    std::jthread thread_;
};

void wait_for_no_connection(const net::HttpServer& server) {
    const auto end = std::chrono::steady_clock::now() + far_too_long;
    while (server.connections() != 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    CHECK(server.connections() == 0);
}

}  // namespace

TEST_CASE("bytes of a TLS record that never gets whole buy a client no time", "[net]") {
    Site site;
    Running running{
        site,
        {.tls = site.server(), .handler = echo(), .timeouts = {.head = patience, .idle = patience, .body = patience}}};
    SlowClient client{site, running.endpoint()};
    const std::string much(16'000, 'x');
    SECTION("before a request") { CHECK(client.dribble("GET / HTTP/1.1\r\nX: " + much)); }
    SECTION("in a head") {
        client.send("GET / HTTP/1.1\r\n");
        CHECK(client.dribble("X: " + much));
    }
    SECTION("in a body") {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n");
        CHECK(client.dribble(much));
    }
    SECTION("between requests") {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK(client.dribble("GET / HTTP/1.1\r\nX: " + much));
    }
}

TEST_CASE("a stop waits for no client that has all the time in the world", "[net]") {
    Site site;
    std::latch begun{1};
    const auto handler = [&](const http::RequestHead& head, net::BodyReader& body,
                             const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        begun.count_down();
        if (head.path == "/large") co_return net::HttpResponse{.headers = {}, .body = Bytes(64 * 1024 * 1024)};
        (void)co_await body.collect(1000);
        co_return net::HttpResponse{};
    };
    Running running{
        site, {.tls = site.server(), .handler = handler, .timeouts = {.body = 24h, .write = 24h, .stop = patience}}};
    const auto client = running.connect(site);
    SECTION("to send the rest of a body") {
        must(client->write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")));
    }
    SECTION("to read a response") { must(client->write(as_bytes("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"))); }
    begun.wait();
    running.server.stop();
    wait_for_no_connection(running.server);
}

TEST_CASE("a server that answers a byte at a time has no more time than others", "[net]") {
    std::string_view head;
    SECTION("for a head") { head = "HTTP/1.1 200 OK\r\nX: "; }
    SECTION("for a head after others that don't count") {
        head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: ";
    }
    SECTION("for a body") { head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"; }
    SlowServer server{[head](auto& peer) {
        SlowServer::read_head(peer);
        asio::error_code gone;
        asio::write(peer, asio::buffer(head.data(), head.size()), gone);
        SlowServer::dribble(peer);
    }};
    auto client = server.client({.io_timeout = patience});
    const auto reply = client.request({});
    REQUIRE(!reply);
    CHECK(reply.error().code == Errc::timed_out);
}

TEST_CASE("a server must take what is sent to it at some rate", "[net]") {
    const auto takes = [](auto& peer) {
        Bytes in(64 * 1024);
        asio::error_code gone;
        while (!gone) {
            peer.receive(asio::buffer(in), 0, gone);
            std::this_thread::sleep_for(between_bytes);
        }
    };
    SlowServer server{takes};
    std::uint64_t least = 512;
    std::string_view detail;
    SECTION("slow is fast enough, and only the answer never comes") {}
    SECTION("too slow is not") {
        least = std::uint64_t{1} << 30;
        detail = "too slow";
    }
    auto client = server.client({.io_timeout = patience, .least_bytes_per_second = least});
    net::HttpRequest request{.method = "PUT", .headers = {}, .body = Bytes(16 * 1024 * 1024)};
    const auto reply = client.request(request);
    REQUIRE(!reply);
    CHECK(reply.error().code == Errc::timed_out);
    CHECK(reply.error().detail == detail);
}

TEST_CASE("a request ends when its time is over, whatever each wait may take", "[net]") {
    SlowServer server{[](auto& peer) {
        SlowServer::read_head(peer);
        SlowServer::dribble(peer);
    }};
    auto client = server.client({.connect_timeout = 24h, .io_timeout = 24h});
    net::HttpRequest request;
    SECTION("while the answer comes") { request.end = std::chrono::steady_clock::now() + patience; }
    SECTION("before it begins") { request.end = std::chrono::steady_clock::now() - 1s; }
    const auto reply = client.request(request);
    REQUIRE(!reply);
    CHECK(reply.error().code == Errc::timed_out);
}
