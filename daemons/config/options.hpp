// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

// What the daemons are told, by command line or configuration file.
namespace safeq::daemon {

inline constexpr const char* version = SAFEQ_VERSION;

/// Options that every daemon has.
struct CommonOptions {
    std::string config;
    std::string data;    ///< default: the folder of the configuration file
    std::string shared;  ///< default: `public` beside the data folder
    std::string tenant;
    std::string instance;
    std::string tls_policies;                        ///< default: `tls-policies` in the public folder
    std::string tls_policy_daemons = "modern-2026";  ///< between servers of ours, both ways
    bool verbose = false;

    bool operator==(const CommonOptions&) const = default;
};

struct IntakeOptions {
    CommonOptions common;
    std::string listen_ipps = "127.0.0.1:8631";
    std::string listen_https = "127.0.0.1:8632";
    std::string release;
    std::string host_name = "localhost";
    std::string printer_name = "safeq";
    std::string tls_policy_clients = "intermediate-2026";  ///< of the printer, towards who prints
    bool tls_tickets = false;                              ///< for who prints: see docs/tls_policy.md
    std::uint64_t max_document_mib = 4096;
    std::uint64_t user_jobs = 0;        ///< 0: no bound
    std::uint64_t user_mib = 0;         ///< 0: no bound
    std::uint64_t free_floor_mib = 64;  ///< kept free in the spool's file system

    bool operator==(const IntakeOptions&) const = default;
};

struct ReleaseOptions {
    CommonOptions common;
    std::string listen_terminals = "127.0.0.1:8641";
    std::string listen_daemons = "127.0.0.1:8643";
    std::string printer = "ipps://localhost:8631";
    std::string tls_policy_terminals = "modern-2026";      ///< of the terminals' listener
    std::string tls_policy_devices = "intermediate-2026";  ///< towards devices
    std::string tls_exceptions;                            ///< devices with policies of their own; may be empty
    unsigned hold_hours = 72;
    unsigned favourite_days = 90;
    unsigned ended_days = 7;            ///< a job's row stays so long when it has ended
    std::string password_blocklist;     ///< none where empty
    std::string root_key = "files";     ///< `files`, `passphrase-file:PATH`, `credential:NAME`, or a PKCS#11 URI
    std::uint64_t free_floor_mib = 64;  ///< kept free in the spool's file system

    bool operator==(const ReleaseOptions&) const = default;
};

struct ReportOptions {
    CommonOptions common;
    std::string listen_https = "127.0.0.1:8651";
    std::string intake, release;
    std::string tls_policy_people = "intermediate-2026";  ///< of the pages
    double interval_seconds = 1.0;

    bool operator==(const ReportOptions&) const = default;
};

/// Reads and checks a daemon's command line and the configuration file that it names; nothing when it asked for help or
/// the version, which is printed then. For the three types above.
/// *Errors*: `config_invalid`, with the option and what is wrong with it.
template <class Options>
[[nodiscard]] Result<std::optional<Options>> from_command_line(int argc, const char* const* argv);

/// The same from the text of a configuration file: `name=value` lines; `#` begins a comment. Unknown names are refused:
/// a typing mistake must not leave a default in place. At most 64 KiB.
template <class Options>
[[nodiscard]] Result<Options> from_config(std::string_view text);

/// A configuration file that reads as these options, which must have passed the checks.
[[nodiscard]] std::string to_config(const IntakeOptions& options);
[[nodiscard]] std::string to_config(const ReleaseOptions& options);
[[nodiscard]] std::string to_config(const ReportOptions& options);

}  // namespace safeq::daemon
