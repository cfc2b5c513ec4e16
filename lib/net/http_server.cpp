// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/http_server.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <safeq/http/parser.hpp>
#include <safeq/net/asio_compat.hpp>
#include <safeq/net/listen_address.hpp>

#include "connection_places.hpp"
#include "open_streams.hpp"
#include "request_body.hpp"

namespace safeq::net {
namespace {

using Generic = asio::generic::stream_protocol;
using SteadyClock = std::chrono::steady_clock;

std::unexpected<Error> listen_failure(std::string where, const asio::error_code& error) {
    const Errc code = error == asio::error::address_in_use  ? Errc::address_in_use
                      : error == asio::error::access_denied ? Errc::permission
                                                            : Errc::io_failed;
    return fail(code, std::move(where), error.message());
}

// Of the peer; empty on a local socket.
std::string address_of(const Generic::socket& socket) {
    asio::error_code ignored;
    const auto endpoint = socket.remote_endpoint(ignored);
    if (ignored) return {};
    if (endpoint.protocol().family() != AF_INET && endpoint.protocol().family() != AF_INET6) return {};
    asio::ip::tcp::endpoint tcp;
    tcp.resize(endpoint.size());
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    return tcp.address().to_string();
}

// The status that tells a client why its message was not read, or 0 to just close.
int status_of(const Error& error) {
    switch (error.code) {
        case Errc::http_malformed: return 400;
        case Errc::too_large: return error.where == "head" || error.where == "target" ? 431 : 413;
        case Errc::too_many: return 431;
        case Errc::timed_out: return 408;
        default: return 0;
    }
}

}  // namespace

asio::awaitable<Result<Bytes>> BodyReader::collect(std::uint64_t max_bytes) {
    Bytes out;
    for (;;) {
        SAFEQ_CO_TRY(const ByteView piece, co_await next());
        if (piece.empty()) co_return out;
        if (piece.size() > max_bytes - out.size())
            co_return fail(Errc::too_large, "body", fmt::format("more than {} bytes", max_bytes));
        out.insert(out.end(), piece.begin(), piece.end());
    }
}

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
    Impl(asio::io_context& context, HttpServerOptions server_options, const Clock& server_clock, Random& server_random)
        : io{context},
          options{std::move(server_options)},
          clock{server_clock},
          random{server_random},
          acceptor{asio::make_strand(context)} {}

    asio::io_context& io;
    HttpServerOptions options;
    const Clock& clock;
    Random& random;
    asio::basic_socket_acceptor<Generic> acceptor;
    unsigned short bound_port = 0;
    std::string local_path;
    std::atomic<bool> stopping{false};
    ConnectionPlaces places{options.connections};
    OpenStreams streams;
    std::mutex mutex;  // of the context

    // Has its place while it exists.
    struct Connection {
        std::shared_ptr<Impl> server;
        ConnectionPlaces::Place place;
    };

    asio::awaitable<void> accept_loop();
    asio::awaitable<void> serve(Generic::socket socket, std::string address, ConnectionPlaces::Place& place);
    asio::awaitable<void> serve_stream(std::shared_ptr<Stream> stream, std::string address,
                                       std::shared_ptr<const tls::ServerContext> context,
                                       ConnectionPlaces::Place& counted);
    asio::awaitable<Result<bool>> read_head(Stream& stream, http::RequestParser& parser, bool first,
                                            OpenStreams::Place& place);
    asio::awaitable<Result<void>> respond(Stream& stream, const HttpResponse& response, bool keep_alive,
                                          bool head_only);
    void failed(std::string_view address, const Error& error) {
        if (options.on_failure) options.on_failure(address, error);
    }
    void failed(const std::exception_ptr& failure) noexcept {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            failed(e);
        }
    }
    // What can't be told, for want of memory, must not end more than it is about.
    void failed(const std::exception& e) noexcept {
        try {
            failed("", Error{Errc::internal, "connection", e.what()});
        } catch (const std::exception&) {
        }
    }
    void start(Generic::socket socket);
    // The context that holds now; null on a local socket.
    [[nodiscard]] std::shared_ptr<const tls::ServerContext> context() {
        const std::scoped_lock lock{mutex};
        return options.tls;
    }
    // Whether a client that was verified by the context `known` would still be, by the one that holds now.
    [[nodiscard]] Result<void> still_trusted(const Stream& stream, std::shared_ptr<const tls::ServerContext>& known,
                                             PeerInfo& peer);
};

