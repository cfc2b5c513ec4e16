// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/random.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/exception_leave.hpp>
#include <safeq/tls/policy_ref.hpp>
#include <safeq/tls/tickets.hpp>

namespace safeq::tls {

/// Whether a listener asks its clients for a certificate.
enum class ClientAuth {
    none,
    required,  ///< no session exists without a verified client certificate
};

/// What a client's certificate was taken for.
enum class VouchedBy {
    authority,  ///< it leads to one of the authorities: its names are true
    pin,        ///< its key is pinned: its names are the client's own words
};

/// How a listener talks to its clients.
struct ServerConfig {
    PolicyRef policy = nullptr;
    std::shared_ptr<const Credentials> credentials = nullptr;
    ClientAuth client_auth = ClientAuth::none;
    /// Whose clients are let in. Where `client_auth` is `required` there are authorities, pins or both, only there.
    std::shared_ptr<const TrustAnchors> client_anchors = nullptr;
    std::vector<std::string> alpn = {};  ///< in order of preference; empty: the extension is ignored
    /// What tickets are sealed with; null: none are given or taken. Made for this policy and no other listener, and
    /// never where `client_auth` is `required`.
    std::shared_ptr<TicketKeys> tickets = nullptr;
    /// Clients that are let in by the key of their certificate, whoever issued it, while it is in date and no list of
    /// `client_anchors` names it.
    std::vector<Pin> client_pins = {};
    /// The lists that would tell that `credentials` was revoked, as they tell others: by such a certificate no session
    /// is resumed or given a ticket, and while a list is over none is resumed. Null: nobody looks.
    std::shared_ptr<const TrustAnchors> own_anchors = nullptr;
    std::optional<ExceptionLeave> leave = {};  ///< for a policy that is `exception_only`; no others need one
};

/// How a client talks to its server, and makes sure of it.
struct ClientConfig {
    PolicyRef policy = nullptr;
    std::string server_name = {};  ///< sent as SNI when it is a DNS name; an IP address or nothing is not sent
    PeerCheck check = {};
    std::shared_ptr<const Credentials> own = nullptr;  ///< shown when the server asks; null for none
    std::vector<std::string> alpn = {};
    std::optional<ExceptionLeave> leave = {};  ///< for a policy that is `exception_only`; no others need one
};

/// A server's configuration, checked and made ready once for all its sessions. To change certificates, authorities or
/// revocation lists, make a new context for the sessions to come. *Threads*: const and safe everywhere.
class ServerContext final {
public:
    /// *Errors*: `invalid_argument` for what is missing or does not fit together, and for a policy that is only for
    /// named devices and has no leave; `weak_parameters` for a key under the
    /// policy's minimum, a certificate that no suite or scheme of the policy can use, or one in the chain that is
    /// signed by a scheme that the policy doesn't have, unless it is self-signed.
    [[nodiscard]] static Result<std::shared_ptr<const ServerContext>> create(ServerConfig config);
    ~ServerContext();
    ServerContext(const ServerContext&) = delete;
    ServerContext& operator=(const ServerContext&) = delete;

    [[nodiscard]] const ServerConfig& config() const noexcept;

    /// Whether a client that shows this chain (leaf first) is let in at that time, and what for. That it has the key,
    /// the handshake proves. *Requires*: `client_auth` is `required`. *Errors*: those of `TrustAnchors::verify`.
    [[nodiscard]] Result<VouchedBy> judge_client(const std::vector<Certificate>& chain, Time now) const;

    struct Impl;

private:
    friend struct Backend;
    explicit ServerContext(std::unique_ptr<const Impl> impl) noexcept;
    std::unique_ptr<const Impl> impl_;
};

/// The same for clients.
class ClientContext final {
public:
    /// *Errors*: as `ServerContext::create`.
    [[nodiscard]] static Result<std::shared_ptr<const ClientContext>> create(ClientConfig config);
    ~ClientContext();
    ClientContext(const ClientContext&) = delete;
    ClientContext& operator=(const ClientContext&) = delete;

    [[nodiscard]] const ClientConfig& config() const noexcept;

