// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <botan/x509cert.h>

#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// The scheme that a certificate was signed by, or null for one that no policy could list. An ECDSA signature goes by
/// its hash, whatever the curve: TLS 1.3 names the two together for handshakes, and authorities on P-384 do sign over
/// SHA-256.
[[nodiscard]] const SignatureScheme* signature_of(const Botan::X509_Certificate& x509);

/// What a policy has against a certificate's key; nothing where it is long enough. May throw what the backend throws.
[[nodiscard]] std::optional<std::string> key_fault(const Policy& policy, const Botan::X509_Certificate& x509);

/// What a policy has against a certificate below an anchor, by its signature and its key. May throw likewise.
[[nodiscard]] std::optional<std::string> chain_fault(const Policy& policy, const Botan::X509_Certificate& x509);

}  // namespace safeq::tls
