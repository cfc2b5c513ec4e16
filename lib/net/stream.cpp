// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/stream.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <safeq/net/asio_compat.hpp>

namespace safeq::net {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr unsigned turns_at_once = 16;  // of a connection whose bytes never end; then it is the others' turn

using SteadyClock = std::chrono::steady_clock;

}  // namespace

struct Stream::Impl {
    using Socket = asio::generic::stream_protocol::socket;

    explicit Impl(Socket s) : socket{std::move(s)}, timer{socket.get_executor()} {
        asio::error_code ignored;  // a socket that is gone fails at its first use
        socket.non_blocking(true, ignored);
    }

    Socket socket;
    asio::steady_timer timer;
    std::optional<tls::Session> session;
    Bytes in;  // without TLS: bytes that wait
    std::size_t in_begin = 0, in_end = 0;
    Bytes out;
    // A deadline that passes closes the socket; the number tells a late one from the operation that runs now.
    std::shared_ptr<std::uint64_t> current = std::make_shared<std::uint64_t>(0);
    bool expired = false;
    unsigned turns = 0;
    SteadyClock::time_point last = SteadyClock::time_point::max();  // for everything
    std::optional<SteadyClock::time_point> until;                   // for what is waited for now

    void start_deadline(Duration timeout) { arm(std::min(SteadyClock::now() + timeout, last)); }

    void arm(SteadyClock::time_point when) {
        const std::uint64_t mine = ++*current;
        until = when;
        timer.expires_at(when);
        timer.async_wait([this, mine, alive = std::weak_ptr{current}](const asio::error_code& error) {
            const auto now = alive.lock();
            if (error || !now || *now != mine) return;
            expire();
        });
    }

    void expire() noexcept {
        expired = true;
        asio::error_code ignored;
        socket.close(ignored);
    }

    void end_deadline() {
        ++*current;
        until.reset();
        timer.cancel();
    }

    [[nodiscard]] std::unexpected<Error> failure(const asio::error_code& error) const {
        if (expired) return fail(Errc::timed_out, "connection");
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
            return fail(Errc::cancelled, "connection");
        return fail(Errc::connection_closed, "connection", error.message());
    }

    // Reads what is there, without waiting; nothing: nothing is. 0 bytes at the end.
    [[nodiscard]] std::optional<Result<std::size_t>> receive_now(MutableByteView into) {
        asio::error_code error;
        const std::size_t n = socket.receive(asio::buffer(into.data(), into.size()), 0, error);
        if (error == asio::error::would_block || error == asio::error::try_again) return std::nullopt;
        if (error == asio::error::eof) return std::size_t{0};
        if (error) return failure(error);
        return n;
    }

    asio::awaitable<Result<void>> readable(Duration timeout) {
        start_deadline(timeout);
        const auto [error] = co_await socket.async_wait(socket.wait_read, as_tuple_awaitable);
        end_deadline();
        if (error) co_return failure(error);
        co_return Result<void>{};
    }

    // Reads what came, as it is, and forgets it. False at the end.
    asio::awaitable<bool> throw_away(Duration timeout) {
        static thread_local std::array<std::byte, read_bytes> nowhere;
        if (++turns % turns_at_once == 0) co_await asio::post(socket.get_executor(), asio::use_awaitable);
        if (const auto came = receive_now(nowhere)) co_return *came && **came != 0;
        co_return (co_await readable(timeout)).has_value();
    }

