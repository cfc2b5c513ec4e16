// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/random.hpp>

namespace safeq::tls {

/// A greeting that asks a server what it accepts. It may offer what no policy of ours ever would, since no session ever
/// comes of it: only what the server says in the clear is read.
struct ProbeHello {
    std::uint16_t version = 0x0303;          ///< the newest, 0x0300 (SSL 3.0) to 0x0304 (TLS 1.3)
    bool tls12_too = false;                  ///< with TLS 1.3: 1.2 as well, as a client in earnest does
    std::vector<std::uint16_t> suites = {};  ///< 1 to 256, in order of preference
    std::vector<std::uint16_t> groups = {};  ///< at most 64; empty: no group is named
    /// What the server may sign with, at most 64; SSL 3.0 can't ask. Empty: all of `probe_schemes`.
    std::vector<std::uint16_t> schemes = {};
    std::string server_name = {};  ///< sent as SNI when not empty; a DNS name, never an address
    bool compression = false;      ///< offers DEFLATE before nothing
};

/// Every scheme that servers sign handshakes with, what is broken included: a server may have nothing else.
[[nodiscard]] std::span<const std::uint16_t> probe_schemes() noexcept;

/// The IANA name of a signature scheme; of those of TLS 1.2 that the registry has no name for, one in its manner; else
/// empty.
[[nodiscard]] std::string_view scheme_name(std::uint16_t code) noexcept;

/// The greeting's bytes: one handshake record. TLS 1.3 is offered with an empty list of key shares, so that a server
/// answers by naming a group (RFC 8446, section 4.2.8). *Errors*: `invalid_argument`, `too_many`.
[[nodiscard]] Result<Bytes> probe_hello(const ProbeHello& hello, Random& random);

/// What a server answers before anything is encrypted.
struct ProbeReply {
    /// Whether the server would go on.
    enum class Kind {
        hello,  ///< it would go on: TLS 1.3 up to its hello, older versions up to ServerHelloDone
        retry,  ///< TLS 1.3: it would go on with the group that it names
        alert,  ///< it would not, or not further
    };
    Kind kind = Kind::alert;
    std::uint8_t alert = 0;  ///< RFC 8446, section 6.2: 40 handshake_failure, 70 protocol_version, …

    std::uint16_t version = 0;  ///< the one chosen; 0 when an alert came first
    std::uint16_t suite = 0;
    std::optional<std::uint16_t> group = {};  ///< of elliptic curves, where one was named
    std::optional<std::size_t> dh_bits = {};  ///< the size of a finite-field group or of an EXPORT key
    /// TLS 1.2: what it signed with, offered or not. Older versions name none, and TLS 1.3 signs out of sight.
    std::optional<std::uint16_t> scheme = {};
    bool compression = false;
    bool secure_renegotiation = false;     ///< RFC 5746
    bool extended_master_secret = false;   ///< RFC 7627
    bool encrypt_then_mac = false;         ///< RFC 7366
    bool session_ticket = false;           ///< RFC 5077
    bool asks_certificate = false;         ///< of the client
    std::vector<Bytes> certificates = {};  ///< DER, the leaf first, nothing verified; TLS 1.3 shows none in the clear

    friend bool operator==(const ProbeReply&, const ProbeReply&) = default;
};

/// Reads a server's answer as it comes in pieces of any size. Takes nothing that breaks the protocol: wrong lengths,
/// messages out of order or twice, extensions twice. Never holds more than 128 KiB.
class ProbeReader final {
public:
    /// Whether the answer is complete; then `reply` is valid, and further bytes count for nothing.
    /// *Errors*: `malformed` for what is no TLS, `truncated`, `trailing_data`, `duplicate`, `too_large`, `too_many`,
    /// `unsupported` for curves that are written out. A reader that failed stays failed.
    [[nodiscard]] Result<bool> take(ByteView received);

    /// *Requires*: `take` returned true.
    [[nodiscard]] const ProbeReply& reply() const noexcept { return reply_; }

private:
    enum class Await { hello, certificate, key_exchange, done, finished };

    [[nodiscard]] Result<void> read(ByteView received);
    [[nodiscard]] Result<void> message(std::uint8_t type, ByteView body);
    [[nodiscard]] Result<void> server_hello(ByteView body);
    [[nodiscard]] Result<void> extensions(ByteView list);
    [[nodiscard]] Result<void> certificate(ByteView body);
    [[nodiscard]] Result<void> key_exchange(ByteView body);
    [[nodiscard]] Result<void> certificate_request(ByteView body);

    Bytes records_, messages_;
    std::size_t taken_ = 0;
    Await await_ = Await::hello;
    bool status_seen_ = false, retry_ = false;
    std::optional<Error> failed_;
    ProbeReply reply_;
};

/// A greeting of SSL 2.0, which is no TLS and has a form of its own. *Source*: Hickman, "The SSL Protocol" (1995);
/// RFC 5246, appendix E.2.
[[nodiscard]] Bytes ssl2_probe_hello(Random& random);

/// What came of a greeting of SSL 2.0.
enum class Ssl2Answer {
    incomplete,
    accepted,  ///< a SERVER-HELLO of SSL 2.0 that names a cipher
    refused,   ///< an error of SSL 2.0, an alert of TLS, or no cipher in common
};

/// Reads all that came so far. *Errors*: `malformed` for what is neither SSL nor TLS, `truncated` and `trailing_data`
/// for a message whose parts don't fill it.
[[nodiscard]] Result<Ssl2Answer> read_ssl2_answer(ByteView received);

}  // namespace safeq::tls
