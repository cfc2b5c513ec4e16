// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::service {

// What a report server does that belongs on record. It follows logs and has none of its own, so the release server
// records it.

/// The auditor showed who they are.
struct AuditorSignedIn {
    friend bool operator==(const AuditorSignedIn&, const AuditorSignedIn&) = default;
};
/// Somebody did not.
struct AuditorRefused {
    Errc reason;
    friend bool operator==(const AuditorRefused&, const AuditorRefused&) = default;
};
/// The daemon runs: which version, and the digest of its configuration, as `Recorder::daemon_started` has it.
struct ReportStarted {
    std::string version;
    crypto::Sha256Digest configuration;
    friend bool operator==(const ReportStarted&, const ReportStarted&) = default;
};
/// The daemon ends in order.
struct ReportStopped {
    friend bool operator==(const ReportStopped&, const ReportStopped&) = default;
};
/// It shows another certificate, serial number and end, and has read policies and revocation lists anew.
struct ReportReloaded {
    std::string serial;
    Time expires;
    crypto::Sha256Digest configuration;
    friend bool operator==(const ReportReloaded&, const ReportReloaded&) = default;
};
/// The clock by which it dates what it witnessed was set, by so much; back where negative.
struct ReportTimeChanged {
    std::chrono::milliseconds by;
    friend bool operator==(const ReportTimeChanged&, const ReportTimeChanged&) = default;
};

/// One of these, as it is told to the release server.
struct ReportEvent {
    RecordId id;  ///< new for each: one that is told twice is recorded once
    std::variant<AuditorSignedIn, AuditorRefused, ReportStarted, ReportStopped, ReportReloaded, ReportTimeChanged> what;

    static constexpr std::size_t max_bytes = 1024;  ///< of its JSON
    static constexpr std::size_t max_version_bytes = 64;
    static constexpr std::size_t max_serial_bytes = 64;  ///< 20 bytes in hexadecimal are usual

    /// Its one form: `{"id":"…","event":"sign_in_refused","reason":"credential_wrong"}`; the events are named as the
    /// kinds of record.
    [[nodiscard]] std::string encode() const;

    friend bool operator==(const ReportEvent&, const ReportEvent&) = default;
};

}  // namespace safeq::service