Result<void> HttpServer::Impl::still_trusted(const Stream& stream, std::shared_ptr<const tls::ServerContext>& known,
                                             PeerInfo& info) {
    auto now = context();
    if (now == known) return {};
    known = std::move(now);
    if (known->config().client_auth != tls::ClientAuth::required) return {};
    const tls::Peer* const peer = stream.peer();
    SAFEQ_TRY(info.vouched_by,
              known->judge_client(peer ? peer->certificates : std::vector<tls::Certificate>{}, clock.now()));
    return {};
}

void HttpServer::Impl::start(Generic::socket socket) {
    std::string address = address_of(socket);
    auto place = places.enter(address);
    if (!place) return;
    const auto connection = std::make_shared<Connection>(shared_from_this(), *std::move(place));
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), std::move(address), connection->place),
                   [connection](const std::exception_ptr& failure) {
                       if (failure) connection->server->failed(failure);
                   });
}

// Until `stop`: what can't be had for one connection, descriptors or memory, is missing for that one only.
asio::awaitable<void> HttpServer::Impl::accept_loop() {
    const auto self = shared_from_this();
    asio::steady_timer pause{acceptor.get_executor()};
    for (bool pausing = false; !stopping;) {
        try {
            if (pausing) {  // others may end meanwhile
                pause.expires_after(std::chrono::milliseconds{100});
                co_await pause.async_wait(as_tuple_awaitable);
                pausing = false;
            }
            auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(io), as_tuple_awaitable);
            if (error == asio::error::operation_aborted || stopping) co_return;
            if (!error) {
                start(std::move(socket));
                continue;
            }
            pausing = true;
            failed("", Error{Errc::io_failed, "accept", error.message()});
        } catch (const std::exception& e) {
            pausing = true;
            failed(e);
        }
    }
}

