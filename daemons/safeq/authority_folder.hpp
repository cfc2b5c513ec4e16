// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/random.hpp>
#include <safeq/tls/authority.hpp>

#include "common/layout.hpp"

// The installation's own authority: what it has issued, and where that stands.
namespace safeq::daemon {

inline constexpr auto authority_lifetime = std::chrono::days{3650};
inline constexpr auto certificate_lifetime = std::chrono::days{397};
inline constexpr auto crl_lifetime = std::chrono::days{397};

/// *Errors*: those of the files, and of `tls::Authority::open`.
[[nodiscard]] Result<tls::Authority> open_authority(const Layout& layout);

/// What a change of certificates came to, for people.
struct CertificateChange {
    std::vector<std::string> lines;          ///< what was done, and what was left and why
    std::vector<std::string> reload;         ///< daemons that have something new to read
    std::vector<fs::path> carry;             ///< certificates that must be taken to a device's terminal
    bool authority = false;                  ///< its own certificate is another: whoever trusts it needs it some day
    [[nodiscard]] std::string text() const;  ///< all of it
};

/// Renews what `safeq init` and `safeq device add` have issued and what ends within that time, or all of it; keys stay.
/// The revocation list likewise. The authority's own certificate is renewed when it ends before what it issues would.
/// Each file is replaced as a whole; what a crash left undone, the next run does.
/// *Errors*: those of the files and of the authority.
[[nodiscard]] Result<CertificateChange> renew_certificates(const Layout& layout,
                                                           std::optional<std::chrono::days> within, const Clock& clock,
                                                           Random& random);

/// Puts a certificate on the revocation list, and all former ones for the same key, and hands the list to the daemons.
/// *Errors*: `certificate_untrusted` when another authority issued it; those of the files.
[[nodiscard]] Result<CertificateChange> revoke_certificate(const Layout& layout, const fs::path& file,
                                                           const Clock& clock, Random& random);

}  // namespace safeq::daemon
