// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace safeq::tls {

/// A cipher suite that a policy never lists, known by name so that it can be looked for.
struct RegisteredSuite {
    std::uint16_t code;
    std::string_view name;  ///< the IANA name
};

/// Suites with certificates or anonymous that stand in the IANA registry and in no policy, by code point. Those with
/// shared secrets (PSK, SRP, Kerberos) and national ones are left out. *Source*: the IANA TLS registry.
[[nodiscard]] std::span<const RegisteredSuite> rejected_suites() noexcept;

/// Why a suite of that name is in no policy: one phrase, the worst first. Empty where nothing speaks against it.
[[nodiscard]] std::string_view why_rejected(std::string_view name) noexcept;

/// The IANA name of a suite that any policy lists, or that is known as rejected; else empty.
[[nodiscard]] std::string_view suite_name(std::uint16_t code) noexcept;

/// Whether a suite of that name can be met in a version (0x0300, SSL 3.0, to 0x0304, TLS 1.3). DES, IDEA and EXPORT
/// were taken out of TLS 1.2, and there are servers that never heard of it. *Source*: RFC 5246, section 1.2 (SHA-256
/// and AEAD from TLS 1.2 on); RFC 8446, section B.4.
[[nodiscard]] bool exists_in(std::string_view name, std::uint16_t version) noexcept;

}  // namespace safeq::tls