asio::awaitable<void> HttpServer::Impl::serve(Generic::socket socket, std::string address,
                                              ConnectionPlaces::Place& place) {
    if (!address.empty()) {
        const int on = 1;
        setsockopt(socket.native_handle(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    }
    auto tls = context();
    if (!tls) {
        co_await serve_stream(Stream::plain(std::move(socket)), std::move(address), nullptr, place);
        co_return;
    }
    auto stream = co_await Stream::accept(std::move(socket), tls, clock, random, options.timeouts.handshake);
    if (!stream) {
        failed(address, stream.error());
        co_return;
    }
    co_await serve_stream(*std::move(stream), std::move(address), std::move(tls), place);
}

asio::awaitable<Result<bool>> HttpServer::Impl::read_head(Stream& stream, http::RequestParser& parser, bool first,
                                                          OpenStreams::Place& place) {
    if (!place.rest()) co_return false;
    auto begun = co_await stream.read(first ? options.timeouts.head : options.timeouts.idle);
    place.work();
    if (!begun) {
        if (begun.error().code == Errc::timed_out || begun.error().code == Errc::cancelled) co_return false;
        co_return std::unexpected(std::move(begun).error());
    }
    const auto end = SteadyClock::now() + options.timeouts.head;
    ByteView buffer = *begun;
    for (;;) {
        if (buffer.empty()) co_return false;
        SAFEQ_CO_TRY(const http::Step step, parser.feed(buffer));
        stream.consume(step.consumed);
        if (step.event == http::Event::head) co_return true;
        const auto left = end - SteadyClock::now();
        if (left <= Duration::zero()) co_return fail(Errc::timed_out, "head");
        SAFEQ_CO_TRY(buffer, co_await stream.read(left));
    }
}

asio::awaitable<Result<void>> HttpServer::Impl::respond(Stream& stream, const HttpResponse& response, bool keep_alive,
                                                        bool head_only) {
    http::Headers headers = response.headers;
    if (response.status != 204) headers.add("Content-Length", fmt::format("{}", response.body.size()));
    headers.add("Connection", keep_alive ? "keep-alive" : "close");
    SAFEQ_CO_TRY(const std::string head, http::encode_response(response.status, headers));
    Bytes out = to_bytes(head);
    if (!head_only && response.status != 204) out.insert(out.end(), response.body.begin(), response.body.end());
    co_return co_await stream.write(out, options.timeouts.write);
}

asio::awaitable<void> HttpServer::Impl::serve_stream(std::shared_ptr<Stream> stream, std::string address,
                                                     std::shared_ptr<const tls::ServerContext> context,
                                                     ConnectionPlaces::Place& counted) {
    PeerInfo peer{
        .address = address, .certificate = std::nullopt, .user = context ? std::nullopt : stream->peer_user()};
    if (const tls::Peer* tls_peer = stream->peer(); tls_peer && tls_peer->certificate()) {
        peer.certificate = *tls_peer->certificate();
        peer.vouched_by = tls_peer->vouched_by;
        counted.known();
    }

    // GCC 12 destroys twice what is built from a co_await inside braces: the executor comes first.
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    OpenStreams::Place place{streams, executor, stream};
    http::RequestParser parser{options.limits};
    bool unread = false;  // the client may still be sending what was refused
    for (bool first = true, go_on = true; go_on && !stopping; first = false) {
        const auto begun = co_await read_head(*stream, parser, first, place);
        if (!begun) {
            failed(address, begun.error());
            if (const int status = status_of(begun.error()); status != 0)
                unread = (co_await respond(*stream, {.status = status, .headers = {}, .body = {}}, false, false))
                             .has_value();
            break;
        }
        if (!*begun) break;
        if (const auto trusted = still_trusted(*stream, context, peer); !trusted) {
            failed(address, trusted.error());
            break;
        }

        const http::RequestHead head = parser.head();
        RequestBody body{options.timeouts, *stream, parser};
        HttpResponse response;
        try {
            response = co_await options.handler(head, body, peer);
        } catch (const std::exception& e) {
            failed(address, Error{Errc::internal, head.method + " handler", e.what()});
            response = {.status = 500, .headers = {}, .body = {}, .close = true};
        }
        if (response.known) counted.known();
        if (stopping) stream->end_by(SteadyClock::now() + options.timeouts.stop);
        if (body.error()) {
            failed(address, *body.error());
            if (const int status = status_of(*body.error()); status != 0)
                response = {.status = status, .headers = {}, .body = {}, .close = true};
            else break;
        }
        go_on = head.keep_alive && !response.close && !stopping && co_await body.drain();
        if (!co_await respond(*stream, response, go_on, head.method == "HEAD")) break;
        unread = head.has_body() && !body.ended();
    }
    const bool lingers = place.rest() && unread;
    co_await stream->close(lingers ? options.timeouts.linger : Duration::zero());
}

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options, const Clock& clock, Random& random)
    : impl_{std::make_shared<Impl>(io, std::move(options), clock, random)} {}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::listen(std::string_view address) {
    if (!impl_->options.tls)
        return fail(Errc::invalid_argument, std::string{address}, "no network listener without TLS");
    SAFEQ_TRY(const ListenAddress where, ListenAddress::parse(address));
    asio::error_code error;
    const asio::ip::tcp::endpoint endpoint{asio::ip::make_address(where.ip, error), where.port};
    auto& acceptor = impl_->acceptor;
    if (!error) acceptor.open(Generic{endpoint.protocol()}, error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor.bind(Generic::endpoint{endpoint}, error);
    if (!error) acceptor.listen(1024, error);
    if (error) return listen_failure(std::string{address}, error);
    asio::ip::tcp::endpoint bound;
    const auto local = acceptor.local_endpoint();
    bound.resize(local.size());
    std::memcpy(bound.data(), local.data(), local.size());
    impl_->bound_port = bound.port();
    asio::co_spawn(acceptor.get_executor(), impl_->accept_loop(), asio::detached);
    return {};
}

Result<void> HttpServer::listen_local(const std::string& path) {
    asio::error_code error;
    const asio::local::stream_protocol::endpoint endpoint{path};
    {
        asio::local::stream_protocol::socket probe{impl_->io};
        probe.connect(endpoint, error);
        if (!error) return fail(Errc::address_in_use, path, "another process listens there");
        unlink(path.c_str());
    }
    error = {};
    auto& acceptor = impl_->acceptor;
    acceptor.open(Generic{endpoint.protocol()}, error);
    const mode_t mask = umask(0177);
    if (!error) acceptor.bind(Generic::endpoint{endpoint}, error);
    umask(mask);
    if (!error) acceptor.listen(128, error);
    if (error) return listen_failure(path, error);
    impl_->local_path = path;
    asio::co_spawn(acceptor.get_executor(), impl_->accept_loop(), asio::detached);
    return {};
}

Result<void> HttpServer::use(std::shared_ptr<const tls::ServerContext> context) {
    const std::scoped_lock lock{impl_->mutex};
    if (!context || !impl_->options.tls)
        return fail(Errc::invalid_argument, "listener", "a context replaces another one, and nothing else");
    impl_->options.tls = std::move(context);
    return {};
}

unsigned short HttpServer::port() const noexcept { return impl_->bound_port; }
std::size_t HttpServer::connections() const noexcept { return impl_->places.taken(); }

void HttpServer::stop() {
    if (impl_->stopping.exchange(true)) return;
    asio::post(impl_->acceptor.get_executor(), [impl = impl_] {
        asio::error_code ignored;
        impl->acceptor.close(ignored);
        if (!impl->local_path.empty()) unlink(impl->local_path.c_str());
    });
    impl_->streams.end(impl_->options.timeouts.stop);
}

}  // namespace safeq::net
