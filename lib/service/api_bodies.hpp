// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/auth/authenticator.hpp>
#include <safeq/auth/import_file.hpp>
#include <safeq/job/release_gate.hpp>
#include <safeq/service/admin.hpp>
#include <safeq/service/report_event.hpp>

// The JSON bodies of the terminal's and the operator's interface, and what the report server tells, read apart from
// what is done with them. Each member has its bounds; what it means (whether there is such a user, whether the rule is
// one) is for who does it.
namespace safeq::service {

inline constexpr std::size_t max_terminal_body = 16 * 1024;
inline constexpr std::size_t max_admin_body = 64 * 1024;
/// JSON writes a line's end as two bytes.
inline constexpr std::size_t max_device_body = max_admin_body + 2 * job::max_crl_bytes;
inline constexpr std::size_t max_import_body = 2 * auth::max_import_bytes + 1024;

/// `{"factors":[{"type":"card","uid":"…"}, …]}`, at most four. *Errors* of all: `too_large`, `too_many`, `malformed`,
/// `invalid_utf8`, naming the member.
[[nodiscard]] Result<std::vector<auth::Factor>> parse_factors(std::string_view body);

/// `{"again":true}`; an empty body asks for nothing out of the ordinary.
[[nodiscard]] Result<job::Wish> parse_wish(std::string_view body);

[[nodiscard]] Result<NewUser> parse_new_user(std::string_view body);
/// A merge patch (RFC 7396) of what the list of people tells: null takes away, an empty list of cards too.
[[nodiscard]] Result<UserChange> parse_user_change(std::string_view body);
[[nodiscard]] Result<NewDevice> parse_new_device(std::string_view body);

/// What of a new device is to be different; `"crl":null` and `"crl":""` are no lists.
[[nodiscard]] Result<DeviceChange> parse_device_change(std::string_view body);

/// `{"crl":"…"}`: the revocation lists of a device's authorities, in PEM; empty for none.
[[nodiscard]] Result<std::string> parse_device_crl(std::string_view body);

/// `{"file":"…"}`: the file that is imported, for `auth::parse_import_file`.
[[nodiscard]] Result<std::string> parse_import(std::string_view body);

struct NewToken {
    std::string label;
    std::optional<std::chrono::days> lifetime;  ///< 1 to 3650 days
};
[[nodiscard]] Result<NewToken> parse_new_token(std::string_view body);

/// Exactly what `ReportEvent::encode` writes. *Errors*: also `not_canonical`, for what it would write otherwise.
[[nodiscard]] Result<ReportEvent> parse_report_event(std::string_view body);

}  // namespace safeq::service
