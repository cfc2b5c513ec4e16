// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/tls/scan.hpp>

namespace safeq::tls {

/// What a server shows in a TLS 1.3 handshake that is broken off at its certificate.
struct Shown {
    std::vector<Bytes> certificates;  ///< DER, the leaf first; empty when it never came so far
    bool asks_certificate = false;
};
[[nodiscard]] Shown shown_in_tls13(ScanLink& link, const std::string& server_name, const Clock& clock, Random& random);

/// Reads what a policy's rules are about. *Errors*: `malformed`.
[[nodiscard]] Result<ScannedCertificate> read_certificate(ByteView der);

}  // namespace safeq::tls
