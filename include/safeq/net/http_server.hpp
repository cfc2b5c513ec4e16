// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <safeq/core/clock.hpp>
#include <safeq/http/limits.hpp>
#include <safeq/http/message.hpp>
#include <safeq/net/connection_limits.hpp>
#include <safeq/net/stream.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::net {

/// Who sent a request, as far as the transport proved it.
struct PeerInfo {
    std::string address;                                    ///< "127.0.0.1"; empty on a local socket
    std::optional<tls::Certificate> certificate;            ///< verified; where the listener asks for one, it is there
    std::optional<unsigned> user;                           ///< on a local socket: the peer's user id
    tls::VouchedBy vouched_by = tls::VouchedBy::authority;  ///< what the certificate was taken for

    /// Who the certificate says it is; of a pinned one, whose names are the client's own words, the pin. Empty for
    /// none.
    [[nodiscard]] std::string id() const { return certificate ? tls::id_of(*certificate, vouched_by) : std::string{}; }
};

/// What a handler answers.
struct HttpResponse {
    int status = 200;
    http::Headers headers;
    Bytes body;
    bool close = false;  ///< end the connection after it
    /// The request has shown whose it is: the connection no longer counts as a stranger's. One with a client
    /// certificate never does.
    bool known = false;
};

/// The body of the request at hand, as it arrives. *Threads*: the handler's coroutine only.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// The next piece, valid until the next call; empty at the end. Asks a waiting client to go on (100-continue).
    /// *Errors*: `too_large`, `http_malformed`, `timed_out`, `connection_closed`: then the connection ends.
    [[nodiscard]] virtual asio::awaitable<Result<ByteView>> next() = 0;

    /// All of it, at most `max_bytes`.
    [[nodiscard]] asio::awaitable<Result<Bytes>> collect(std::uint64_t max_bytes);

protected:
    BodyReader() = default;
    BodyReader(const BodyReader&) = default;
    BodyReader& operator=(const BodyReader&) = default;
};

/// Answers one request; a coroutine on the connection's strand.
using HttpHandler =
    std::function<asio::awaitable<HttpResponse>(const http::RequestHead&, BodyReader&, const PeerInfo&)>;

/// How long a server waits for its clients.
struct HttpTimeouts {
    Duration handshake = std::chrono::seconds{10};
    Duration head = std::chrono::seconds{20};    ///< the whole head
    Duration idle = std::chrono::seconds{60};    ///< between requests
    Duration body = std::chrono::seconds{30};    ///< between two pieces of a body
    Duration write = std::chrono::seconds{30};   ///< for each piece of a response
    Duration linger = std::chrono::seconds{30};  ///< for a client that still sends what was refused; see `Stream`
    std::uint64_t least_bytes_per_second = 512;  ///< of a body that is waited for longer than `body` in all
    Duration stop = std::chrono::seconds{20};    ///< after `stop`: for the rest of a request, and for its response
};

/// What a listener needs.
struct HttpServerOptions {
    std::shared_ptr<const tls::ServerContext> tls;  ///< null only on local sockets
    HttpHandler handler;
    http::Limits limits = http::Limits::standard();
    HttpTimeouts timeouts = {};
    ConnectionLimits connections = {};
    std::function<void(std::string_view address, const Error&)> on_failure = {};  ///< of a connection; for the log
};

/// An HTTP/1.1 server on one address, over TLS or on a local socket. Connections are coroutines on strands of the
/// context. *Threads*: construct, `listen` and `stop` from one thread; the context may run on several; `use` from any.
class HttpServer final {
public:
    HttpServer(asio::io_context& io, HttpServerOptions options, const Clock& clock, Random& random);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// "127.0.0.1:8631", "[::1]:8631"; port 0 for any. *Errors*: `invalid_argument`, `address_in_use`, `permission`,
    /// `io_failed`.
    [[nodiscard]] Result<void> listen(std::string_view address);

    /// A local socket file, for this process's user and root only (0600). A file left by a dead process is replaced.
    /// *Errors*: `address_in_use` when another process listens there; `permission`, `io_failed`.
    [[nodiscard]] Result<void> listen_local(const std::string& path);

    /// Serves the connections to come by another context, after a change of certificates, authorities or revocation
    /// lists. Connections that are open go on, but a client whose certificate the new context no longer takes is let go
    /// before its next request. *Errors*: `invalid_argument` for no context, or on a listener without TLS.
    [[nodiscard]] Result<void> use(std::shared_ptr<const tls::ServerContext> context);

    [[nodiscard]] unsigned short port() const noexcept;

    /// Accepts no more; idle connections end at once, those at work after their response. For clients that are slow to
    /// send or to take it, `HttpTimeouts::stop` is all there is left; how long a handler takes is its own affair.
    void stop();

    /// Connections that are open now.
    [[nodiscard]] std::size_t connections() const noexcept;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace safeq::net
