// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/client_stream.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "pace.hpp"

namespace safeq::net {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_{fd} {}
    Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

// Waits until the descriptor is ready for `events`, in slices so that a stop is seen.
Result<void> wait_for(int fd, short events, SteadyClock::time_point end, const std::stop_token& stop) {
    for (;;) {
        if (stop.stop_requested()) return fail(Errc::cancelled, "connection");
        const auto left = std::chrono::duration_cast<milliseconds>(end - SteadyClock::now());
        if (left.count() < 0) return fail(Errc::timed_out, "connection");
        pollfd wanted{.fd = fd, .events = events, .revents = 0};
        const int slice =
            static_cast<int>(std::min<std::int64_t>(left.count() + 1, stop.stop_possible() ? 200 : 3'600'000));
        const int ready = poll(&wanted, 1, slice);
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return fail(Errc::io_failed, "connection", std::strerror(errno));
    }
}

Result<Descriptor> connect_socket(const sockaddr* address, socklen_t size, SteadyClock::time_point end,
                                  const std::stop_token& stop) {
    Descriptor fd{socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (fd.get() < 0) return fail(Errc::io_failed, "socket", std::strerror(errno));
    if (::connect(fd.get(), address, size) != 0) {
        if (errno == EACCES || errno == EPERM) return fail(Errc::permission, "connection", std::strerror(errno));
        if (errno != EINPROGRESS && errno != EAGAIN) return fail(Errc::unavailable, "connection", std::strerror(errno));
        SAFEQ_TRY_VOID(wait_for(fd.get(), POLLOUT, end, stop));
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0) return fail(Errc::unavailable, "connection", std::strerror(error));
    }
    return fd;
}

}  // namespace

std::string Endpoint::text() const {
    return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

struct ClientStream::Impl {
    Impl(Descriptor d, Options o) : fd{std::move(d)}, options{std::move(o)} {}

    Descriptor fd;
    Options options;
    std::optional<tls::Session> session;
    Bytes in = Bytes(16 * 1024);
    std::size_t in_begin = 0, in_end = 0;  // without TLS: bytes that wait
    bool ended = false;
    Bytes out;
    Pace sending{options.io_timeout, options.least_bytes_per_second};  // of what is written now
    SteadyClock::time_point last = SteadyClock::time_point::max();

    [[nodiscard]] SteadyClock::time_point deadline() const { return deadline(options.io_timeout); }
    [[nodiscard]] SteadyClock::time_point deadline(milliseconds timeout) const {
        return std::min(SteadyClock::now() + timeout, last);
    }

    // Receives what is there into `in`; nothing when nothing is, 0 at the end.
    Result<std::optional<std::size_t>> receive_now() {
        for (;;) {
            const ssize_t n = recv(fd.get(), in.data(), in.size(), 0);
            if (n >= 0) return std::optional{static_cast<std::size_t>(n)};
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return std::optional<std::size_t>{};
            return fail(Errc::connection_closed, "connection", std::strerror(errno));
        }
    }

    Result<void> send_all(ByteView bytes) {
        auto end = deadline();
        while (!bytes.empty()) {
            const ssize_t n = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(n));
                sending.moved(static_cast<std::size_t>(n));
                end = deadline();
                continue;
            }
            if (errno == EINTR) continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                return fail(Errc::connection_closed, "connection", std::strerror(errno));
            if (sending.too_slow()) return fail(Errc::timed_out, "connection", "too slow");
            const auto begun = SteadyClock::now();
            SAFEQ_TRY_VOID(wait_for(fd.get(), POLLOUT, end, options.stop));
            sending.waited(SteadyClock::now() - begun);
        }
        return {};
    }

    Result<void> flush() {
        while (!session->outgoing().empty()) {
            session->take_outgoing(out);
            SAFEQ_TRY_VOID(send_all(out));
        }
        return {};
    }

    // Hands what was received to the session and sends its answers, alerts included.
    Result<void> digest(std::size_t n) {
        const auto taken = n == 0 ? session->received_end() : session->received(ByteView{in}.subspan(0, n));
        const auto flushed = flush();
        if (!taken) return taken;
        return flushed;
    }

    // Waits for bytes and takes them. False at the end of the connection.
    Result<bool> pump(SteadyClock::time_point end) {
        for (;;) {
            SAFEQ_TRY(const auto n, receive_now());
            if (!n) {
                SAFEQ_TRY_VOID(wait_for(fd.get(), POLLIN, end, options.stop));
                continue;
            }
            if (session) {
                SAFEQ_TRY_VOID(digest(*n));
            } else {
                in_begin = 0;
                in_end = *n;
            }
            ended = *n == 0;
            return *n != 0;
        }
    }

    [[nodiscard]] ByteView waiting() const noexcept {
        return session ? session->plaintext() : ByteView{in}.subspan(in_begin, in_end - in_begin);
    }
};

