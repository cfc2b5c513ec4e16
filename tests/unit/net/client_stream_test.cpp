// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/client_stream.hpp>

#include <atomic>
#include <semaphore>
#include <thread>

#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "loopback.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

// A server that takes the request and does not answer before its end.
struct Silent {
    Site site;
    std::atomic<bool> released{false};
    Running running{site,
                    {.tls = site.server(),
                     .handler = [this](const http::RequestHead&, net::BodyReader&,
                                       const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
                         const auto executor = co_await asio::this_coro::executor;
                         asio::steady_timer timer{executor};
                         while (!released) {
                             timer.expires_after(10ms);
                             co_await timer.async_wait(asio::use_awaitable);
                         }
                         co_return net::HttpResponse{};
                     }}};
    ~Silent() { released = true; }
};

}  // namespace

TEST_CASE("a server is taken only for what it proves to be", "[net]") {
    Site site, other{2};
    Running running{site, {.tls = site.server(), .handler = echo()}};
    const auto refusal = [&](std::shared_ptr<const tls::ClientContext> context) {
        const auto stream =
            net::ClientStream::connect(running.endpoint(), std::move(context), site.clock, site.random, {});
        REQUIRE(!stream);
        return stream.error().code;
    };
    CHECK(refusal(other.client()) == Errc::certificate_untrusted);
    CHECK(refusal(site.client("elsewhere.example")) == Errc::certificate_untrusted);
    const auto stream = running.connect(site);
    REQUIRE(stream->peer());
    CHECK(stream->peer()->version == tls::Version::v1_3);
    REQUIRE(stream->peer()->certificate());
    CHECK(stream->peer()->certificate()->id() == "safeq:daemon:release");
}

TEST_CASE("where nobody listens, it says so", "[net]") {
    Site site;
    net::Endpoint gone;
    {
        const Running running{site, {.tls = site.server(), .handler = echo()}};
        gone = running.endpoint();
    }
    const auto refused = net::ClientStream::connect(gone, site.client(), site.clock, site.random, {});
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::unavailable);
    const TemporaryFolder folder;
    const auto no_file = net::ClientStream::connect_local(folder / "none", {});
    REQUIRE(!no_file);
    CHECK(no_file.error().code == Errc::unavailable);
    const auto long_name = net::ClientStream::connect_local(std::string(200, 'x'), {});
    REQUIRE(!long_name);
    CHECK(long_name.error().code == Errc::invalid_argument);
}

TEST_CASE("waiting ends with the deadline, or when it is stopped", "[net]") {
    Silent silent;
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    SECTION("by the deadline") {
        auto stream = must(net::ClientStream::connect(silent.running.endpoint(), silent.site.client(),
                                                      silent.site.clock, silent.site.random, {.io_timeout = 100ms}));
        must(stream->write(as_bytes(get)));
        const auto read = stream->read();
        REQUIRE(!read);
        CHECK(read.error().code == Errc::timed_out);
    }
    SECTION("by a stop from another thread") {
        std::stop_source stop;
        auto stream =
            must(net::ClientStream::connect(silent.running.endpoint(), silent.site.client(), silent.site.clock,
                                            silent.site.random, {.stop = stop.get_token()}));
        must(stream->write(as_bytes(get)));
        CHECK(!must(stream->readable()));
        std::thread stopper{[&] { stop.request_stop(); }};
        const auto read = stream->read();
        stopper.join();
        REQUIRE(!read);
        CHECK(read.error().code == Errc::cancelled);
        CHECK(!net::ClientStream::connect(silent.running.endpoint(), silent.site.client(), silent.site.clock,
                                          silent.site.random, {.stop = stop.get_token()}));
    }
}

TEST_CASE("the end of a connection is told", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto stream = running.connect(site);
    must(stream->write(as_bytes("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    CHECK(read_to_end(*stream).starts_with("HTTP/1.1 200 OK"));
    CHECK(must(stream->read()).empty());  // once more: still the end
    CHECK(must(stream->readable()));
    stream->close();
    stream->close();
}

TEST_CASE("who finishes was read to the end, whatever the peer had still to say, or hears that it wasn't", "[net]") {
    using Local = asio::local::stream_protocol;
    const TemporaryFolder folder;
    const std::string path = folder / "peer";
    asio::io_context io;
    Local::acceptor acceptor{io, Local::endpoint{path}};
    std::binary_semaphore said{0}, over{0};
    std::string read;
    const auto serve = [&](bool reads) {
        Local::socket peer{io};
        acceptor.accept(peer);
        (void)asio::write(peer, asio::buffer("something unread", 16));
        said.release();
        asio::error_code end;
        if (reads) (void)asio::read(peer, asio::dynamic_buffer(read), end);
        else over.acquire();
    };
    SECTION("it reads, and ends") {
        const std::jthread peer{serve, true};
        const auto stream = must(net::ClientStream::connect_local(path, {}));
        said.acquire();
        const std::string text(100'000, 'x');
        must(stream->write(as_bytes(text)));
        must(stream->finish());
        CHECK(stream->finish().error().code == Errc::connection_closed);
    }
    SECTION("it doesn't end") {
        const std::jthread peer{serve, false};
        const auto stream = must(net::ClientStream::connect_local(path, {.io_timeout = 50ms}));
        said.acquire();
        must(stream->write(as_bytes(std::string_view{"text"})));
        CHECK(stream->finish().error().code == Errc::timed_out);
        over.release();
        return;
    }
    CHECK(read == std::string(100'000, 'x'));
}
