// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>
#include <safeq/ipp/job.hpp>
#include <safeq/ipp/message.hpp>

namespace safeq::ipp {

/// The printer that a client talks to, and as whom.
struct Target {
    std::string printer_uri;
    std::string requesting_user_name;  ///< left out where empty
    std::string natural_language = "en";
    Version version{2, 0};
};

/// A request with its operation attributes in the order that IPP wants: charset, language, printer-uri, (job-id,)
/// requesting-user-name. *Requires*: `request_id` and `job_id` ≥ 1.
/// @{
[[nodiscard]] Message make_request(const Target& target, Operation operation, std::int32_t request_id);
[[nodiscard]] Message make_job_request(const Target& target, Operation operation, std::int32_t request_id,
                                       std::int32_t job_id);
/// @}

/// Print-Job, Create-Job or Validate-Job with the ticket's names, format and job template attributes. For Create-Job
/// the document's name and format are left out: they go with Send-Document.
[[nodiscard]] Message make_print_request(const Target& target, Operation operation, std::int32_t request_id,
                                         const JobTicket& ticket);

/// Send-Document for the one document of a job.
[[nodiscard]] Message make_send_document(const Target& target, std::int32_t request_id, std::int32_t job_id,
                                         const DocumentTicket& document);

/// Get-Printer-Attributes and Get-Job-Attributes, asking for these attributes or groups only.
/// @{
[[nodiscard]] Message make_get_printer_attributes(const Target& target, std::int32_t request_id,
                                                  const std::vector<std::string>& requested);
[[nodiscard]] Message make_get_job_attributes(const Target& target, std::int32_t request_id, std::int32_t job_id,
                                              const std::vector<std::string>& requested);
/// @}

/// Whether `response` answers `request` with success.
/// *Errors*: `ipp_malformed` for another request-id, no charset or language first, or a version never spoken;
/// `ipp_status` with the status's name and the peer's message, made harmless.
[[nodiscard]] Result<void> check_response(const Message& request, const Message& response);

/// What a peer says about a job. Each value was checked; whatever is missing is empty.
struct RemoteJob {
    std::int32_t id = 0;  ///< from 1; 0 where the answer doesn't tell
    std::string uri;
    std::optional<JobState> state;
    std::vector<std::string> reasons;
    std::string state_message;
    std::optional<std::int32_t> impressions_completed;
    std::optional<std::int32_t> media_sheets_completed;
    std::string name;
    std::string uuid;  ///< "urn:uuid:…"
    friend bool operator==(const RemoteJob&, const RemoteJob&) = default;
};

/// The job in the answer to Print-Job, Create-Job, Send-Document or Get-Job-Attributes.
/// *Errors*: `ipp_malformed` for a missing group, a job-id below 1, or an attribute of another syntax.
[[nodiscard]] Result<RemoteJob> read_job(const Message& response);

/// All jobs in the answer to Get-Jobs. *Errors*: as above.
[[nodiscard]] Result<std::vector<RemoteJob>> read_jobs(const Message& response);

/// What a peer says about a printer, as far as a client needs it.
struct RemotePrinter {
    std::string name;
    std::string make_and_model;
    std::optional<std::int32_t> state;  ///< 3 idle, 4 processing, 5 stopped
    std::vector<std::string> state_reasons;
    bool accepting_jobs = false;
    std::vector<std::string> formats;
    std::vector<Operation> operations;

    /// Whether the printer lists the operation.
    [[nodiscard]] bool supports(Operation operation) const noexcept;
    /// Whether the printer lists the MIME media type, in whatever case.
    [[nodiscard]] bool takes_format(std::string_view mime) const noexcept;
    friend bool operator==(const RemotePrinter&, const RemotePrinter&) = default;
};

/// *Errors*: `ipp_malformed` for a missing group or an attribute of another syntax.
[[nodiscard]] Result<RemotePrinter> read_printer(const Message& response);

}  // namespace safeq::ipp
