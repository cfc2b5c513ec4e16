// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <safeq/core/clock.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::net {

/// How long to wait, by a clock that nobody sets.
using Duration = std::chrono::steady_clock::duration;

/// The server's end of a connection: a TCP or local socket, with TLS or, on local sockets only, without. Every
/// operation has a deadline; one that passes closes the connection. *Threads*: one coroutine at a time, on the socket's
/// executor.
class Stream final {
public:
    /// Does the handshake. *Errors*: those of `tls::Session`; `timed_out`, `connection_closed`.
    [[nodiscard]] static asio::awaitable<Result<std::unique_ptr<Stream>>> accept(
        asio::generic::stream_protocol::socket socket, std::shared_ptr<const tls::ServerContext> context,
        const Clock& clock, Random& random, Duration timeout);
    /// Without TLS.
    [[nodiscard]] static std::unique_ptr<Stream> plain(asio::generic::stream_protocol::socket socket);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Bytes that have come and are not consumed; waits for some. Empty when the peer has ended in order. Valid until
    /// the next call. Pieces of a TLS record, or records without content, are no reason to wait longer.
    /// *Errors*: `timed_out`, `connection_closed`; those of `tls::Session`.
    [[nodiscard]] asio::awaitable<Result<ByteView>> read(Duration timeout);
    /// Takes the first `n` of the bytes that `read` gave. *Requires*: no more than those.
    void consume(std::size_t n) noexcept;

    /// Sends everything; the deadline counts for each piece of 64 KiB. *Errors*: as `read`.
    [[nodiscard]] asio::awaitable<Result<void>> write(ByteView bytes, Duration timeout);

    /// Says goodbye, if the peer listens, and closes. With `linger`, only sending ends at once: what the peer still
    /// sends is thrown away until it closes too, for at most that long in all. For a peer that has sent more than was
    /// read: closing at once would reset the connection, and it would lose the last response (RFC 9112, section 9.6).
    [[nodiscard]] asio::awaitable<void> close(Duration linger = Duration::zero());

    /// Ends whatever is waited for, at once; from the stream's executor.
    void cancel() noexcept;

    /// Whatever is waited for, now or later, is waited for until `when` at the latest; from the stream's executor.
    void end_by(std::chrono::steady_clock::time_point when);

    /// With TLS: who is at the other end. Null without.
    [[nodiscard]] const tls::Peer* peer() const noexcept;

    /// On a local socket: the user id of the peer's process.
    [[nodiscard]] std::optional<unsigned> peer_user() const noexcept;

    struct Impl;

private:
    explicit Stream(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::net
