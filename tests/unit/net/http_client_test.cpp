// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/http_client.hpp>

#include <asio/ip/tcp.hpp>

#include "loopback.hpp"

using namespace safeq;
using namespace safeq::test;

TEST_CASE("addresses are read strictly", "[net]") {
    Site site;
    const auto context = site.client();
    const auto read = [&](std::string_view url) { return must(net::HttpTarget::https(url, context)).endpoint; };
    CHECK(read("https://localhost:8641").port == 8641);
    CHECK(read("https://localhost").port == 443);
    CHECK(read("ipps://printer.example/ipp/print").port == 631);
    CHECK(read("ipps://printer.example/ipp/print").host == "printer.example");
    CHECK(read("https://[::1]:8641/x").host == "::1");
    CHECK(read("https://[::1]:8641/x").text() == "[::1]:8641");
    for (const std::string_view bad :
         {"", "localhost:1", "http://localhost", "https://", "https://:1", "https://h:0", "https://h:65536",
          "https://h:1x", "https://h:99999999999", "https://a@h", "https://[::1", "https://[::1]x"}) {
        INFO(bad);
        const auto refused = net::HttpTarget::https(bad, context);
        REQUIRE(!refused);
        CHECK(refused.error().code == Errc::invalid_argument);
    }
}

TEST_CASE("a connection is used again, and replaced when it has died", "[net]") {
    Site site;
    const auto handler = [&](const http::RequestHead& head, net::BodyReader&,
                             const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        net::HttpResponse out;
        out.close = head.path == "/close";
        co_return out;
    };
    Running running{site, {.tls = site.server(), .handler = handler, .timeouts = {.idle = 100ms}}};
    auto client = running.http(site);
    CHECK(must(client.request({})).status == 200);
    CHECK(must(client.request({.method = "GET", .target = "/close", .headers = {}, .body = {}})).status == 200);
    CHECK(must(client.request({})).status == 200);
    // The server ends the idle connection; the next request must not notice, whether or not the end has come by then.
    for (int i = 0; i < 3; ++i) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (running.server.connections() > 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        CHECK(must(client.request({})).status == 200);
    }
}

TEST_CASE("a server that doesn't answer at all is left alone for a while, one that refuses is not", "[net]") {
    using Tcp = asio::ip::tcp;
    Site site;
    asio::io_context io;
    // What connects lies in the queue, for nobody takes it.
    Tcp::acceptor silent{io, Tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
    silent.non_blocking(true);
    const auto tries = [&] {
        int n = 0;
        for (;; ++n) {
            Tcp::socket one{io};
            asio::error_code error;
            silent.accept(one, error);
            if (error) return n;
        }
    };
    net::HttpTarget target = must(
        net::HttpTarget::https("https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()), site.client()));
    const auto fails = [&](net::HttpClient& client, Errc code) {
        const auto reply = client.request({});
        REQUIRE(!reply);
        CHECK(reply.error().code == code);
    };
    SECTION("for as long as was asked for") {
        target.pause = 24h;
        net::HttpClient client{target, site.clock, site.random, {.connect_timeout = 100ms}};
        for (int i = 0; i < 5; ++i) fails(client, Errc::timed_out);
        CHECK(tries() == 1);
    }
    SECTION("and then asked again") {
        target.pause = 1ms;
        net::HttpClient client{target, site.clock, site.random, {.connect_timeout = 100ms}};
        const auto end = std::chrono::steady_clock::now() + 30s;
        for (int n = 0; n < 3 && std::chrono::steady_clock::now() < end; n += tries()) fails(client, Errc::timed_out);
        silent.close();
        // It refuses now: that takes no time, and each request tries.
        while (true) {
            const auto reply = client.request({});
            REQUIRE(!reply);
            if (reply.error().code == Errc::unavailable || std::chrono::steady_clock::now() > end) break;
        }
        fails(client, Errc::unavailable);
    }
    SECTION("not at all where nobody asked for it") {
        net::HttpClient client{target, site.clock, site.random, {.connect_timeout = 20ms}};
        for (int i = 0; i < 3; ++i) fails(client, Errc::timed_out);
        CHECK(tries() == 3);
    }
}

TEST_CASE("an answer that comes before the body was sent counts", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead&, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        co_return net::HttpResponse{.status = 403, .headers = {}, .body = to_bytes("no"), .close = true};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    auto client = running.http(site);
    const Bytes piece(64 * 1024);
    std::uint64_t given = 0;
    net::HttpRequest request{.method = "POST", .target = "/", .headers = {}, .body = {}};
    // Endless, unless the answer stops it.
    request.next = [&]() -> Result<ByteView> {
        given += piece.size();
        if (given > 4'000'000'000U) return fail(Errc::internal, "test", "nobody stopped it");
        return ByteView{piece};
    };
    const auto reply = must(client.request(request));
    CHECK(reply.status == 403);
}

TEST_CASE("a body's source decides over the request", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto client = running.http(site);
    net::HttpRequest request{.method = "POST", .target = "/", .headers = {}, .body = {}};
    int calls = 0;
    SECTION("when it fails, its error is the outcome") {
        request.next = [&]() -> Result<ByteView> {
            if (++calls == 2) return fail(Errc::fenced, "attempt");
            return as_bytes("x");
        };
        const auto reply = client.request(request);
        REQUIRE(!reply);
        CHECK(reply.error().code == Errc::fenced);
    }
    SECTION("when it gives less than was announced, the server gets no message") {
        request.body_bytes = 10;
        request.next = [&]() -> Result<ByteView> { return ++calls == 1 ? as_bytes("hello") : ByteView{}; };
        const auto reply = client.request(request);
        REQUIRE(!reply);
        CHECK(reply.error().code == Errc::truncated);
        CHECK(running.failures.has(Errc::connection_closed));
    }
    SECTION("progress tells what was handed over") {
        std::vector<std::uint64_t> told;
        request.progress = [&](std::uint64_t n) { told.push_back(n); };
        request.next = [&]() -> Result<ByteView> { return ++calls <= 3 ? as_bytes("abc") : ByteView{}; };
        CHECK(as_text(must(client.request(request)).body) == "POST / abcabcabc");
        REQUIRE(told.size() >= 3);
        CHECK(told[2] == 9);
    }
    CHECK(must(client.request({})).status == 200);  // and the client goes on
}

TEST_CASE("what a server sends has limits", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead& head, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        net::HttpResponse out;
        if (head.path == "/body") out.body = Bytes(2000);
        if (head.path == "/head") out.headers.add("X", std::string(40'000, 'x'));
        co_return out;
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    net::HttpClient client{must(net::HttpTarget::https(running.url(), site.client())),
                           site.clock,
                           site.random,
                           {},
                           http::Limits::standard().with_body(1000)};
    for (const char* path : {"/body", "/head"}) {
        const auto reply = client.request({.method = "GET", .target = path, .headers = {}, .body = {}});
        REQUIRE(!reply);
        CHECK(reply.error().code == Errc::too_large);
    }
    CHECK(must(client.request({})).status == 200);
}

TEST_CASE("headers and targets can't carry a second request", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto client = running.http(site);
    net::HttpRequest request;
    request.target = "/ HTTP/1.1\r\nX: y\r\n\r\nGET /";
    CHECK(client.request(request).error().code == Errc::invalid_argument);
    request.target = "/";
    request.headers.add("X", "y\r\nZ: z");
    CHECK(client.request(request).error().code == Errc::invalid_argument);
}
