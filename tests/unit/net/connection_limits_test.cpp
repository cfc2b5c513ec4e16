// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/connection_limits.hpp>

#include <sys/resource.h>

#include "loopback.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

// What the server still serves; a closed connection is none.
bool served(net::ClientStream& stream) {
    if (!stream.write(as_bytes("GET /who HTTP/1.1\r\nHost: h\r\n\r\n"))) return false;
    std::string text;
    while (!text.contains("\r\n\r\n")) {
        const auto piece = stream.read();
        if (!piece || piece->empty()) return false;
        text += as_text(*piece);
        stream.consume(piece->size());
    }
    return true;
}

}  // namespace

TEST_CASE("descriptors are shared out, and never all of them", "[net]") {
    using net::ConnectionLimits;
    CHECK(ConnectionLimits::share(1024, 2).all == 128);
    CHECK(ConnectionLimits::share(1024, 2).strangers_each == 64);
    CHECK(ConnectionLimits::share(524'288, 2).all == 10'000);
    CHECK(ConnectionLimits::share(524'288, 2).strangers_each == 2500);
    CHECK(ConnectionLimits::share(0, 2).all == 1);
    CHECK(ConnectionLimits::share(0, 0).strangers_each == 1);
    for (std::size_t descriptors = 4; descriptors < 50'000; descriptors += 97)
        for (std::size_t listeners = 1; listeners < 4; ++listeners) {
            const auto limits = ConnectionLimits::share(descriptors, listeners);
            if (limits.all > 1)
                CHECK(limits.all * listeners * 2 <= descriptors - std::min(descriptors / 2, std::size_t{512}));
        }
}

TEST_CASE("a process may have as many descriptors as it is allowed", "[net]") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{std::min<rlim_t>(before.rlim_max, 512), before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK(net::raise_descriptor_limit() == before.rlim_max);
    rlimit now{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &now) == 0);
    CHECK(now.rlim_cur == before.rlim_max);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("one address has only so many connections before it has shown who it is", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead& head, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        co_return net::HttpResponse{.headers = {}, .body = {}, .known = head.path == "/who"};
    };
    net::HttpServerOptions options{.tls = site.server(), .handler = handler};
    options.connections = {.all = 4, .strangers_each = 2};
    bool certified = false;
    SECTION("by a request") {}
    SECTION("by a certificate") {
        certified = true;
        options.tls = site.server(tls::ClientAuth::required);
    }
    Running running{site, std::move(options)};
    const auto connect = [&] {
        return net::ClientStream::connect(running.endpoint(), site.client("localhost", certified), site.clock,
                                          site.random, {});
    };
    const auto first = must(connect());
    const auto second = must(connect());
    if (!certified) CHECK(!connect());
    CHECK(served(*first));
    CHECK(served(*second));
    const auto third = must(connect());
    CHECK(served(*third));
    const auto fourth = must(connect());
    CHECK(served(*fourth));
    CHECK(!connect());  // those of all are taken
    CHECK(running.server.connections() == 4);
}
