// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <safeq/crypto/sign.hpp>
#include <safeq/document/page_counter.hpp>
#include <safeq/ipp/printer_service.hpp>
#include <safeq/service/handover.hpp>
#include <safeq/service/ticket.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/writer.hpp>

namespace safeq::service {

/// Port: the epoch key to which new documents are sealed. *Threads*: safe from several threads.
class EpochSource {
public:
    virtual ~EpochSource() = default;
    /// *Errors*: `epoch_expired`, `unavailable` when no valid list is at hand: then nothing can be taken in.
    [[nodiscard]] virtual Result<spool::EpochPublicKey> current() = 0;

protected:
    EpochSource() = default;
    EpochSource(const EpochSource&) = default;
    EpochSource& operator=(const EpochSource&) = default;
};

/// Port: numbers by which IPP clients know jobs, from 1 to 2^31-1, none given twice by this intake, restarts included.
class JobNumbers {
public:
    virtual ~JobNumbers() = default;
    /// *Errors*: those of storage.
    [[nodiscard]] virtual Result<std::int32_t> next() = 0;

protected:
    JobNumbers() = default;
    JobNumbers(const JobNumbers&) = default;
    JobNumbers& operator=(const JobNumbers&) = default;
};

/// How much one person's documents may take while they wait, here and at the release server; 0: as much as they like.
struct UserQuota {
    std::size_t jobs = 0;
    std::uint64_t bytes = 0;  ///< of the documents, before sealing
};

/// The intake's use case: takes documents from IPP clients, seals them as they arrive, and hands them over. It can
/// write documents and never read them back. A job is acknowledged when its files and its leaf in the log are durable.
/// By a print token its owner reaches what came by that very token, as long as the job is remembered here: an hour at
/// the most, and not after a restart. By what shows the person they reach all of theirs.
/// *Threads*: safe from several threads.
class Submit final : public ipp::PrinterService {
public:
    /// What taking documents in needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        InstanceId instance;
        spool::BlobStore& blobs;
        EpochSource& epochs;
        JobNumbers& numbers;
        const crypto::SigningKey& signer;
        Recorder& recorder;
        Handover& handover;
        Upstream& upstream;
        const Clock& clock;
        Random& random;
        std::string base_uri;  ///< "ipps://host:port"
        std::string printer_name;
        std::uint64_t max_document_bytes;
        std::size_t max_incoming;  ///< jobs at a time that wait for their document
        /// Past it, jobs are refused (`too_many`) and that is recorded. While the release server can't be asked, what
        /// waits here counts alone.
        UserQuota quota = {};
        std::function<void()> taken;  ///< called when a job is to be handed over
    };

    explicit Submit(Parts parts);
    ~Submit() override;

    [[nodiscard]] ipp::PrinterInfo printer(const ipp::Caller& caller) override;
    [[nodiscard]] Result<void> validate(const ipp::Caller& caller, const ipp::JobTicket& ticket) override;
    [[nodiscard]] Result<ipp::JobInfo> create_job(const ipp::Caller& caller, const ipp::JobTicket& ticket) override;
    [[nodiscard]] Result<std::unique_ptr<ipp::DocumentSink>> open_document(
        const ipp::Caller& caller, std::int32_t job_id, const ipp::DocumentTicket& document) override;
    [[nodiscard]] Result<std::unique_ptr<ipp::DocumentSink>> print(const ipp::Caller& caller,
                                                                   const ipp::JobTicket& ticket) override;
    [[nodiscard]] Result<std::vector<ipp::JobInfo>> jobs(const ipp::Caller& caller,
                                                         const ipp::JobQuery& query) override;
    [[nodiscard]] Result<ipp::JobInfo> job(const ipp::Caller& caller, std::int32_t job_id) override;
    [[nodiscard]] Result<void> cancel(const ipp::Caller& caller, std::int32_t job_id) override;

    /// Forgets what it need not know any more: titles and names of jobs that were handed over, and jobs that are old.
    /// For a daemon to call now and then, so that nothing stays in memory because nobody prints.
    void sweep();

private:
    // A job from its creation until the release server tells about it, and, without title and names, for an hour.
    struct Local {
        JobId id;
        ipp::Owner owner;
        ipp::JobTicket ticket;
        ipp::JobInfo info;
        bool receiving = false;   ///< a document is on its way
        bool accepted = false;    ///< durable
        bool bare = false;        ///< handed over: its title and names are gone
        std::uint64_t bytes = 0;  ///< once accepted
    };
    class Sink;
    // What one person has on its way, for as long as one of the documents is.
    struct Arriving {
        std::size_t documents = 0;
        std::uint64_t bytes = 0;     ///< of documents that have not ended
        std::uint64_t accepted = 0;  ///< bytes of those that have, since the first of them began
    };
    // What waits at the release server, the jobs of ours that this has counted, or that don't wait any more, and what
    // was still to be handed over before the server was asked: that stays known when the job is forgotten.
    struct Elsewhere {
        job::Waiting waiting;
        std::set<JobId> counted;
        std::map<JobId, std::uint64_t> on_its_way;
    };

    // What the caller may know of what came in by that owner's credential.
    [[nodiscard]] static bool reaches(const ipp::Owner& caller, const ipp::Owner& came_by);
    [[nodiscard]] Result<Local> make_local(const ipp::Caller& caller, const ipp::JobTicket& ticket);
    [[nodiscard]] Result<std::unique_ptr<ipp::DocumentSink>> open_sink(const Local& local);
    [[nodiscard]] Result<void> reserve(const Local& local, const Elsewhere& elsewhere);
    [[nodiscard]] Result<Elsewhere> elsewhere(SubjectId owner);
    /// With the mutex. Without what is just arriving.
    [[nodiscard]] job::Waiting usage(SubjectId owner, const Elsewhere& elsewhere) const;
    [[nodiscard]] Error over_quota(SubjectId owner, const char* what);
    [[nodiscard]] Result<std::vector<ipp::JobInfo>> all_jobs(const ipp::Owner& owner);
    void forget_old(Time now);

    Parts parts_;
    Time started_;
    std::mutex mutex_;
    std::map<std::int32_t, Local> local_;
    std::map<SubjectId, Arriving> arriving_;
};

}  // namespace safeq::service
