// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <safeq/core/clock.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::net {

/// Where a client connects to.
struct Endpoint {
    std::string host;  ///< a name or an address
    unsigned short port = 0;

    /// "host:port", with brackets around an IPv6 address.
    [[nodiscard]] std::string text() const;
};

/// A client's end of a connection: blocking calls, each with a deadline, for worker threads and command lines.
/// *Threads*: one at a time; `stop` may be requested from any.
class ClientStream final {
public:
    /// How long a client waits at the most.
    struct Options {
        std::chrono::milliseconds connect_timeout{10'000};
        std::chrono::milliseconds io_timeout{30'000};
        std::stop_token stop = {};                   ///< ends every wait within a fifth of a second
        std::uint64_t least_bytes_per_second = 512;  ///< taken by a peer that is waited for longer than `io_timeout`
    };

    /// Connects and does the handshake; returns when the session is established.
    /// *Errors*: `unavailable` when nobody listens or the name isn't known, `timed_out`, `cancelled`, those of
    /// `tls::Session`.
    [[nodiscard]] static Result<std::unique_ptr<ClientStream>> connect(
        const Endpoint& to, std::shared_ptr<const tls::ClientContext> context, const Clock& clock, Random& random,
        const Options& options);

    /// To a local socket, without TLS. *Errors*: `unavailable`, `permission`.
    [[nodiscard]] static Result<std::unique_ptr<ClientStream>> connect_local(const std::string& path,
                                                                             const Options& options);

    ~ClientStream();
    ClientStream(const ClientStream&) = delete;
    ClientStream& operator=(const ClientStream&) = delete;

    /// Bytes that have come and are not consumed; waits for some. Empty when the peer has ended in order. Valid until
    /// the next call. *Errors*: `timed_out`, `cancelled`, `connection_closed`; those of `tls::Session`.
    [[nodiscard]] Result<ByteView> read();
    /// The same with this time in place of `Options::io_timeout`; what is there is given also when it is over.
    [[nodiscard]] Result<ByteView> read(std::chrono::milliseconds timeout);
    /// Takes the first `n` of the bytes that `read` gave. *Requires*: no more than those.
    void consume(std::size_t n) noexcept;

    /// Whether plaintext, an alert or the end of the connection waits, without waiting for it.
    [[nodiscard]] Result<bool> readable();

    /// Waits for the peer to take it, which must keep to `Options::least_bytes_per_second`. *Errors*: as `read`.
    [[nodiscard]] Result<void> write(ByteView bytes);

    /// From now on nothing is waited for beyond `when`; with `time_point::max()` each wait has its own time alone.
    void end_by(std::chrono::steady_clock::time_point when) noexcept;

    /// Says goodbye, waits until the peer has ended the connection, too, and closes: then it has read all that was
    /// written, as far as TCP tells. What it still says is not looked at. *Errors*: `timed_out`, `cancelled`;
    /// `connection_closed`, also where the peer left something unread.
    [[nodiscard]] Result<void> finish();

    /// Says goodbye and closes; never waits. What the peer hasn't read yet may be lost.
    void close() noexcept;

    /// With TLS: who is at the other end. Null without.
    [[nodiscard]] const tls::Peer* peer() const noexcept;

    struct Impl;

private:
    explicit ClientStream(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::net
