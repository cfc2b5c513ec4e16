// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/job/device.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/job/release_gate.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/retention.hpp>
#include <safeq/service/ticket.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/token/session.hpp>

namespace safeq::service {

/// A document on its way to a device.
struct Consignment {
    const job::Device& device;
    JobId job;
    const Ticket& ticket;
    std::uint64_t bytes;                     ///< of the document
    std::function<Result<ByteView>()> next;  ///< the next authenticated piece, empty at the end; fails once fenced
};

/// What came of it.
struct Delivered {
    job::Outcome outcome;
    std::string detail;  ///< for the log and the owner; printable, of our own words
};

/// Port: hands documents to devices; blocks until the device has told the outcome or time is over.
/// *Threads*: safe from several threads.
class Delivery {
public:
    virtual ~Delivery() = default;
    /// Sends the document and waits for the end of it; whatever goes wrong is an outcome too.
    [[nodiscard]] virtual Delivered deliver(const Consignment& consignment) = 0;

protected:
    Delivery() = default;
    Delivery(const Delivery&) = default;
    Delivery& operator=(const Delivery&) = default;
};

/// A job as its owner sees it at the terminal.
struct OwnJob {
    job::Job job;
    std::string title;
};

/// How a release ended.
struct Released {
    JobId job;
    job::State state;
    std::string detail;
};

/// What a person who signed in at a device can do with their own jobs. A session, or a device, of another tenant than
/// the desk's is `denied`. *Threads*: safe from several threads.
class ReleaseDesk final {
public:
    /// What releasing needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        job::ReleaseGate& gate;
        job::Jobs& jobs;
        spool::BlobStore& blobs;
        spool::EpochKeys& epochs;
        spool::KnownIntakes& intakes;
        audit::SubjectKeys& subjects;
        Recorder& recorder;
        Delivery& delivery;
        const Clock& clock;
        Retention retention;
        /// By which the fence is asked about once a second. *Requires*: safe from several threads.
        std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    };

    /// Documents up to this size are verified whole before the first byte leaves; above, the commitment and the last
    /// chunk, and every chunk again as it streams.
    static constexpr std::uint64_t verified_first = 64 * 1024 * 1024;

    explicit ReleaseDesk(Parts parts) noexcept : parts_{std::move(parts)} {}

    /// The person's open jobs, oldest first.
    [[nodiscard]] Result<std::vector<OwnJob>> jobs(const token::Session& session);

    /// One attempt to print at the session's device. Every outcome of the attempt is a value. *Errors*: those of
    /// `ReleaseGate::request` and `Jobs::release`, and then nothing was sent; those of `Jobs::finish` and `discard`,
    /// and then it was: the job is uncertain, or its files go at the next start.
    [[nodiscard]] Result<Released> release(const token::Session& session, const job::Device& device, JobId job,
                                           job::Wish wish);

    /// The owner found the pages of an uncertain job. *Errors*: as `Jobs::accept_as_printed`.
    [[nodiscard]] Result<Released> accept_as_printed(const token::Session& session, JobId job);

    /// Makes a job a favourite, which stays when it has been printed, or an ordinary one again; its time to expire
    /// begins anew. *Errors*: as `Jobs::keep`; `log_unavailable`.
    [[nodiscard]] Result<job::Job> keep(const token::Session& session, JobId job, bool kept);

    /// *Errors*: as `Jobs::remove`.
    [[nodiscard]] Result<void> remove(const token::Session& session, JobId job);

    /// Deletes the files of a job that needs them no longer. Idempotent.
    [[nodiscard]] Result<void> discard(const job::Job& job);

private:
    [[nodiscard]] Result<void> check_tenant(TenantId tenant, std::string_view whose) const;
    [[nodiscard]] Delivered attempt(const job::Releasing& running, const job::Device& device);
    [[nodiscard]] Result<spool::Reader> open(const job::Job& job, std::uint32_t document);
    [[nodiscard]] Result<Released> settle(const Result<job::Settled>& settled, std::string detail);

    Parts parts_;
};

}  // namespace safeq::service
