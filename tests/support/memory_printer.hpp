// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <safeq/core/clock.hpp>
#include <safeq/ipp/printer_service.hpp>

namespace safeq::test {

/// A printer in memory: takes jobs, keeps their documents and never prints. Jobs belong to their owner; without owners,
/// to everyone.
class MemoryPrinter final : public ipp::PrinterService {
public:
    struct Job {
        ipp::JobInfo info;
        ipp::JobTicket ticket;
        std::optional<SubjectId> owner;
        bool has_document = false;
        Bytes document;
    };

    explicit MemoryPrinter(const Clock& clock) : clock_{clock} {
        info.uris = {{"ipps://localhost:8631/ipp/print", "basic", "tls"}};
        info.name = "memory";
        info.info = "A printer in memory";
        info.location = "nowhere";
        info.make_and_model = "Memory Printer";
        info.started = info.state_changed = info.config_changed = clock.now();
    }

    // What the tests look at and change between calls.
    ipp::PrinterInfo info;
    std::map<std::int32_t, Job> all;
    std::optional<Error> next_error;  ///< what the next call but `printer` fails with
    std::size_t max_document = 64 * 1024 * 1024;

    ipp::PrinterInfo printer(const ipp::Caller&) override {
        const std::scoped_lock lock{mutex_};
        ipp::PrinterInfo now = info;
        now.queued_jobs = static_cast<std::int32_t>(
            std::ranges::count_if(all, [](const auto& entry) { return !ipp::ended(entry.second.info.state); }));
        return now;
    }

    Result<void> validate(const ipp::Caller&, const ipp::JobTicket&) override {
        const std::scoped_lock lock{mutex_};
        return fault();
    }

    Result<ipp::JobInfo> create_job(const ipp::Caller& caller, const ipp::JobTicket& ticket) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        Job& job = add(caller, ticket);
        job.info.reasons = {"job-incoming"};
        return job.info;
    }

    Result<std::unique_ptr<ipp::DocumentSink>> open_document(const ipp::Caller& caller, std::int32_t job_id,
                                                             const ipp::DocumentTicket& document) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        SAFEQ_TRY(Job* const job, find(caller, job_id));
        if (job->has_document) return fail(Errc::already_exists, "job", "has its document");
        if (ipp::ended(job->info.state)) return fail(Errc::conflict, "job", "has ended");
        job->info.document_format = document.document_format;
        return std::make_unique<Sink>(*this, job_id);
    }

    Result<std::unique_ptr<ipp::DocumentSink>> print(const ipp::Caller& caller, const ipp::JobTicket& ticket) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        return std::make_unique<Sink>(*this, caller, ticket);
    }

    Result<std::vector<ipp::JobInfo>> jobs(const ipp::Caller& caller, const ipp::JobQuery& query) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        std::vector<ipp::JobInfo> out;
        for (const auto& [id, job] : all)
            if (may_see(caller, job) && ipp::matches(query.which, job.info.state)) out.push_back(job.info);
        if (query.which != ipp::WhichJobs::not_completed) std::ranges::reverse(out);
        return out;
    }

    Result<ipp::JobInfo> job(const ipp::Caller& caller, std::int32_t job_id) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        SAFEQ_TRY(const Job* const found, find(caller, job_id));
        return found->info;
    }

    Result<void> cancel(const ipp::Caller& caller, std::int32_t job_id) override {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(fault());
        SAFEQ_TRY(Job* const found, find(caller, job_id));
        if (ipp::ended(found->info.state)) return fail(Errc::conflict, "job", "has ended");
        end(*found, ipp::JobState::canceled, "job-canceled-by-user");
        return {};
    }

    /// Lets a held job end, as if it had been printed.
    void complete(std::int32_t job_id) {
        const std::scoped_lock lock{mutex_};
        Job& job = all.at(job_id);
        job.info.processing = clock_.now();
        job.info.impressions_completed = 1;
        end(job, ipp::JobState::completed, "job-completed-successfully");
    }

private:
    class Sink final : public ipp::DocumentSink {
    public:
        Sink(MemoryPrinter& printer, ipp::Caller caller, ipp::JobTicket ticket)
            : printer_{printer}, caller_{std::move(caller)}, ticket_{std::move(ticket)} {}
        Sink(MemoryPrinter& printer, std::int32_t job_id) : printer_{printer}, job_id_{job_id} {}

        Result<void> append(ByteView bytes) override {
            if (bytes.size() > printer_.max_document - document_.size()) return fail(Errc::too_large, "document");
            document_.insert(document_.end(), bytes.begin(), bytes.end());
            return {};
        }

        Result<ipp::JobInfo> finish() override {
            const std::scoped_lock lock{printer_.mutex_};
            SAFEQ_TRY_VOID(printer_.fault());
            Job& job = job_id_ > 0 ? printer_.all.at(job_id_) : printer_.add(caller_, ticket_);
            job.has_document = true;
            job.info.k_octets = static_cast<std::int64_t>((document_.size() + 1023) / 1024);
            job.info.documents = 1;
            job.info.reasons = {"job-held-for-release"};
            job.document = std::move(document_);
            return job.info;
        }

    private:
        MemoryPrinter& printer_;
        ipp::Caller caller_;
        ipp::JobTicket ticket_;
        std::int32_t job_id_ = 0;
        Bytes document_;
    };

    Result<void> fault() {
        if (!next_error) return {};
        return std::unexpected{*std::exchange(next_error, std::nullopt)};
    }

    static bool may_see(const ipp::Caller& caller, const Job& job) {
        return !job.owner || (caller.owner && caller.owner->subject == *job.owner);
    }

    Result<Job*> find(const ipp::Caller& caller, std::int32_t job_id) {
        const auto found = all.find(job_id);
        if (found == all.end() || !may_see(caller, found->second)) return fail(Errc::not_found, "job");
        return &found->second;
    }

    Job& add(const ipp::Caller& caller, const ipp::JobTicket& ticket) {
        const std::int32_t id = all.empty() ? 1 : all.rbegin()->first + 1;
        Job& job = all[id];
        job.ticket = ticket;
        if (caller.owner) job.owner = caller.owner->subject;
        job.info.id = id;
        IdBytes uuid{};
        uuid.back() = static_cast<std::byte>(id);
        job.info.uuid = JobId{uuid};
        job.info.name = ticket.job_name;
        job.info.owner_name = caller.owner ? caller.owner->name : ticket.requesting_user_name;
        job.info.state = ipp::JobState::pending_held;
        job.info.documents = 0;
        job.info.document_format = ticket.document_format;
        job.info.created = clock_.now();
        job.info.attributes = ticket.attributes;
        return job;
    }

    void end(Job& job, ipp::JobState state, std::string reason) {
        job.info.state = state;
        job.info.reasons = {std::move(reason)};
        job.info.completed = clock_.now();
    }

    const Clock& clock_;
    std::mutex mutex_;
};

}  // namespace safeq::test
