// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/random.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// One connection to the endpoint that is looked at.
class ScanLink {
public:
    virtual ~ScanLink() = default;
    /// Sends all of it. *Errors*: any; they end the connection.
    [[nodiscard]] virtual Result<void> send(ByteView bytes) = 0;
    /// Waits for some bytes; empty when the endpoint has ended. *Errors*: `timed_out` once the connection has had its
    /// time, whatever came meanwhile; any other ends the connection.
    [[nodiscard]] virtual Result<Bytes> receive() = 0;
};

/// Where connections come from. A scan makes some fifty of them, one after the other.
class ScanTarget {
public:
    virtual ~ScanTarget() = default;
    /// *Errors*: any; they end the scan.
    [[nodiscard]] virtual Result<std::unique_ptr<ScanLink>> connect() = 0;
};

/// What came of a greeting, or of all those of one version.
enum class Answer {
    accepted,
    refused,  ///< by an alert, another version, or the end of the connection
    silent,   ///< nothing came in time
    garbled,  ///< what came is no TLS
};

/// "accepted", "refused", "silent" or "garbled".
[[nodiscard]] constexpr std::string_view name(Answer answer) noexcept {
    switch (answer) {
        case Answer::accepted: return "accepted";
        case Answer::refused: return "refused";
        case Answer::silent: return "silent";
        case Answer::garbled: return "garbled";
    }
    return "";
}

/// What an endpoint accepts of one protocol version.
struct ScannedVersion {
    std::uint16_t code = 0;  ///< 0x0300 (SSL 3.0) to 0x0304 (TLS 1.3)
    Answer answer = Answer::refused;
    std::vector<std::uint16_t> suites = {};            ///< accepted, in the order in which they were chosen
    std::vector<std::uint16_t> groups = {};            ///< the same
    std::optional<std::size_t> shortest_dh_bits = {};  ///< of finite-field groups and EXPORT keys
    /// From TLS 1.2: the signature schemes that the server signed its handshakes with when they were offered. Empty for
    /// older versions, which name none, and where every suite goes without a signature.
    std::vector<std::uint16_t> schemes = {};
    std::optional<std::uint16_t> unasked_scheme = {};  ///< TLS 1.2: one that it signed with and that was not offered
    /// TLS 1.2: the policies' schemes for RSA keys with which, each offered alone, a suite of static RSA was taken.
    /// Such a handshake is not signed, and yet some servers insist on a scheme of their own.
    std::vector<std::uint16_t> static_rsa_schemes = {};
};

/// What came of a renegotiation that the client begins, within a handshake of TLS 1.2 that was finished.
struct ScannedRenegotiation {
    std::optional<Answer> answer = {};  ///< `garbled`: what came was no answer to it; empty: not tried
    std::string not_tried = {};         ///< why, in one phrase
};

/// A certificate that the endpoint shows, and what `Certificate` doesn't tell. Nothing about it is verified.
struct ScannedCertificate {
    Certificate certificate;
    std::size_t key_bits = 0;    ///< of the RSA modulus or of the curve; 0 where the kind of key is not known
    std::string curve = {};      ///< the IANA name of a group; empty where it is none that a policy may list
    std::string signature = {};  ///< how its issuer signed it, as "ECDSA/SHA-256"
    bool self_signed = false;
};

/// What an endpoint accepts.
struct Scan {
    Answer ssl2 = Answer::refused;                 ///< SSL 2.0, which shares nothing with the rest
    std::vector<ScannedVersion> versions;          ///< all five, the oldest first
    std::vector<ScannedCertificate> certificates;  ///< the leaves, each once
    std::size_t unreadable_certificates = 0;
    Answer greeting = Answer::refused;           ///< what came of TLS 1.3 and 1.2 offered together, as our clients do
    ScannedRenegotiation renegotiation;          ///< by the client, up to TLS 1.2
    std::optional<bool> secure_renegotiation;    ///< up to TLS 1.2: always there (RFC 5746)
    std::optional<bool> extended_master_secret;  ///< up to TLS 1.2: always there (RFC 7627)
    bool encrypt_then_mac = false;               ///< up to TLS 1.2: ever
    bool session_tickets = false;                ///< up to TLS 1.2: ever
    bool compression = false;
    bool asks_certificate = false;  ///< of its clients
    std::size_t connections = 0;

    /// What it accepts of this version; null when it doesn't accept the version.
    [[nodiscard]] const ScannedVersion* accepted(std::uint16_t version) const noexcept {
        for (const ScannedVersion& v : versions)
            if (v.code == version && v.answer == Answer::accepted) return &v;
        return nullptr;
    }
};

/// Tries what the endpoint accepts: offers everything, takes away what was chosen, and offers the rest. TLS 1.3 shows
/// certificate and signature under keys only: those handshakes are broken off once both are seen. One handshake of TLS
/// 1.2 is finished, to begin another within it. Nothing is trusted, no certificate of ours is shown, and under keys
/// goes nothing but handshakes and the alert that ends them. `server_name` is sent as SNI when not empty. *Errors*:
/// those of `connect`.
[[nodiscard]] Result<Scan> scan(ScanTarget& target, const std::string& server_name, const Clock& clock, Random& random);

/// "TLS 1.2" and so on; "SSL 3.0".
[[nodiscard]] std::string_view version_name(std::uint16_t code) noexcept;

/// The IANA name of a group that is looked for; else empty.
[[nodiscard]] std::string_view group_name(std::uint16_t code) noexcept;

/// Whether a handshake signed with this scheme could be forged: it goes over MD5 or SHA-1 (RFC 9155).
[[nodiscard]] bool broken_scheme(std::uint16_t code) noexcept;

/// Whether a connection under a policy would come about.
struct Fit {
    bool fits = false;
    std::string detail;  ///< the best that can be agreed on; or what is missing, in one phrase
};
/// Holds a policy against what was found; nothing is sent.
[[nodiscard]] Fit fit(const Scan& scan, const Policy& policy);

/// Whether the endpoint would be reached only with TLS 1.3 switched off: it knows 1.2, and chokes on the offer of both.
[[nodiscard]] bool needs_tls13_off(const Scan& scan);

/// What is weak about the endpoint, a sentence each, the worst first; empty when nothing is.
[[nodiscard]] std::vector<std::string> weaknesses(const Scan& scan, Time now);

}  // namespace safeq::tls