    asio::awaitable<Result<void>> send(ByteView bytes, Duration timeout) {
        start_deadline(timeout);
        const auto [error, n] =
            co_await asio::async_write(socket, asio::buffer(bytes.data(), bytes.size()), as_tuple_awaitable);
        end_deadline();
        if (error) co_return failure(error);
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> flush(Duration timeout) {
        while (!session->outgoing().empty()) {
            session->take_outgoing(out);
            SAFEQ_CO_TRY_VOID(co_await send(out, timeout));
        }
        co_return Result<void>{};
    }

    // Reads once from the socket into the session, without waiting. False at the end.
    [[nodiscard]] std::optional<Result<bool>> feed_now() {
        // A connection that waits holds no buffer: what was read is worked on before the thread does anything else.
        static thread_local std::array<std::byte, read_bytes> ciphertext;
        const auto came = receive_now(ciphertext);
        if (!came) return std::nullopt;
        if (!*came) return std::unexpected(came->error());
        const std::size_t n = **came;
        const auto taken = n == 0 ? session->received_end() : session->received(ByteView{ciphertext}.first(n));
        if (!taken) return std::unexpected(taken.error());
        return n != 0;
    }

    // The same, waiting for something to come; answers of the session are sent. False at the end.
    asio::awaitable<Result<bool>> pump(Duration timeout) {
        if (++turns % turns_at_once == 0) co_await asio::post(socket.get_executor(), asio::use_awaitable);
        auto fed = feed_now();
        while (!fed) {
            SAFEQ_CO_TRY_VOID(co_await readable(timeout));
            fed = feed_now();
        }
        const auto flushed = co_await flush(timeout);
        if (*fed && !flushed) co_return std::unexpected(flushed.error());
        co_return *fed;
    }
};

Stream::Stream(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Stream::~Stream() { ++*impl_->current; }

std::unique_ptr<Stream> Stream::plain(asio::generic::stream_protocol::socket socket) {
    return std::unique_ptr<Stream>{new Stream{std::make_unique<Impl>(std::move(socket))}};
}

asio::awaitable<Result<std::unique_ptr<Stream>>> Stream::accept(asio::generic::stream_protocol::socket socket,
                                                                std::shared_ptr<const tls::ServerContext> context,
                                                                const Clock& clock, Random& random, Duration timeout) {
    auto stream = plain(std::move(socket));
    Impl& impl = *stream->impl_;
    SAFEQ_CO_TRY(impl.session, tls::Session::server(std::move(context), clock, random));
    const auto end = SteadyClock::now() + timeout;
    while (!impl.session->established()) {
        const auto left = end - SteadyClock::now();
        if (left <= Duration::zero()) co_return fail(Errc::timed_out, "TLS handshake");
        SAFEQ_CO_TRY(const bool more, co_await impl.pump(left));
        if (!more) co_return fail(Errc::connection_closed, "TLS handshake");
    }
    co_return stream;
}

asio::awaitable<Result<ByteView>> Stream::read(Duration timeout) {
    Impl& impl = *impl_;
    const auto end = std::min(SteadyClock::now() + timeout, impl.last);
    if (!impl.session) {
        if (impl.in_begin == impl.in_end) {
            impl.in.resize(read_bytes);
            auto came = impl.receive_now(impl.in);
            while (!came) {
                SAFEQ_CO_TRY_VOID(co_await impl.readable(end - SteadyClock::now()));
                came = impl.receive_now(impl.in);
            }
            if (!*came) co_return std::unexpected(came->error());
            impl.in_begin = 0;
            impl.in_end = **came;
        }
        co_return ByteView{impl.in}.subspan(impl.in_begin, impl.in_end - impl.in_begin);
    }
    while (impl.session->plaintext().empty()) {
        if (impl.session->peer_closed()) co_return ByteView{};
        impl.session->release_idle_memory();
        // What came may be a piece of a record: the peer has no more time for the rest of it.
        const auto left = end - SteadyClock::now();
        if (left <= Duration::zero()) {
            impl.expire();
            co_return fail(Errc::timed_out, "connection");
        }
        SAFEQ_CO_TRY(const bool more, co_await impl.pump(left));
        if (!more && impl.session->plaintext().empty()) co_return ByteView{};
    }
    co_return impl.session->plaintext();
}

void Stream::consume(std::size_t n) noexcept {
    if (impl_->session) impl_->session->consume(n);
    else impl_->in_begin += n;
}

asio::awaitable<Result<void>> Stream::write(ByteView bytes, Duration timeout) {
    constexpr std::size_t piece = 64 * 1024;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const ByteView part = bytes.subspan(at, std::min(piece, bytes.size() - at));
        if (!impl_->session) {
            SAFEQ_CO_TRY_VOID(co_await impl_->send(part, timeout));
            continue;
        }
        SAFEQ_CO_TRY_VOID(impl_->session->send(part));
        SAFEQ_CO_TRY_VOID(co_await impl_->flush(timeout));
    }
    co_return Result<void>{};
}

asio::awaitable<void> Stream::close(Duration linger) {
    constexpr auto patience = std::chrono::seconds{2};
    Impl& impl = *impl_;
    if (impl.session && impl.socket.is_open() && impl.session->close()) (void)co_await impl.flush(patience);
    asio::error_code ignored;
    impl.socket.shutdown(asio::socket_base::shutdown_send, ignored);
    const auto end = SteadyClock::now() + linger;
    for (auto left = linger; left > Duration::zero(); left = end - SteadyClock::now())
        if (!co_await impl.throw_away(left)) break;
    impl.socket.close(ignored);
}

void Stream::cancel() noexcept {
    asio::error_code ignored;
    impl_->socket.close(ignored);
}

void Stream::end_by(SteadyClock::time_point when) {
    impl_->last = when;
    if (impl_->until && *impl_->until > when) impl_->arm(when);
}

const tls::Peer* Stream::peer() const noexcept {
    return impl_->session && impl_->session->established() ? &impl_->session->peer() : nullptr;
}

std::optional<unsigned> Stream::peer_user() const noexcept {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    auto& socket = impl_->socket;
    if (!socket.is_open() || getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return std::nullopt;
    if (credentials.pid == 0) return std::nullopt;
    return credentials.uid;
}

}  // namespace safeq::net
