// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <safeq/http/limits.hpp>
#include <safeq/http/message.hpp>
#include <safeq/net/client_stream.hpp>

namespace safeq::net {

/// Tells by which context the next connection is made; called before each, by the thread that wants it. *Errors*: no
/// connection is made, and the request ends with them.
using ContextSource = std::function<Result<std::shared_ptr<const tls::ClientContext>>()>;

/// Where a client's requests go: an HTTPS server, or a local socket.
struct HttpTarget {
    Endpoint endpoint;                                  ///< for TLS
    std::shared_ptr<const tls::ClientContext> context;  ///< null for a local socket
    std::string local_path;
    ContextSource choose = {};  ///< in place of `context`, where the choice is to be made anew each time
    /// How long a server that doesn't answer at all is left alone. When making a connection has failed only after a
    /// tenth of `connect_timeout` or more, requests that need one fail likewise for so long, at once; then one of them
    /// tries again, while the others go on failing. Zero: each tries, and waits, for itself.
    std::chrono::milliseconds pause{0};

    /// From "https://host:port" (or "ipps://…"); what follows the authority is ignored.
    /// *Errors*: `invalid_argument`.
    [[nodiscard]] static Result<HttpTarget> https(std::string_view url,
                                                  std::shared_ptr<const tls::ClientContext> context);
    /// The local socket at this path.
    [[nodiscard]] static HttpTarget local(std::string path);
};

/// What a client asks, with a body at hand or made as it is sent.
struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    http::Headers headers;
    Bytes body;
    /// In place of `body`: gives the next piece, empty at the end. With `body_bytes` the length is announced, else the
    /// body goes in chunks. *Errors* of the callback end the request and are returned.
    std::function<Result<ByteView>()> next = {};
    std::optional<std::uint64_t> body_bytes = {};
    /// Told how many body bytes have been handed to the connection.
    std::function<void(std::uint64_t)> progress = {};
    /// When waiting for the server ends in any case, connecting included.
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max();
};

/// A response with all of its body.
struct HttpReply {
    int status = 0;
    http::Headers headers;
    Bytes body;
};

/// An HTTP/1.1 client over TLS or a local socket; blocks. Idle connections are kept and used again.
/// *Threads*: safe from several threads; each request has a connection of its own.
class HttpClient final {
public:
    HttpClient(HttpTarget target, const Clock& clock, Random& random, ClientStream::Options options = {},
               const http::Limits& limits = http::Limits::standard().with_body(64 * 1024 * 1024));

    /// One request and its response, whatever its status. The server has `io_timeout` for the whole head of it, from
    /// the end of the request on, and the rest must keep to `least_bytes_per_second`. A connection that turns out to be
    /// dead before any byte of the response came is replaced once, for requests whose body is at hand. *Errors*: those
    /// of `ClientStream`, of parsing, of `next`.
    [[nodiscard]] Result<HttpReply> request(const HttpRequest& request);

    /// Makes the connections to come by another context, after a change of certificates, authorities or revocation
    /// lists. Requests under way end on the connections that they have; those are not used again.
    /// *Errors*: `invalid_argument` for no context, towards a local socket, or where `choose` has the say.
    [[nodiscard]] Result<void> use(std::shared_ptr<const tls::ClientContext> context);

private:
    using Context = std::shared_ptr<const tls::ClientContext>;
    [[nodiscard]] Result<std::unique_ptr<ClientStream>> connect(const Context& context,
                                                                std::chrono::steady_clock::time_point end);
    [[nodiscard]] Result<std::unique_ptr<ClientStream>> try_to_connect(const Context& context,
                                                                       std::chrono::steady_clock::time_point end);
    [[nodiscard]] Result<HttpReply> exchange(ClientStream& stream, const HttpRequest& request, bool& answered,
                                             bool& reusable);

    HttpTarget target_;
    const Clock& clock_;
    Random& random_;
    ClientStream::Options options_;
    http::Limits limits_;
    std::mutex mutex_;  // of the target's context, of what is idle, which was connected by it, and of the outage
    std::vector<std::unique_ptr<ClientStream>> idle_;
    struct Outage {
        Error last;
        std::chrono::steady_clock::time_point until;
    };
    std::optional<Outage> outage_;
    std::chrono::steady_clock::time_point connected_{};  // when somebody got through last
};

}  // namespace safeq::net
