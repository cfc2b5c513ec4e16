// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/http_server.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <latch>

#include <safeq/net/on_pool.hpp>

#include "loopback.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string get_close = "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

std::size_t occurrences(std::string_view text, std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++n;
    return n;
}

}  // namespace

TEST_CASE("a request and its response over TLS", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto client = running.http(site);
    const auto reply =
        must(client.request({.method = "POST", .target = "/v1/x", .headers = {}, .body = to_bytes("hello")}));
    CHECK(reply.status == 200);
    CHECK(as_text(reply.body) == "POST /v1/x hello");
    CHECK(must(client.request({.method = "HEAD", .target = "/h", .headers = {}, .body = {}})).body.empty());
    CHECK(running.failures.count() == 0);
}

TEST_CASE("the client's certificate is told, and without one nothing is reached", "[net]") {
    Site site;
    std::atomic<int> calls{0};
    const auto handler = [&](const http::RequestHead&, net::BodyReader&,
                             const net::PeerInfo& peer) -> asio::awaitable<net::HttpResponse> {
        ++calls;
        co_return net::HttpResponse{
            .status = 200,
            .headers = {},
            .body = to_bytes(peer.address + " " + (peer.certificate ? peer.certificate->id() : "none"))};
    };
    Running running{site, {.tls = site.server(tls::ClientAuth::required), .handler = handler}};
    net::HttpClient known{must(net::HttpTarget::https(running.url(), site.client("localhost", true))), site.clock,
                          site.random};
    CHECK(as_text(must(known.request({})).body) == "127.0.0.1 safeq:daemon:terminal");
    net::HttpClient stranger = running.http(site);
    const auto refused = stranger.request({});
    REQUIRE(!refused);
    CHECK(running.failures.has(Errc::certificate_missing));
    CHECK(calls == 1);
}

