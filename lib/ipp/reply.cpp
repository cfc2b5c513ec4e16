// SPDX-License-Identifier: Apache-2.0
#include "ipp/reply.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/ipp/engine.hpp>
#include "ipp/text_rules.hpp"
#include "ipp/uri.hpp"

namespace safeq::ipp {
namespace detail {

bool understands(Version asked) noexcept { return asked.major == 1 || asked.major == 2; }

Version answer_version(Version asked) noexcept {
    if (asked.major < 1) return {1, 1};
    if (asked.major == 1) return {1, std::min<std::uint8_t>(asked.minor, 1)};
    if (asked.major == 2) return {2, std::min<std::uint8_t>(asked.minor, 2)};
    return {2, 0};
}

Message reply(const MessageHeader& request, Status status, std::string_view status_message) {
    Message response{answer_version(request.version), static_cast<std::uint16_t>(status), request.request_id, {}};
    Group& operation = response.group(GroupTag::operation);
    operation.set("attributes-charset", Value::charset("utf-8"));
    operation.set("attributes-natural-language", Value::natural_language("en"));
    constexpr std::size_t longest = 255;
    if (!status_message.empty())
        operation.set("status-message", Value::text(clean(status_message, Charset::unicode, longest)));
    return response;
}

void add_unsupported(Message& response, std::vector<Attribute> unsupported) {
    if (unsupported.empty()) return;
    if (response.status() == Status::successful_ok)
        response.code = static_cast<std::uint16_t>(Status::successful_ok_ignored_or_substituted_attributes);
    for (Attribute& attribute : unsupported) response.group(GroupTag::unsupported).set(std::move(attribute));
}

}  // namespace detail

std::string_view printer_path(std::string_view request_path) noexcept {
    const auto job = detail::parse_job_path(request_path);
    return job ? job->printer : request_path;
}

Status status_of(const Error& error) noexcept {
    switch (error.code) {
        case Errc::denied:
        case Errc::permission: return Status::client_error_not_authorized;
        case Errc::credential_wrong:
        case Errc::expired:
        case Errc::revoked: return Status::client_error_not_authenticated;
        case Errc::not_found: return Status::client_error_not_found;
        case Errc::conflict:
        case Errc::illegal_transition: return Status::client_error_not_possible;
        case Errc::already_exists: return Status::server_error_multiple_document_jobs_not_supported;
        case Errc::unsupported: return Status::client_error_document_format_not_supported;
        case Errc::malformed:
        case Errc::truncated: return Status::client_error_document_format_error;
        case Errc::too_large: return Status::client_error_request_entity_too_large;
        case Errc::too_many: return Status::client_error_account_limit_reached;
        case Errc::busy:
        case Errc::throttled: return Status::server_error_busy;
        case Errc::unavailable:
        case Errc::log_unavailable:
        case Errc::timed_out: return Status::server_error_service_unavailable;
        case Errc::disk_full: return Status::server_error_temporary_error;
        case Errc::cancelled: return Status::server_error_job_canceled;
        default: return Status::server_error_internal_error;
    }
}

Message refuse(const std::optional<MessageHeader>& header, const Error& error) {
    const bool limit = error.code == Errc::too_large || error.code == Errc::too_many || error.code == Errc::too_deep;
    const Status status = limit ? Status::client_error_request_entity_too_large : Status::client_error_bad_request;
    return detail::reply(header.value_or(MessageHeader{{1, 1}, 0, 1}), status,
                         fmt::format("{}: {}", escape_for_log(error.where), escape_for_log(error.detail)));
}

Message refuse(const MessageHeader& header, Status status, std::string_view message) {
    return detail::reply(header, status, message);
}

}  // namespace safeq::ipp
