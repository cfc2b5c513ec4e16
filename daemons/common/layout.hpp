// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <safeq/core/id.hpp>

// Where `safeq init` puts what the daemons and the command line look for.
namespace safeq::daemon {

namespace fs = std::filesystem;

/// One daemon's own folder: configuration, certificate, keys, data, admin socket.
struct DaemonFolder {
    fs::path root;

    [[nodiscard]] fs::path tls() const { return root / "tls"; }  ///< cert.pem, key.pem, ca.pem, crl.pem
    [[nodiscard]] fs::path keys() const { return root / "keys"; }
    [[nodiscard]] fs::path spool() const { return root / "spool"; }
    [[nodiscard]] fs::path log() const { return root / "log"; }
    [[nodiscard]] fs::path socket() const { return root / "run" / "admin.sock"; }
};

/// A whole installation on one machine.
struct Layout {
    fs::path root;

    [[nodiscard]] fs::path authority() const { return root / "ca"; }               ///< no daemon needs it
    [[nodiscard]] fs::path shared() const { return root / "public"; }              ///< nothing secret
    [[nodiscard]] fs::path policies() const { return shared() / "tls-policies"; }  ///< the operator's own
    [[nodiscard]] fs::path devices() const { return root / "devices"; }
    [[nodiscard]] DaemonFolder daemon(std::string_view name) const { return {root / name}; }
};

// Roles, as the certificates of our authority name them in a URI.
inline constexpr std::string_view release_role = "safeq:daemon:release";
inline constexpr std::string_view report_role = "safeq:daemon:report";
inline constexpr std::string_view intake_role = "safeq:daemon:intake:";  ///< followed by the instance
inline constexpr std::string_view device_role = "safeq:device:";         ///< followed by the device

// File names in `keys` and `public`.
inline constexpr std::string_view signing_key_file = "signing.key";        ///< intake: signs spool files
inline constexpr std::string_view log_key_file = "log.key";                ///< intake, release: signs checkpoints
inline constexpr std::string_view list_key_file = "epoch-list.key";        ///< release: signs epoch lists
inline constexpr std::string_view credential_key_file = "credential.key";  ///< release: opens sealed credentials
inline constexpr std::string_view pepper_key_file = "pepper.key";          ///< release; see peppers.hpp
inline constexpr std::string_view subject_root_key_file = "subjects.key";  ///< release: wraps the keys of persons
inline constexpr std::string_view witness_key_file = "witness.key";        ///< report: cosigns checkpoints
inline constexpr std::string_view auditor_hash_file = "auditor.phc";       ///< report: the auditor's password
inline constexpr std::string_view auditor_pepper_file = "auditor.key";

inline constexpr std::string_view list_key_public = "epoch-list.vkey";
inline constexpr std::string_view credential_key_public = "credential.pub";
inline constexpr std::string_view intakes_public = "intakes";  ///< "<instance> <base64 of the verifying key>" a line
inline constexpr std::string_view intake_log_public = "intake-log.vkey";
inline constexpr std::string_view release_log_public = "release-log.vkey";
inline constexpr std::string_view witness_public = "witness.vkey";

/// Names that stand in signed statements.
inline constexpr std::string_view list_key_name = "safeq/epochs";
[[nodiscard]] inline std::string log_origin(std::string_view daemon, const TenantId& tenant) {
    return "safeq/" + tenant.text() + "/" + std::string{daemon};
}
[[nodiscard]] inline std::string witness_name(const TenantId& tenant) { return "safeq/" + tenant.text() + "/witness"; }

}  // namespace safeq::daemon
