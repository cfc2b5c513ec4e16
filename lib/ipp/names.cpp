// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <safeq/ipp/job.hpp>
#include <safeq/ipp/operation.hpp>
#include <safeq/ipp/status.hpp>

namespace safeq::ipp {
namespace {

template <class T>
using Named = std::pair<T, std::string_view>;

constexpr std::array operations{
    Named<Operation>{Operation::print_job, "Print-Job"},
    Named<Operation>{Operation::print_uri, "Print-URI"},
    Named<Operation>{Operation::validate_job, "Validate-Job"},
    Named<Operation>{Operation::create_job, "Create-Job"},
    Named<Operation>{Operation::send_document, "Send-Document"},
    Named<Operation>{Operation::send_uri, "Send-URI"},
    Named<Operation>{Operation::cancel_job, "Cancel-Job"},
    Named<Operation>{Operation::get_job_attributes, "Get-Job-Attributes"},
    Named<Operation>{Operation::get_jobs, "Get-Jobs"},
    Named<Operation>{Operation::get_printer_attributes, "Get-Printer-Attributes"},
    Named<Operation>{Operation::hold_job, "Hold-Job"},
    Named<Operation>{Operation::release_job, "Release-Job"},
    Named<Operation>{Operation::restart_job, "Restart-Job"},
    Named<Operation>{Operation::pause_printer, "Pause-Printer"},
    Named<Operation>{Operation::resume_printer, "Resume-Printer"},
    Named<Operation>{Operation::purge_jobs, "Purge-Jobs"},
    Named<Operation>{Operation::cancel_current_job, "Cancel-Current-Job"},
    Named<Operation>{Operation::cancel_jobs, "Cancel-Jobs"},
    Named<Operation>{Operation::cancel_my_jobs, "Cancel-My-Jobs"},
    Named<Operation>{Operation::close_job, "Close-Job"},
    Named<Operation>{Operation::identify_printer, "Identify-Printer"},
};

constexpr std::array statuses{
    Named<Status>{Status::successful_ok, "successful-ok"},
    Named<Status>{Status::successful_ok_ignored_or_substituted_attributes,
                  "successful-ok-ignored-or-substituted-attributes"},
    Named<Status>{Status::successful_ok_conflicting_attributes, "successful-ok-conflicting-attributes"},
    Named<Status>{Status::client_error_bad_request, "client-error-bad-request"},
    Named<Status>{Status::client_error_forbidden, "client-error-forbidden"},
    Named<Status>{Status::client_error_not_authenticated, "client-error-not-authenticated"},
    Named<Status>{Status::client_error_not_authorized, "client-error-not-authorized"},
    Named<Status>{Status::client_error_not_possible, "client-error-not-possible"},
    Named<Status>{Status::client_error_timeout, "client-error-timeout"},
    Named<Status>{Status::client_error_not_found, "client-error-not-found"},
    Named<Status>{Status::client_error_gone, "client-error-gone"},
    Named<Status>{Status::client_error_request_entity_too_large, "client-error-request-entity-too-large"},
    Named<Status>{Status::client_error_request_value_too_long, "client-error-request-value-too-long"},
    Named<Status>{Status::client_error_document_format_not_supported, "client-error-document-format-not-supported"},
    Named<Status>{Status::client_error_attributes_or_values_not_supported,
                  "client-error-attributes-or-values-not-supported"},
    Named<Status>{Status::client_error_uri_scheme_not_supported, "client-error-uri-scheme-not-supported"},
    Named<Status>{Status::client_error_charset_not_supported, "client-error-charset-not-supported"},
    Named<Status>{Status::client_error_conflicting_attributes, "client-error-conflicting-attributes"},
    Named<Status>{Status::client_error_compression_not_supported, "client-error-compression-not-supported"},
    Named<Status>{Status::client_error_compression_error, "client-error-compression-error"},
    Named<Status>{Status::client_error_document_format_error, "client-error-document-format-error"},
    Named<Status>{Status::client_error_document_access_error, "client-error-document-access-error"},
    Named<Status>{Status::client_error_account_limit_reached, "client-error-account-limit-reached"},
    Named<Status>{Status::server_error_internal_error, "server-error-internal-error"},
    Named<Status>{Status::server_error_operation_not_supported, "server-error-operation-not-supported"},
    Named<Status>{Status::server_error_service_unavailable, "server-error-service-unavailable"},
    Named<Status>{Status::server_error_version_not_supported, "server-error-version-not-supported"},
    Named<Status>{Status::server_error_device_error, "server-error-device-error"},
    Named<Status>{Status::server_error_temporary_error, "server-error-temporary-error"},
    Named<Status>{Status::server_error_not_accepting_jobs, "server-error-not-accepting-jobs"},
    Named<Status>{Status::server_error_busy, "server-error-busy"},
    Named<Status>{Status::server_error_job_canceled, "server-error-job-canceled"},
    Named<Status>{Status::server_error_multiple_document_jobs_not_supported,
                  "server-error-multiple-document-jobs-not-supported"},
};

constexpr std::array job_states{
    Named<JobState>{JobState::pending, "pending"},
    Named<JobState>{JobState::pending_held, "pending-held"},
    Named<JobState>{JobState::processing, "processing"},
    Named<JobState>{JobState::processing_stopped, "processing-stopped"},
    Named<JobState>{JobState::canceled, "canceled"},
    Named<JobState>{JobState::aborted, "aborted"},
    Named<JobState>{JobState::completed, "completed"},
};

constexpr std::array selections{
    Named<WhichJobs>{WhichJobs::not_completed, "not-completed"},
    Named<WhichJobs>{WhichJobs::completed, "completed"},
    Named<WhichJobs>{WhichJobs::all, "all"},
    Named<WhichJobs>{WhichJobs::pending, "pending"},
    Named<WhichJobs>{WhichJobs::pending_held, "pending-held"},
    Named<WhichJobs>{WhichJobs::processing, "processing"},
    Named<WhichJobs>{WhichJobs::processing_stopped, "processing-stopped"},
    Named<WhichJobs>{WhichJobs::canceled, "canceled"},
    Named<WhichJobs>{WhichJobs::aborted, "aborted"},
};

template <class Table, class T>
std::string_view find_name(const Table& table, T value) noexcept {
    const auto found = std::ranges::find(table, value, [](const auto& entry) { return entry.first; });
    return found == table.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view name(Operation operation) noexcept { return find_name(operations, operation); }
std::string_view name(Status status) noexcept { return find_name(statuses, status); }
std::string_view name(JobState state) noexcept { return find_name(job_states, state); }
std::string_view name(WhichJobs which) noexcept { return find_name(selections, which); }

std::optional<JobState> job_state(std::int32_t number) noexcept {
    const auto state = static_cast<JobState>(number);
    return name(state).empty() ? std::nullopt : std::optional{state};
}

std::optional<WhichJobs> which_jobs(std::string_view keyword) noexcept {
    for (const auto& [which, word] : selections)
        if (word == keyword) return which;
    return std::nullopt;
}

bool matches(WhichJobs which, JobState state) noexcept {
    switch (which) {
        case WhichJobs::not_completed: return !ended(state);
        case WhichJobs::completed: return ended(state);
        case WhichJobs::all: return true;
        case WhichJobs::pending: return state == JobState::pending;
        case WhichJobs::pending_held: return state == JobState::pending_held;
        case WhichJobs::processing: return state == JobState::processing;
        case WhichJobs::processing_stopped: return state == JobState::processing_stopped;
        case WhichJobs::canceled: return state == JobState::canceled;
        case WhichJobs::aborted: return state == JobState::aborted;
    }
    return false;
}

}  // namespace safeq::ipp
