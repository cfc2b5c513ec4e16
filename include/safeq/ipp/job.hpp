// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/ipp/attribute.hpp>

namespace safeq::ipp {

/// Where a job is in its life, as clients see it. *Source*: RFC 8011, 5.3.7.
enum class JobState : std::int32_t {
    pending = 3,
    pending_held = 4,
    processing = 5,
    processing_stopped = 6,
    canceled = 7,
    aborted = 8,
    completed = 9,
};

/// "pending-held"; empty for a number that is no state.
[[nodiscard]] std::string_view name(JobState state) noexcept;

/// The state for a number from a peer, or nothing.
[[nodiscard]] std::optional<JobState> job_state(std::int32_t number) noexcept;

/// Whether nothing more will happen to a job in this state.
[[nodiscard]] constexpr bool ended(JobState state) noexcept {
    return state == JobState::canceled || state == JobState::aborted || state == JobState::completed;
}

/// What a client asks for when it sends a job. Every value was checked against what the printer supports; what was not
/// supported was left out and the client told. Names hold no control characters; empty where nothing was asked.
struct JobTicket {
    std::string job_name;
    std::string requesting_user_name;  ///< what the client claims; proves nothing
    std::string document_name;
    std::string document_format;   ///< MIME media type; "application/octet-stream" asks to look at the content
    std::string natural_language;  ///< of the names
    std::int32_t copies = 1;
    std::string sides;
    std::string media;  ///< from "media", or "media-col"'s "media-key" or size, as a PWG name
    std::string print_color_mode;
    std::vector<Attribute> attributes;  ///< all accepted job template attributes, as they came, for the device
    friend bool operator==(const JobTicket&, const JobTicket&) = default;
};

/// What a client says about a document that it sends into a job that it made before.
struct DocumentTicket {
    std::string document_name;
    std::string document_format;
    friend bool operator==(const DocumentTicket&, const DocumentTicket&) = default;
};

/// A job as its owner may see it.
struct JobInfo {
    std::int32_t id = 0;  ///< from 1
    JobId uuid;
    std::string name;
    std::string owner_name;
    JobState state = JobState::pending;
    std::vector<std::string> reasons = {};         ///< job-state-reasons; "none" is written when empty
    std::optional<std::int32_t> impressions = {};  ///< nothing where they could not be counted
    std::int32_t impressions_completed = 0;
    std::int64_t k_octets = 0;
    std::int32_t documents = 1;
    std::string document_format = {};
    Time created = {};
    std::optional<Time> processing = {};
    std::optional<Time> completed = {};
    std::string printer_uri = {};            ///< job-printer-uri; the printer's first URI where empty
    std::vector<Attribute> attributes = {};  ///< its job template attributes, where they are still known
    friend bool operator==(const JobInfo&, const JobInfo&) = default;
};

/// Which jobs a client wants to see.
enum class WhichJobs : std::uint8_t {
    not_completed,
    completed,  ///< ended in any way
    all,
    pending,
    pending_held,
    processing,
    processing_stopped,
    canceled,
    aborted,
};

/// The keyword of IPP, for example "not-completed".
[[nodiscard]] std::string_view name(WhichJobs which) noexcept;
/// What a keyword of IPP means, or nothing.
[[nodiscard]] std::optional<WhichJobs> which_jobs(std::string_view keyword) noexcept;
/// Whether a job in `state` is meant by `which`.
[[nodiscard]] bool matches(WhichJobs which, JobState state) noexcept;

/// What a client asks Get-Jobs for.
struct JobQuery {
    WhichJobs which = WhichJobs::not_completed;
    bool mine = false;         ///< my-jobs: only the caller's own
    std::int32_t at_most = 0;  ///< more than this many are of no use; 0: no bound
    friend bool operator==(const JobQuery&, const JobQuery&) = default;
};

}  // namespace safeq::ipp
