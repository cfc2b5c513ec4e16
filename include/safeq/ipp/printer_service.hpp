// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/ipp/job.hpp>

namespace safeq::ipp {

/// Who a caller has proved to be.
struct Owner {
    SubjectId subject;
    std::string name;
    /// Where it was proved by a print token, which one, under a keyed hash: who has a printer's address reaches the
    /// jobs that came by it, and no other of its owner's.
    std::optional<crypto::MacTag> token = {};
    friend bool operator==(const Owner&, const Owner&) = default;
};

/// Who asks, as the server found out before the request reaches the engine.
struct Caller {
    std::string
        path;  ///< of the printer at which the request came in, for example "/ipp/print"; may carry a print token
    std::optional<Owner> owner;  ///< nothing where no credential was given or needed
    std::string peer_address;
};

/// One way to the printer; the three values stand in parallel in the printer's attributes. *Source*: RFC 8011, 5.4.1
/// to 5.4.3.
struct PrinterUri {
    std::string uri;                       ///< "ipps://host:8631/ipp/print"
    std::string authentication = "basic";  ///< none, requesting-user-name, basic, digest, certificate, oauth
    std::string security = "tls";          ///< none, tls
    friend bool operator==(const PrinterUri&, const PrinterUri&) = default;
};

/// What the printer is doing, as clients see it. *Source*: RFC 8011, 5.4.11.
enum class PrinterState : std::int32_t { idle = 3, processing = 4, stopped = 5 };

/// What the printer is and can do: the engine makes its attributes from it and holds job tickets against it.
/// In each list of supported values the first is the default.
struct PrinterInfo {
    std::vector<PrinterUri> uris;
    InstanceId uuid;
    std::string name;
    std::string info;
    std::string location;
    std::string geo_location;  ///< "geo:50.07,14.43"; unknown where empty
    std::string organization;
    std::string organizational_unit;
    std::string make_and_model = "safeq";
    std::string device_id;  ///< IEEE 1284; made from the rest where empty
    std::string more_info;  ///< URI of a page for people; the first URI's host over https where empty
    std::vector<std::string> icons;
    PrinterState state = PrinterState::idle;
    std::vector<std::string> state_reasons;  ///< "none" is written when empty
    bool accepting_jobs = true;
    std::int32_t queued_jobs = 0;
    Time started;  ///< printer-up-time counts from here
    Time state_changed;
    Time config_changed;

    std::vector<std::string> formats{"application/octet-stream", "application/pdf", "image/pwg-raster", "image/jpeg"};
    std::vector<std::string> media{"iso_a4_210x297mm", "na_letter_8.5x11in"};  ///< PWG self-describing names
    std::vector<std::string> sides{"one-sided", "two-sided-long-edge", "two-sided-short-edge"};
    std::vector<std::string> color_modes{"auto", "color", "monochrome"};
    std::vector<Resolution> resolutions{{600, 600, Resolution::Unit::per_inch}};
    std::int32_t max_copies = 999;
    std::int32_t pages_per_minute = 40;
    std::int32_t multiple_operation_time_out_seconds = 300;
};

/// Where the bytes of one document go. Destroyed without `finish`, nothing stays of it.
class DocumentSink {
public:
    virtual ~DocumentSink() = default;

    /// Takes the next bytes. *Errors*: `unsupported` once the content shows a format that the printer doesn't take;
    /// `malformed` for a document that breaks its own format; `too_large`; those of the storage.
    [[nodiscard]] virtual Result<void> append(ByteView bytes) = 0;

    /// Ends the document and with it the job's intake: returns only when both are durable.
    /// *Errors*: as for `append`; `log_unavailable`, `unavailable`.
    [[nodiscard]] virtual Result<JobInfo> finish() = 0;

protected:
    DocumentSink() = default;
    DocumentSink(const DocumentSink&) = default;
    DocumentSink& operator=(const DocumentSink&) = default;
};

/// What stands behind an IPP printer; a port. How errors become IPP statuses is told at `status_of` in engine.hpp.
/// A caller without an owner reaches only `printer`, unless the engine's access is open; one with a print token only
/// what came by that token. What isn't reached isn't there. *Threads*: called from several threads; calls may block.
class PrinterService {
public:
    virtual ~PrinterService() = default;

    /// What the printer is and can do at this moment, as this caller may see it.
    [[nodiscard]] virtual PrinterInfo printer(const Caller& caller) = 0;

    /// Whether such a job would be taken. *Errors*: `denied`, `busy`, `unavailable`.
    [[nodiscard]] virtual Result<void> validate(const Caller& caller, const JobTicket& ticket) = 0;

    /// A job that waits for its document; given up when none comes in time. *Errors*: `denied`, `busy`, `unavailable`.
    [[nodiscard]] virtual Result<JobInfo> create_job(const Caller& caller, const JobTicket& ticket) = 0;

    /// The document of a job made by `create_job`.
    /// *Errors*: `not_found` also for another owner's job; `already_exists` when the job has its document;
    /// `conflict` when it has ended.
    [[nodiscard]] virtual Result<std::unique_ptr<DocumentSink>> open_document(const Caller& caller, std::int32_t job_id,
                                                                              const DocumentTicket& document) = 0;

    /// A job and its document in one. *Errors*: as for `create_job`.
    [[nodiscard]] virtual Result<std::unique_ptr<DocumentSink>> print(const Caller& caller,
                                                                      const JobTicket& ticket) = 0;

    /// The jobs that the caller may see and that match: those not ended in the order in which they came, others newest
    /// first.
    [[nodiscard]] virtual Result<std::vector<JobInfo>> jobs(const Caller& caller, const JobQuery& query) = 0;

    /// *Errors*: `not_found` also for another owner's job.
    [[nodiscard]] virtual Result<JobInfo> job(const Caller& caller, std::int32_t job_id) = 0;

    /// *Errors*: `not_found` also for another owner's job; `conflict` when it has ended or can't be stopped.
    [[nodiscard]] virtual Result<void> cancel(const Caller& caller, std::int32_t job_id) = 0;

protected:
    PrinterService() = default;
    PrinterService(const PrinterService&) = default;
    PrinterService& operator=(const PrinterService&) = default;
};

}  // namespace safeq::ipp