ClientStream::ClientStream(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
ClientStream::~ClientStream() { close(); }

Result<std::unique_ptr<ClientStream>> ClientStream::connect(const Endpoint& to,
                                                            std::shared_ptr<const tls::ClientContext> context,
                                                            const Clock& clock, Random& random,
                                                            const Options& options) {
    const auto end = SteadyClock::now() + options.connect_timeout;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found); error != 0)
        return fail(Errc::unavailable, to.text(), gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
    Result<Descriptor> fd = fail(Errc::unavailable, to.text(), "no address");
    for (const addrinfo* a = addresses.get(); a != nullptr && !fd; a = a->ai_next)
        fd = connect_socket(a->ai_addr, a->ai_addrlen, end, options.stop);
    if (!fd) return fail(fd.error().code, to.text(), fd.error().detail);
    const int on = 1;
    setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    std::unique_ptr<ClientStream> stream{new ClientStream{std::make_unique<Impl>(*std::move(fd), options)}};
    Impl& impl = *stream->impl_;
    impl.last = end;
    SAFEQ_TRY(impl.session, tls::Session::client(std::move(context), clock, random));
    SAFEQ_TRY_VOID(impl.flush());
    while (!impl.session->established()) {
        SAFEQ_TRY(const bool more, impl.pump(end));
        if (!more && !impl.session->established())
            return fail(Errc::connection_closed, to.text(), "during the TLS handshake");
    }
    impl.last = SteadyClock::time_point::max();
    return stream;
}

Result<std::unique_ptr<ClientStream>> ClientStream::connect_local(const std::string& path, const Options& options) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::invalid_argument, path, "too long for a socket's name");
    std::memcpy(address.sun_path, path.data(), path.size());
    auto fd = connect_socket(reinterpret_cast<const sockaddr*>(&address), sizeof address,
                             SteadyClock::now() + options.connect_timeout, options.stop);
    if (!fd) return fail(fd.error().code, path, fd.error().detail);
    return std::unique_ptr<ClientStream>{new ClientStream{std::make_unique<Impl>(*std::move(fd), options)}};
}

Result<ByteView> ClientStream::read() { return read(impl_->options.io_timeout); }

Result<ByteView> ClientStream::read(milliseconds timeout) {
    const auto end = impl_->deadline(timeout);
    for (bool first = true; impl_->waiting().empty(); first = false) {
        if (impl_->ended || (impl_->session && impl_->session->peer_closed())) return ByteView{};
        if (!first && SteadyClock::now() > end) return fail(Errc::timed_out, "connection");
        SAFEQ_TRY(const bool more, impl_->pump(end));
        if (!more) break;
    }
    return impl_->waiting();
}

void ClientStream::consume(std::size_t n) noexcept {
    if (impl_->session) impl_->session->consume(n);
    else impl_->in_begin += n;
}

Result<bool> ClientStream::readable() {
    while (impl_->waiting().empty() && !impl_->ended && !(impl_->session && impl_->session->peer_closed())) {
        SAFEQ_TRY(const auto n, impl_->receive_now());
        if (!n) return false;
        if (impl_->session) {
            SAFEQ_TRY_VOID(impl_->digest(*n));
        } else {
            impl_->in_begin = 0;
            impl_->in_end = *n;
        }
        impl_->ended = *n == 0;
    }
    return true;
}

Result<void> ClientStream::write(ByteView bytes) {
    impl_->sending = Pace{impl_->options.io_timeout, impl_->options.least_bytes_per_second};
    if (!impl_->session) return impl_->send_all(bytes);
    constexpr std::size_t piece = 64 * 1024;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        SAFEQ_TRY_VOID(impl_->session->send(bytes.subspan(at, std::min(piece, bytes.size() - at))));
        SAFEQ_TRY_VOID(impl_->flush());
    }
    return {};
}

void ClientStream::end_by(SteadyClock::time_point when) noexcept { impl_->last = when; }

Result<void> ClientStream::finish() {
    if (impl_->fd.get() < 0) return fail(Errc::connection_closed, "connection");
    if (impl_->session && impl_->session->close()) SAFEQ_TRY_VOID(impl_->flush());
    if (shutdown(impl_->fd.get(), SHUT_WR) != 0)
        return fail(Errc::connection_closed, "connection", std::strerror(errno));
    // Closed on what the peer has sent, such as its session tickets, the system would answer with a reset, and what is
    // still on its way, or not read yet, would be lost.
    const auto end = impl_->deadline();
    for (;;) {
        if (SteadyClock::now() > end) return fail(Errc::timed_out, "connection");
        SAFEQ_TRY(const auto n, impl_->receive_now());
        if (!n) SAFEQ_TRY_VOID(wait_for(impl_->fd.get(), POLLIN, end, impl_->options.stop));
        else if (*n == 0) break;
    }
    impl_->fd = Descriptor{};
    return {};
}

void ClientStream::close() noexcept {
    if (impl_->fd.get() < 0) return;
    if (impl_->session && impl_->session->established() && impl_->session->close()) {
        impl_->session->take_outgoing(impl_->out);
        (void)!send(impl_->fd.get(), impl_->out.data(), impl_->out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    impl_->fd = Descriptor{};
}

const tls::Peer* ClientStream::peer() const noexcept {
    return impl_->session && impl_->session->established() ? &impl_->session->peer() : nullptr;
}

}  // namespace safeq::net
