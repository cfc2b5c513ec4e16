// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/policy_ref.hpp>

namespace safeq::tls {

/// Where tickets are good. Bound into each of them: elsewhere it can't be opened.
struct TicketScope {
    std::string tenant;
    std::string listener;        ///< its name in the configuration, as "listen-ipps"
    PolicyRef policy = nullptr;  ///< its `tickets` say how long tickets and keys live
};

/// The keys that session tickets of one listener are sealed with (AES-256-GCM). They are drawn at random, never leave
/// memory, and change by themselves: a key seals for as long as its lifetime less that of a ticket, then only opens
/// what it sealed, and is destroyed at the end of its lifetime. So a key that is stolen opens no session from before
/// that.
///
/// Give one object to every context that a listener has over time: tickets outlive a reload, but not a change of the
/// server's certificate, of which each ticket bears the fingerprint.
///
/// *Source*: RFC 8446, sections 4.6.1 and C.4; RFC 9325, section 3.4. *Threads*: safe everywhere.
class TicketKeys final {
public:
    /// A ticket is never longer than what a session of ours needs; longer ones aren't looked at.
    static constexpr std::size_t max_ticket_bytes = 1024;

    /// `clock` and `random` outlive the object. *Errors*: `invalid_argument` for an empty name, no policy, or one that
    /// wants no tickets or has no TLS 1.3 (no other version's sessions are resumed).
    [[nodiscard]] static Result<std::shared_ptr<TicketKeys>> create(TicketScope scope, const Clock& clock,
                                                                    Random& random);
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    [[nodiscard]] const TicketScope& scope() const noexcept { return scope_; }
    /// Whether they were made for this policy: the same content, not the same object.
    [[nodiscard]] bool made_for(const Policy& policy) const;
    /// How long a ticket is good, from the full handshake on that the session began with.
    [[nodiscard]] std::chrono::seconds lifetime() const noexcept { return rule_.lifetime; }

    /// Changes keys whose time has come, and destroys those whose time is over. `seal` and `open` do it too: call it
    /// every minute or so for listeners at which nothing happens.
    void rotate() noexcept;
    /// Destroys all keys at once: every ticket so far is void.
    void destroy() noexcept;
    /// How many keys there are now: at most two.
    [[nodiscard]] std::size_t count() const noexcept;

    /// Seals what is needed to resume a session whose full handshake was at `since`, with this certificate shown.
    [[nodiscard]] Bytes seal(crypto::Plaintext session, Time since, const Fingerprint& certificate);

    /// What was sealed in a ticket.
    struct Opened {
        crypto::Secret session;
        Time since;
    };
    /// *Errors*: `too_large`, `truncated`; `key_unknown` for a ticket under another key, or one that was destroyed;
    /// `authentication_failed` for one that was changed, or of another tenant, listener, policy or certificate;
    /// `expired`.
    [[nodiscard]] Result<Opened> open(ByteView ticket, const Fingerprint& certificate);

private:
    using KeyId = std::array<std::byte, 16>;
    struct Slot {
        KeyId id;
        crypto::AeadKey key;
        Time begun;
        std::uint64_t sealed = 0;
    };

    TicketKeys(TicketScope scope, const Clock& clock, Random& random);
    void rotate_locked(Time now) noexcept;
    [[nodiscard]] Bytes associated(const KeyId& id, const Fingerprint& certificate) const;

    const TicketScope scope_;
    const TicketRule rule_;
    const crypto::Sha256Digest policy_digest_;
    const crypto::Sha256Digest scope_digest_;
    const Clock& clock_;
    Random& random_;
    mutable std::mutex mutex_;
    std::optional<Slot> current_, previous_;
};

}  // namespace safeq::tls
