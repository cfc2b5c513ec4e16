// SPDX-License-Identifier: Apache-2.0
// What the log tells of jobs, and their titles.
#include <safeq/service/recorder.hpp>

#include <map>
#include <set>

#include "service/bounded.hpp"

namespace safeq::service {
namespace {

namespace field = audit::field;
using audit::Kind;

// The kind of record that tells of an event in a job's life.
Kind kind_of(job::Event event, job::State after) {
    switch (event) {
        case job::Event::release:
        case job::Event::print_again: return Kind::job_releasing;
        case job::Event::print:
        case job::Event::print_and_keep:
        case job::Event::accept_as_printed:
        case job::Event::accept_and_keep: return Kind::job_printed;
        case job::Event::lost: return Kind::job_uncertain;
        case job::Event::never_began:
        case job::Event::not_printed: return after == job::State::held ? Kind::job_failed : Kind::job_uncertain;
        case job::Event::unprintable: return Kind::job_failed;
        case job::Event::cancel: return Kind::job_cancelled;
        case job::Event::remove: return Kind::job_deleted;
        case job::Event::expire: return Kind::job_expired;
    }
    return Kind::job_failed;
}

Bytes title_context(const job::Job& job) {
    return ByteWriter{}.field("safeq/title/v1").field(job.tenant.bytes()).field(job.id.bytes()).take();
}

}  // namespace

Result<void> Recorder::job_accepted(const Accepted& accepted) {
    audit::Record out = record(Kind::job_accepted);
    out.id = audit::derive_record_id(Kind::job_accepted, parts_.tenant, accepted.job.bytes());
    out.job = accepted.job;
    out.subject = accepted.owner;
    out.add(field::format, accepted.format)
        .add(field::bytes, accepted.bytes)
        .add(field::copies, std::uint64_t{accepted.copies});
    out.add(field::documents, std::uint64_t{accepted.documents});
    if (accepted.pages) out.add(field::pages, std::uint64_t{*accepted.pages});
    return write(out);
}

Result<std::map<JobId, audit::Index>> Recorder::of_jobs(Kind kind, const std::set<JobId>& jobs) const {
    std::map<RecordId, JobId> records;
    std::set<RecordId> wanted;
    for (const JobId job : jobs) {
        const RecordId id = audit::derive_record_id(kind, parts_.tenant, job.bytes());
        records.emplace(id, job);
        wanted.insert(id);
    }
    SAFEQ_TRY(const auto found, parts_.log.find(std::move(wanted)));
    std::map<JobId, audit::Index> out;
    for (const auto& [id, index] : found) out.emplace(records.at(id), index);
    return out;
}

Result<std::map<JobId, SubjectId>> Recorder::accepted_among(const std::set<JobId>& jobs) const {
    SAFEQ_TRY(const auto found, of_jobs(Kind::job_accepted, jobs));
    std::map<JobId, SubjectId> out;
    for (const auto& [job, index] : found) {
        SAFEQ_TRY(const Bytes entry, parts_.log.entry(index));
        SAFEQ_TRY(const audit::Record accepted, audit::Record::parse(entry));
        if (!accepted.subject) return fail(Errc::malformed, "job_accepted", "without a subject");
        out.emplace(job, *accepted.subject);
    }
    return out;
}

Result<std::set<JobId>> Recorder::failed_among(const std::set<JobId>& jobs) const {
    SAFEQ_TRY(const auto found, of_jobs(Kind::job_failed, jobs));
    std::set<JobId> out;
    for (const auto& [job, index] : found) out.insert(job);
    return out;
}

Result<void> Recorder::job_held(const job::Job& job, std::string_view title, std::string_view user_name) {
    audit::Record out = record(Kind::job_held);
    out.id = audit::derive_record_id(Kind::job_held, parts_.tenant, job.id.bytes());
    out.job = job.id;
    out.subject = job.owner;
    out.add(field::format, job.document.format)
        .add(field::bytes, job.document.bytes)
        .add(field::copies, std::uint64_t{job.document.copies});
    out.add(field::documents, std::uint64_t{job.document.count});
    if (job.document.pages) out.add(field::pages, std::uint64_t{*job.document.pages});
    SAFEQ_TRY_VOID(add_personal(out, job.owner, field::title, title));
    SAFEQ_TRY_VOID(add_personal(out, job.owner, field::user_name, user_name));
    return write(out);
}

Result<void> Recorder::job_restricted(const job::Job& job, bool restricted) {
    audit::Record out = record(restricted ? Kind::job_restricted : Kind::job_unrestricted);
    out.job = job.id;
    out.subject = job.owner;
    return write(out);
}

Result<void> Recorder::job_restored(const job::Job& job) {
    audit::Record out = record(Kind::job_restored);
    out.job = job.id;
    out.subject = job.owner;
    return write(out);
}

Result<void> Recorder::job_kept(const job::Job& job, bool kept, Time expires) {
    audit::Record out = record(kept ? Kind::job_kept : Kind::job_unkept);
    out.job = job.id;
    out.subject = job.owner;
    out.add(field::expires, to_rfc3339(expires));
    return write(out);
}

Result<void> Recorder::quota_refused(SubjectId subject, std::string_view what) {
    audit::Record out = record(Kind::quota_refused);
    out.subject = subject;
    out.add(field::reason, what);
    return write(out);
}

Result<void> Recorder::orphan_removed(JobId job, std::string_view why) {
    audit::Record out = record(Kind::orphan_removed);
    out.job = job;
    out.add(field::reason, why);
    return write(out);
}

Result<void> Recorder::job_failed(JobId job, SubjectId owner, std::string_view why) {
    audit::Record out = record(Kind::job_failed);
    out.id = audit::derive_record_id(Kind::job_failed, parts_.tenant, job.bytes());
    out.job = job;
    out.subject = owner;
    out.add(field::reason, why).add(field::actor, job::name(job::Actor::system));
    return write(out);
}

Result<Bytes> Recorder::describe(const job::Happening& happening) {
    audit::Record out = record(kind_of(happening.event, happening.job.state));
    out.id = happening.record;
    out.at = happening.at;
    out.job = happening.job.id;
    out.subject = happening.job.owner;
    if (!happening.job.device.nil()) out.device = happening.job.device;
    if (happening.job.attempt > 0) out.add(field::attempt, happening.job.attempt);
    out.add(field::reason, job::name(happening.event)).add(field::actor, job::name(happening.actor));
    if (happening.printed != nullptr) {
        if (happening.printed->pages) out.add(field::pages, std::uint64_t{*happening.printed->pages});
        if (happening.printed->copies) out.add(field::copies, std::uint64_t{*happening.printed->copies});
        if (!happening.printed->device_message.empty())
            out.add(field::message, bounded(happening.printed->device_message));
    }
    return out.encode();
}

Bytes seal_title(const audit::SubjectKey& key, const job::Job& job, std::string_view title, Random& random) {
    const Bytes context = title_context(job);
    return audit::seal_under(key, {as_bytes(title)}, {context}, random);
}

Result<std::string> open_title(const audit::SubjectKey& key, const job::Job& job) {
    const Bytes context = title_context(job);
    SAFEQ_TRY(const Bytes text, audit::open_under(key, job.title, {context}));
    return std::string{as_text(text)};
}

}  // namespace safeq::service
