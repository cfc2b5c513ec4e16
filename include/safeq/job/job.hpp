// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/job/state.hpp>

namespace safeq::job {

/// What is known of a job's documents without opening them.
struct DocumentInfo {
    std::string format;                       ///< MIME media type
    std::uint64_t bytes = 0;                  ///< of all documents, before sealing
    std::optional<std::uint32_t> pages = {};  ///< of one copy; nothing where they could not be counted
    std::uint32_t copies = 1;
    std::uint32_t count = 1;  ///< documents; their spool files are numbered 1 to `count`, the ticket is 0

    friend bool operator==(const DocumentInfo&, const DocumentInfo&) = default;
};

/// One job: a ticket and its documents, and where they are in their life.
struct Job {
    JobId id;
    TenantId tenant;
    SubjectId owner;
    InstanceId intake = {};   ///< which intake took it
    std::int32_t ipp_id = 0;  ///< the number by which IPP clients of that intake know it
    State state = initial_state;
    std::uint64_t attempt = 0;  ///< fencing number: of the running or last attempt, 0 before the first
    DeviceId device = {};       ///< of that attempt; nil before the first
    Time created = {};
    Time changed = {};  ///< when `state` became what it is
    Time expires = {};  ///< when a held job is given up
    DocumentInfo document = {};
    bool kept = false;        ///< a favourite: goes back to `held` when it has been printed
    bool restricted = false;  ///< the processing is restricted (GDPR, article 18): neither released nor expired
    Bytes title = {};         ///< sealed under the owner's subject key; opaque here
    Bytes pins = {};          ///< `spool::Reader::pin` of the ticket and of each document, one behind the other

    friend bool operator==(const Job&, const Job&) = default;
};

}  // namespace safeq::job
