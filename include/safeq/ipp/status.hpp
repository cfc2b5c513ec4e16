// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace safeq::ipp {

/// Outcomes by their registered number. A message may hold a number that none of these has.
/// *Source*: RFC 8011, appendix B.
enum class Status : std::uint16_t {
    successful_ok = 0x0000,
    successful_ok_ignored_or_substituted_attributes = 0x0001,
    successful_ok_conflicting_attributes = 0x0002,

    client_error_bad_request = 0x0400,
    client_error_forbidden = 0x0401,
    client_error_not_authenticated = 0x0402,
    client_error_not_authorized = 0x0403,
    client_error_not_possible = 0x0404,
    client_error_timeout = 0x0405,
    client_error_not_found = 0x0406,
    client_error_gone = 0x0407,
    client_error_request_entity_too_large = 0x0408,
    client_error_request_value_too_long = 0x0409,
    client_error_document_format_not_supported = 0x040a,
    client_error_attributes_or_values_not_supported = 0x040b,
    client_error_uri_scheme_not_supported = 0x040c,
    client_error_charset_not_supported = 0x040d,
    client_error_conflicting_attributes = 0x040e,
    client_error_compression_not_supported = 0x040f,
    client_error_compression_error = 0x0410,
    client_error_document_format_error = 0x0411,
    client_error_document_access_error = 0x0412,
    client_error_account_limit_reached = 0x041e,  ///< PWG 5100.16

    server_error_internal_error = 0x0500,
    server_error_operation_not_supported = 0x0501,
    server_error_service_unavailable = 0x0502,
    server_error_version_not_supported = 0x0503,
    server_error_device_error = 0x0504,
    server_error_temporary_error = 0x0505,
    server_error_not_accepting_jobs = 0x0506,
    server_error_busy = 0x0507,
    server_error_job_canceled = 0x0508,
    server_error_multiple_document_jobs_not_supported = 0x0509,
};

/// "successful-ok"; empty for a number that has no name here.
[[nodiscard]] std::string_view name(Status status) noexcept;

/// Whether the operation was done: 0x0000 to 0x00ff.
[[nodiscard]] constexpr bool successful(Status status) noexcept { return static_cast<std::uint16_t>(status) <= 0x00ff; }

}  // namespace safeq::ipp