TEST_CASE("10 MiB go there and back in pieces", "[net]") {
    Site site;
    Running running{site,
                    {.tls = site.server(),
                     .handler = [](const http::RequestHead&, net::BodyReader& body,
                                   const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
                         auto all = co_await body.collect(16 * 1024 * 1024);
                         co_return net::HttpResponse{
                             .status = all ? 200 : 400, .headers = {}, .body = all ? *std::move(all) : Bytes{}};
                     }}};
    Bytes document(10 * 1024 * 1024);
    site.random.fill(document);
    auto client = running.http(site);
    for (const bool announced : {true, false}) {
        std::size_t at = 0;
        net::HttpRequest request{.method = "POST", .target = "/", .headers = {}, .body = {}};
        request.next = [&]() -> Result<ByteView> {
            const std::size_t n = std::min<std::size_t>(50'000, document.size() - at);
            at += n;
            return ByteView{document}.subspan(at - n, n);
        };
        if (announced) request.body_bytes = document.size();
        const auto reply = must(client.request(request));
        CHECK(reply.status == 200);
        CHECK(same_bytes(reply.body, document));
    }
}

TEST_CASE("a connection serves one request after another, also when they come at once", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto stream = running.connect(site);
    must(
        stream->write(as_bytes(get + "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get_close + get)));
    const std::string all = read_to_end(*stream);
    CHECK(occurrences(all, "HTTP/1.1 200 OK") == 3);
    CHECK(all.find("GET /a ") < all.find("POST /p abc"));
    CHECK(all.find("POST /p abc") < all.find("GET /b "));

    auto client = running.http(site);
    for (int i = 0; i < 5; ++i) CHECK(must(client.request({})).status == 200);
    CHECK(running.server.connections() <= 2);  // the one above may still be closing
}

TEST_CASE("what can't be read is refused, and nothing after it is served", "[net]") {
    Site site;
    std::atomic<int> calls{0};
    const auto handler = [&](const http::RequestHead&, net::BodyReader& body,
                             const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        ++calls;
        (void)co_await body.collect(1000);
        co_return net::HttpResponse{};
    };
    Running running{site,
                    {.tls = site.server(), .handler = handler, .limits = http::Limits::standard().with_body(100)}};
    struct Case {
        std::string text;
        std::string_view status;
        int calls;
    };
    const std::vector<Case> cases{
        {"GET / HTTP/1.1\r\n\r\n" + get, "400", 0},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get, "400",
         0},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n" + get, "431", 0},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x') + get, "413", 0},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x') +
             "\r\n0\r\n\r\n" + get,
         "413", 1},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n" + get, "400", 1},
    };
    for (const Case& one : cases) {
        INFO(one.text.substr(0, 100));
        calls = 0;
        auto stream = running.connect(site);
        must(stream->write(as_bytes(one.text)));
        const std::string all = read_to_end(*stream);
        CHECK(all.starts_with("HTTP/1.1 " + std::string{one.status}));
        CHECK(occurrences(all, "HTTP/1.1 ") == 1);
        CHECK(calls == one.calls);
    }
}

TEST_CASE("who still sends what was refused hears why", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead& head, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        if (head.path == "/thrown") throw std::runtime_error{"a bug"};
        co_return net::HttpResponse{.status = 403, .headers = {}, .body = {}, .close = true};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    const std::string rest(1024 * 1024, 'x');
    const auto head = [&](std::string_view path) {
        return "POST " + std::string{path} + " HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n";
    };
    for (const auto& [first, status] : std::vector<std::pair<std::string, std::string>>{
             {head("/refused"), "403"}, {head("/thrown"), "500"}, {"POST / HTTP/2.0\r\n\r\n", "400"}}) {
        INFO(first);
        auto stream = running.connect(site);
        must(stream->write(as_bytes(first)));
        (void)must(stream->read());  // the refusal is there, and the server's goodbye under way
        for (int i = 0; i < 4; ++i) must(stream->write(as_bytes(rest)));
        CHECK(read_to_end(*stream).starts_with("HTTP/1.1 " + status));
    }
}

TEST_CASE("stop doesn't wait for who still sends what was refused", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead&, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        co_return net::HttpResponse{.status = 403, .headers = {}, .body = {}, .close = true};
    };
    Running running{site, {.tls = site.server(), .handler = handler, .timeouts = {.linger = 24h}}};
    auto stream = running.connect(site);
    must(stream->write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")));
    CHECK(read_to_end(*stream).starts_with("HTTP/1.1 403"));
    CHECK(running.server.connections() == 1);
    running.server.stop();
    while (running.server.connections() != 0) std::this_thread::sleep_for(1ms);
}

TEST_CASE("who is slow is let go", "[net]") {
    Site site;
    Running running{
        site, {.tls = site.server(), .handler = echo(), .timeouts = {.head = 200ms, .idle = 200ms, .body = 200ms}}};
    SECTION("in the middle of a head") {
        auto stream = running.connect(site);
        must(stream->write(as_bytes("GET / HTTP/1.1\r\n")));
        (void)read_to_end(*stream);
        CHECK(running.failures.has(Errc::timed_out));
    }
    SECTION("in the middle of a body") {
        auto stream = running.connect(site);
        must(stream->write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")));
        (void)read_to_end(*stream);
        CHECK(running.failures.has(Errc::timed_out));
    }
    SECTION("between requests, without a complaint") {
        auto stream = running.connect(site);
        must(stream->write(as_bytes(get)));
        CHECK(occurrences(read_to_end(*stream), "HTTP/1.1 200 OK") == 1);
        CHECK(running.failures.count() == 0);
    }
}

TEST_CASE("a body that stops half way is no body", "[net]") {
    Site site;
    std::latch told{1};
    std::optional<Error> seen;
    const auto handler = [&](const http::RequestHead&, net::BodyReader& body,
                             const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        const auto all = co_await body.collect(1000);
        if (!all) seen = all.error();
        told.count_down();
        co_return net::HttpResponse{};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    auto stream = running.connect(site);
    must(stream->write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")));
    stream->close();
    told.wait();
    REQUIRE(seen);
    CHECK(seen->code == Errc::connection_closed);
}

TEST_CASE("an exception in a handler says nothing to the client", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead&, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        throw std::runtime_error{"the database's name"};
        co_return net::HttpResponse{};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    auto client = running.http(site);
    const auto reply = must(client.request({}));
    CHECK(reply.status == 500);
    CHECK(reply.body.empty());
    CHECK(running.failures.has(Errc::internal));
}

TEST_CASE("100 Continue is sent when the body is wanted, and only then", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead& head, net::BodyReader& body,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        if (head.path == "/no") co_return net::HttpResponse{.status = 403, .headers = {}, .body = {}};
        const auto all = co_await body.collect(100);
        co_return net::HttpResponse{.status = all ? 200 : 400, .headers = {}, .body = {}};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    const std::string head = " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    auto stream = running.connect(site);
    must(stream->write(as_bytes("POST /yes" + head)));
    std::string text;
    read_until(*stream, text, "HTTP/1.1 100 Continue\r\n\r\n");
    must(stream->write(as_bytes("hello")));
    read_until(*stream, text, "HTTP/1.1 200 OK\r\n");

    stream = running.connect(site);
    must(stream->write(as_bytes("POST /no" + head)));
    const std::string refused = read_to_end(*stream);
    CHECK(refused.starts_with("HTTP/1.1 403"));
    CHECK(!refused.contains("100 Continue"));
}

TEST_CASE("a local socket tells who is there and is for its owner only", "[net]") {
    Site site;
    TemporaryFolder folder;
    const std::string path = folder / "admin.sock";
    const auto handler = [](const http::RequestHead&, net::BodyReader&,
                            const net::PeerInfo& peer) -> asio::awaitable<net::HttpResponse> {
        co_return net::HttpResponse{
            .status = 200,
            .headers = {},
            .body = to_bytes(peer.address + "," + (peer.user ? std::to_string(*peer.user) : "?"))};
    };
    {
        Running running{site, {.tls = nullptr, .handler = handler}, path};
        struct stat status{};
        REQUIRE(stat(path.c_str(), &status) == 0);
        CHECK(S_ISSOCK(status.st_mode));
        CHECK((status.st_mode & 0777) == 0600);
        net::HttpClient client{net::HttpTarget::local(path), site.clock, site.random};
        CHECK(as_text(must(client.request({})).body) == "," + std::to_string(getuid()));

        asio::io_context io;
        net::HttpServer second{io, {.tls = nullptr, .handler = handler}, site.clock, site.random};
        const auto taken = second.listen_local(path);
        REQUIRE(!taken);
        CHECK(taken.error().code == Errc::address_in_use);
    }
    CHECK(!std::filesystem::exists(path));
    {
        // What a process that died left behind: a socket's file at which nobody listens.
        const int left = socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        close(left);
        Running running{site, {.tls = nullptr, .handler = handler}, path};
        net::HttpClient client{net::HttpTarget::local(path), site.clock, site.random};
        CHECK(must(client.request({})).status == 200);
    }
}

TEST_CASE("where a server can't listen it says why", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    asio::io_context io;
    const auto code = [&](std::string_view address, bool with_tls = true) {
        net::HttpServer other{
            io, {.tls = with_tls ? site.server() : nullptr, .handler = echo()}, site.clock, site.random};
        const auto done = other.listen(address);
        REQUIRE(!done);
        return done.error().code;
    };
    CHECK(code("127.0.0.1:" + std::to_string(running.server.port())) == Errc::address_in_use);
    for (const std::string_view address :
         {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "localhost:1", "[::1:1"})
        CHECK(code(address) == Errc::invalid_argument);
    CHECK(code("127.0.0.1:0", false) == Errc::invalid_argument);
    CHECK(code("192.0.2.1:0") == Errc::io_failed);
}

TEST_CASE("stop lets those at work finish and takes nobody else", "[net]") {
    Site site;
    asio::thread_pool pool{1};
    std::latch begun{1}, go_on{1};
    const auto handler = [&](const http::RequestHead& head, net::BodyReader&,
                             const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        if (head.path == "/slow")
            co_await net::on_pool(pool, [&] {
                begun.count_down();
                go_on.wait();
                return 0;
            });
        co_return net::HttpResponse{};
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    auto idle = running.connect(site);
    must(idle->write(as_bytes(get)));
    std::string first;
    read_until(*idle, first, "\r\n\r\n");

    auto busy = running.connect(site);
    must(busy->write(as_bytes("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")));
    begun.wait();
    running.server.stop();
    CHECK(read_to_end(*idle).empty());  // ended at once, while the other is still at work
    CHECK(!net::ClientStream::connect(running.endpoint(), site.client(), site.clock, site.random, {}));
    go_on.count_down();
    const std::string answer = read_to_end(*busy);
    CHECK(answer.starts_with("HTTP/1.1 200 OK"));
    CHECK(answer.contains("Connection: close"));
}

TEST_CASE("200 connections at once, and no more than allowed", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo(), .connections = {.all = 200}}};
    const auto context = site.client();
    std::vector<std::unique_ptr<net::ClientStream>> streams(200);
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = t; i < streams.size(); i += 4)
                if (auto stream = net::ClientStream::connect(running.endpoint(), context, site.clock, site.random, {}))
                    streams[i] = *std::move(stream);
        });
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    CHECK(running.server.connections() == 200);
    CHECK(!net::ClientStream::connect(running.endpoint(), context, site.clock, site.random, {}));
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = t; i < streams.size(); i += 4) {
                if (!streams[i] || !streams[i]->write(as_bytes(get_close))) continue;
                if (read_to_end(*streams[i]).ends_with("GET /b ")) ++good;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 200);
}