    struct Impl;

private:
    friend struct Backend;
    explicit ClientContext(std::unique_ptr<const Impl> impl) noexcept;
    std::unique_ptr<const Impl> impl_;
};

/// Who the holder of a verified certificate is: its `id`, or where its key alone was vouched for, the pin.
[[nodiscard]] inline std::string id_of(const Certificate& certificate, VouchedBy by) {
    return by == VouchedBy::pin ? Pin::of(certificate).text() : certificate.id();
}

/// Who is at the other end, and how we talk; complete once the session is established.
struct Peer {
    Version version = Version::v1_3;
    std::optional<Suite> suite;
    std::optional<Group> group;             ///< none for static RSA
    std::vector<Certificate> certificates;  ///< verified, the leaf first; empty when none was asked for
    std::string server_name;                ///< at a server: the SNI that the client sent; not verified, escape it
    std::string alpn;                       ///< empty when none was agreed
    bool resumed = false;                   ///< by a ticket: no certificate was shown this time
    VouchedBy vouched_by = VouchedBy::authority;  ///< what the certificate was taken for

    /// `id_of` the certificate; empty for none.
    [[nodiscard]] std::string id() const { return certificates.empty() ? "" : id_of(certificates.front(), vouched_by); }
    [[nodiscard]] const Certificate* certificate() const noexcept {
        return certificates.empty() ? nullptr : &certificates.front();
    }
};

/// One end of a TLS connection, without a socket: ciphertext goes in by `received` and comes out by `take_outgoing`;
/// plaintext goes in by `send` and comes out by `plaintext` and `consume`.
///
/// A server resumes sessions where its context has `tickets`, in TLS 1.3 alone, always with a new key exchange
/// (psk_dhe_ke), for as long as the policy says from the full handshake on, and only while it has the same certificate,
/// which must be valid and not revoked. A ticket that doesn't fit is no error: the handshake is a full one. Mutually
/// authenticated listeners have no tickets, so that every connection shows its certificates anew; TLS 1.2 has none,
/// because a ticket's key would open recorded sessions; clients keep none. Session ids count for nothing anywhere (the
/// random id in a TLS 1.2 ServerHello names no stored session). There is no renegotiation and no 0-RTT. No plaintext is
/// given out before the peer is verified.
///
/// A failed session stays failed: later calls return the same error. What `take_outgoing` then gives is an alert for
/// the peer; send it, then close the socket. *Threads*: one at a time per session; sessions of one context may run on
/// many threads.
class Session final {
public:
    /// `clock` and `random` outlive the session.
    [[nodiscard]] static Result<Session> server(std::shared_ptr<const ServerContext> context, const Clock& clock,
                                                Random& random);
    /// Begins the handshake: the first bytes are waiting in `take_outgoing`.
    [[nodiscard]] static Result<Session> client(std::shared_ptr<const ClientContext> context, const Clock& clock,
                                                Random& random);

    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Takes bytes from the socket, as many as came: parts of records or several. Afterwards look at all of:
    /// `outgoing`, `established`, `plaintext`, `peer_closed`. *Errors*: `tls_handshake_failed`; `certificate_missing`,
    /// `certificate_untrusted`, `certificate_expired`, `certificate_revoked` (about the peer's);
    /// `authentication_failed` for a record that was tampered with; `connection_closed` for an alert that ends an
    /// established connection.
    [[nodiscard]] Result<void> received(ByteView ciphertext);

    /// Tells that the socket ended. *Errors*: `connection_closed` when the peer had not said so by close_notify: what
    /// came before may be cut short.
    [[nodiscard]] Result<void> received_end();

    /// Bytes for the socket that have not been taken yet.
    [[nodiscard]] ByteView outgoing() const noexcept;
    /// Moves them into `out`, whose former content is dropped and whose memory is reused for the next ones.
    void take_outgoing(Bytes& out) noexcept;

    /// Whether the handshake is done and the peer verified; stays true after `close`.
    [[nodiscard]] bool established() const noexcept;

    /// Received plaintext that was not consumed yet; empty until `established`. Valid until the next call that is not
    /// const.
    [[nodiscard]] ByteView plaintext() const noexcept;
    /// *Requires*: `n` ≤ `plaintext().size()`.
    void consume(std::size_t n) noexcept;

    /// Encrypts. Everything lands in `outgoing` at once: send in pieces of 16 to 64 KiB.
    /// *Errors*: `conflict` before `established` or after `close`; the error of a failed session.
    [[nodiscard]] Result<void> send(ByteView plaintext);

    /// Says close_notify: no more is sent from here. What the peer still sends is received. May be called twice.
    [[nodiscard]] Result<void> close();

    /// Whether the peer has said close_notify: the plaintext is complete.
    [[nodiscard]] bool peer_closed() const noexcept;

    /// *Requires*: `established`.
    [[nodiscard]] const Peer& peer() const noexcept;

    /// Gives back the memory of empty buffers; for connections about to wait for long.
    void release_idle_memory() noexcept;

private:
    struct Impl;
    explicit Session(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::tls
