// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <safeq/net/http_client.hpp>
#include <safeq/net/http_server.hpp>
#include <safeq/tls/authority.hpp>

#include "support/random.hpp"

namespace safeq::test {

using namespace std::chrono_literals;

/// The value, or a failed test that says why there is none.
template <class T>
[[nodiscard]] T must(Result<T> result) {
    if (!result) FAIL(result.error().message());
    return *std::move(result);
}
inline void must(const Result<void>& result) {
    if (!result) FAIL(result.error().message());
}

/// An authority by the machine's clock, because other people's programs look at that one, and what it issued.
struct Site {
    SystemClock clock;
    SeededRandom random;
    explicit Site(std::uint64_t seed = 1) : random{seed} {}

    tls::Authority authority = must(tls::Authority::create(
        {.common_name = "Test authority", .lifetime = 24h * 30, .crl_lifetime = 24h * 7}, clock.now(), random));

    [[nodiscard]] tls::Issued issue(tls::Purpose purpose) {
        const bool client = purpose == tls::Purpose::client;
        return must(authority.issue({.common_name = client ? "terminal" : "printer",
                                     .dns_names = {"localhost"},
                                     .ip_addresses = {"127.0.0.1"},
                                     .uris = {client ? "safeq:daemon:terminal" : "safeq:daemon:release"},
                                     .purpose = purpose,
                                     .lifetime = 24h},
                                    clock.now(), random));
    }
    [[nodiscard]] static std::shared_ptr<const tls::Credentials> credentials(const tls::Issued& issued) {
        return must(tls::Credentials::from_pem(tls::ChainPem{issued.certificate.pem()},
                                               tls::KeyPem{as_text(issued.key_pem.expose())}));
    }
    [[nodiscard]] std::shared_ptr<const tls::TrustAnchors> anchors() const {
        return must(tls::TrustAnchors::from_pem(tls::AuthoritiesPem{authority.certificate().pem()},
                                                tls::CrlsPem{authority.crl_pem()}, tls::Revocation::required));
    }
    [[nodiscard]] std::shared_ptr<const tls::ServerContext> server(tls::ClientAuth auth = tls::ClientAuth::none) {
        return must(
            tls::ServerContext::create({.policy = &tls::intermediate_2026,
                                        .credentials = credentials(issue(tls::Purpose::server)),
                                        .client_auth = auth,
                                        .client_anchors = auth == tls::ClientAuth::required ? anchors() : nullptr,
                                        .alpn = {}}));
    }
    [[nodiscard]] std::shared_ptr<const tls::ClientContext> client(std::string name = "localhost", bool own = false) {
        return must(tls::ClientContext::create({.policy = &tls::intermediate_2026,
                                                .server_name = "localhost",
                                                .check = tls::Anchored{anchors(), std::move(name)},
                                                .own = own ? credentials(issue(tls::Purpose::client)) : nullptr,
                                                .alpn = {}}));
    }
};

/// What a server reported about its connections.
class Failures {
public:
    void add(const Error& error) {
        const std::scoped_lock lock{mutex_};
        seen_.push_back(error);
        told_.notify_all();
    }
    /// Waits for a failure of that code.
    [[nodiscard]] bool has(Errc code) {
        std::unique_lock lock{mutex_};
        return told_.wait_for(lock, 30s, [&] {
            for (const Error& error : seen_)
                if (error.code == code) return true;
            return false;
        });
    }
    [[nodiscard]] std::size_t count() {
        const std::scoped_lock lock{mutex_};
        return seen_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable told_;
    std::vector<Error> seen_;
};

/// A server on a port of its own choice, or on a local socket, run by two threads until the end of the scope.
class Running {
public:
    Running(Site& site, net::HttpServerOptions options, const std::string& local_path = {})
        : server{io, watched(std::move(options), failures), site.clock, site.random} {
        must(local_path.empty() ? server.listen("127.0.0.1:0") : server.listen_local(local_path));
        for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io.run(); });
    }
    ~Running() {
        server.stop();
        for (std::thread& thread : threads_) thread.join();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    [[nodiscard]] net::Endpoint endpoint() const { return {.host = "127.0.0.1", .port = server.port()}; }
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(server.port()); }
    [[nodiscard]] net::HttpClient http(Site& site, net::ClientStream::Options options = {}) const {
        return {must(net::HttpTarget::https(url(), site.client())), site.clock, site.random, std::move(options)};
    }
    [[nodiscard]] std::unique_ptr<net::ClientStream> connect(Site& site) const {
        return must(net::ClientStream::connect(endpoint(), site.client(), site.clock, site.random, {}));
    }

    Failures failures;
    asio::io_context io;
    net::HttpServer server;

private:
    static net::HttpServerOptions watched(net::HttpServerOptions options, Failures& failures) {
        options.on_failure = [&failures](std::string_view, const Error& error) { failures.add(error); };
        return options;
    }
    std::vector<std::thread> threads_;
};

/// All that comes until the peer ends the connection.
[[nodiscard]] inline std::string read_to_end(net::ClientStream& stream) {
    std::string out;
    for (;;) {
        const auto piece = stream.read();
        if (!piece || piece->empty()) return out;
        out += as_text(*piece);
        stream.consume(piece->size());
    }
}

/// What comes until `text` holds `until`; fails when the connection ends before.
inline void read_until(net::ClientStream& stream, std::string& text, std::string_view until) {
    while (!text.contains(until)) {
        const auto piece = must(stream.read());
        if (piece.empty()) FAIL("the connection ended after: " << text.substr(0, 500));
        text += as_text(piece);
        stream.consume(piece.size());
    }
}

/// A handler that answers with what it got: "METHOD path body".
[[nodiscard]] inline net::HttpHandler echo(std::uint64_t most = 1024 * 1024) {
    return [most](const http::RequestHead& head, net::BodyReader& body,
                  const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        const auto content = co_await body.collect(most);
        if (!content) co_return net::HttpResponse{.status = 413, .headers = {}, .body = {}};
        co_return net::HttpResponse{
            .status = 200,
            .headers = {},
            .body = to_bytes(head.method + " " + head.path + " " + std::string{as_text(*content)})};
    };
}

}  // namespace safeq::test
