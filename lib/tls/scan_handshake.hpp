// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <safeq/tls/scan.hpp>

namespace safeq::tls {

/// What a server shows in a TLS 1.3 handshake that is broken off once it has signed.
struct Shown {
    std::vector<Bytes> certificates;      ///< DER, the leaf first; empty when it never came so far
    std::optional<std::uint16_t> scheme;  ///< what it signed with
    bool asks_certificate = false;
};

/// Offers `schemes` to sign with. Nothing is trusted, and no session can come of it.
[[nodiscard]] Shown shown_in_tls13(ScanLink& link, const std::string& server_name,
                                   std::span<const std::uint16_t> schemes, const Clock& clock, Random& random);

/// What `shown_in_tls13` can be asked for: what TLS 1.3 signs handshakes with and the backend can read.
[[nodiscard]] std::span<const std::uint16_t> tls13_schemes() noexcept;

/// Finishes a handshake of TLS 1.2 with one of the suites, begins another within it, and ends the connection once that
/// is answered. *Errors*: `out_of_memory`.
[[nodiscard]] Result<ScannedRenegotiation> renegotiation_in_tls12(ScanLink& link, const std::string& server_name,
                                                                  std::span<const std::uint16_t> suites,
                                                                  const Clock& clock, Random& random);

/// Those of the accepted suites with which the backend can finish a handshake of TLS 1.2.
[[nodiscard]] std::vector<std::uint16_t> spoken_suites(const ScannedVersion& version);

/// Reads what a policy's rules are about. *Errors*: `malformed`.
[[nodiscard]] Result<ScannedCertificate> read_certificate(ByteView der);

}  // namespace safeq::tls
