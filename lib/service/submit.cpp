// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/submit.hpp>

#include <algorithm>
#include <utility>

#include <safeq/core/fail_point.hpp>
#include <safeq/document/format.hpp>
#include <safeq/ipp/codec.hpp>

namespace safeq::service {
namespace {

using namespace std::chrono_literals;

constexpr const char* untitled = "Untitled";
constexpr auto incoming_timeout = 300s;  // Create-Job without a document
constexpr auto remembered = 1h;          // accepted here, as long as release doesn't tell
constexpr std::size_t max_remembered = 10'000;

// The attributes for the device, as a message of their own.
Bytes encode_attributes(const std::vector<ipp::Attribute>& attributes) {
    ipp::Message message{.version = {2, 0}, .code = 0, .request_id = 1, .groups = {}};
    ipp::Group& group = message.group(ipp::GroupTag::job);
    for (const ipp::Attribute& attribute : attributes) group.set(attribute);
    return ipp::encode(message);
}

// Undoes what was begun, unless it came to something.
template <class Undo>
struct Rollback {
    Undo undo;
    bool done = false;
    ~Rollback() {
        if (!done) undo();
    }
};

}  // namespace

/// Seals one document as it arrives.
class Submit::Sink final : public ipp::DocumentSink {
public:
    Sink(Submit& submit, Local local, spool::EpochPublicKey epoch, spool::Header header, spool::Writer writer)
        : submit_{submit},
          local_{std::move(local)},
          epoch_{epoch},
          header_{header},
          writer_{std::move(writer)},
          counter_{document::PageBudget::standard()} {}

    ~Sink() override {
        if (!begun_) return;
        const std::scoped_lock lock{submit_.mutex_};
        leave();
        const auto it = submit_.local_.find(local_.info.id);
        if (it == submit_.local_.end() || it->second.accepted) return;
        submit_.local_.erase(it);
    }

    /// Finds out what its owner has waiting; what comes in from now on counts against this document.
    Result<void> enter() {
        if (submit_.parts_.quota.bytes > 0) {
            SAFEQ_TRY(const Elsewhere elsewhere, submit_.elsewhere(local_.owner.subject));
            const std::scoped_lock lock{submit_.mutex_};
            used_ = submit_.usage(local_.owner.subject, elsewhere).bytes;
            Arriving& all = submit_.arriving_[local_.owner.subject];
            accepted_before_ = all.accepted;
            ++all.documents;
            bounded_ = true;
        }
        begun_ = true;
        return {};
    }

    Result<void> append(ByteView bytes) override {
        if (bytes.size() > submit_.parts_.max_document_bytes - bytes_) return fail(Errc::too_large, "document");
        if (!has_room(bytes.size())) return std::unexpected(submit_.over_quota(local_.owner.subject, "bytes"));
        if (head_.size() < document::sniff_bytes)
            head_.insert(head_.end(), bytes.begin(),
                         bytes.begin() +
                             static_cast<std::ptrdiff_t>(std::min(bytes.size(), document::sniff_bytes - head_.size())));
        if (!checked_ && head_.size() >= document::sniff_bytes) SAFEQ_TRY_VOID(check_format());
        bytes_ += bytes.size();
        counter_.append(bytes);
        SAFEQ_FAIL_POINT("submit.receiving");
        return writer_.append(bytes);
    }

    Result<ipp::JobInfo> finish() override {
        if (!checked_) SAFEQ_TRY_VOID(check_format());
        SAFEQ_TRY_VOID(std::move(writer_).finish());
        SAFEQ_FAIL_POINT("submit.document_sealed");
        auto done = accept();
        if (!done) take_back(done.error().code);
        return done;
    }

private:
    // Not acknowledged, so nothing may stay; what can't be removed now, the next start removes. But while nobody knows
    // whether the log has it, the ticket stays, alone: so that start sees that its client was refused.
    void take_back(Errc why) {
        const Parts& parts = submit_.parts_;
        const bool unknown = why == Errc::log_unavailable && !parts.recorder.ready();
        (void)parts.blobs.remove({local_.id, 1});
        if (!unknown) (void)parts.blobs.remove({local_.id, 0});
    }

    // What arrives in parallel counts together, each alone may fit; so does what was accepted since this one began.
    bool has_room(std::uint64_t more) {
        if (!bounded_) return true;
        const std::uint64_t most = submit_.parts_.quota.bytes;
        const std::scoped_lock lock{submit_.mutex_};
        Arriving& all = submit_.arriving_.at(local_.owner.subject);
        const std::uint64_t taken = used_ + (all.accepted - accepted_before_) + all.bytes;
        if (taken > most || more > most - taken) return false;
        all.bytes += more;
        counted_ += more;
        return true;
    }
    // With the mutex. Others that began before still know nothing of this one's bytes but what they find here.
    void settle() {
        if (!bounded_) return;
        Arriving& all = submit_.arriving_.at(local_.owner.subject);
        all.bytes -= counted_;
        all.accepted += std::exchange(counted_, 0);
    }
    // With the mutex.
    void leave() {
        if (!bounded_) return;
        const auto it = submit_.arriving_.find(local_.owner.subject);
        it->second.bytes -= counted_;
        if (--it->second.documents == 0) submit_.arriving_.erase(it);
    }

    Result<void> check_format() {
        const document::Format format = document::sniff(head_);
        checked_ = true;
        if (format == document::Format::unknown || format == document::Format::postscript)
            return fail(Errc::unsupported, "document", std::string{document::name(format)});
        format_ = document::mime_type(format);
        crypto::wipe(head_);
        return {};
    }

    Result<ipp::JobInfo> accept() {
        const Parts& parts = submit_.parts_;
        Ticket ticket{.ipp_id = local_.info.id,
                      .title = local_.info.name,
                      .user_name = local_.owner.name,
                      .format = format_,
                      .copies = static_cast<std::uint32_t>(std::max(1, local_.ticket.copies)),
                      .pages = counter_.finish(),
                      .bytes = bytes_,
                      .documents = 1,
                      .accepted = header_.created,
                      .attributes = encode_attributes(local_.ticket.attributes)};
        const std::string text = ticket.encode();
        // What the release server wouldn't read must not be acknowledged.
        if (const auto read = Ticket::parse(text); !read) return std::unexpected(read.error());
        spool::Header header = header_;
        header.document = 0;
        SAFEQ_TRY(auto sink, parts.blobs.create({local_.id, 0}));
        SAFEQ_TRY(spool::Writer writer,
                  spool::Writer::create(std::move(sink), header, epoch_, parts.signer, parts.random));
        SAFEQ_TRY_VOID(writer.append(as_bytes(text)));
        SAFEQ_TRY_VOID(std::move(writer).finish());
        SAFEQ_FAIL_POINT("submit.ticket_sealed");
        SAFEQ_TRY_VOID(parts.recorder.job_accepted({.job = local_.id,
                                                    .owner = local_.owner.subject,
                                                    .format = format_,
                                                    .bytes = bytes_,
                                                    .pages = ticket.pages,
                                                    .copies = ticket.copies,
                                                    .documents = 1}));
        SAFEQ_FAIL_POINT("submit.accepted");
        ipp::JobInfo info = local_.info;
        info.state = ipp::JobState::pending_held;
        info.reasons = {"job-release-wait"};
        info.k_octets = static_cast<std::int64_t>((bytes_ + 1023) / 1024);
        info.document_format = format_;
        if (ticket.pages) info.impressions = static_cast<std::int32_t>(*ticket.pages);
        ipp::JobInfo shown = info;  // so that what follows can't fail half-way
        parts.handover.add(local_.id, {.documents = 1, .owner = local_.owner.subject, .bytes = bytes_});
        {
            const std::scoped_lock lock{submit_.mutex_};
            Local& local = submit_.local_.try_emplace(info.id, local_).first->second;
            local.accepted = true;
            local.bytes = bytes_;
            settle();
            local.info = std::move(shown);
        }
        SAFEQ_FAIL_POINT("submit.queued");
        if (parts.taken) parts.taken();
        return info;
    }

    Submit& submit_;
    Local local_;
    spool::EpochPublicKey epoch_;
    spool::Header header_;
    spool::Writer writer_;
    document::PageCounter counter_;
    Bytes head_;
    bool checked_ = false;
    std::string format_;
    std::uint64_t bytes_ = 0;
    bool begun_ = false;                 // its job ends with it, unless it is accepted
    bool bounded_ = false;               // it counts in `arriving_`
    std::uint64_t used_ = 0;             // of the bound, when this one began
    std::uint64_t accepted_before_ = 0;  // of `Arriving::accepted`: what `used_` holds already
    std::uint64_t counted_ = 0;          // of this document, in `Arriving::bytes`
};

Submit::Submit(Parts parts) : parts_{std::move(parts)}, started_{parts_.clock.now()} {}
Submit::~Submit() = default;

ipp::PrinterInfo Submit::printer(const ipp::Caller& caller) {
    ipp::PrinterInfo out;
    const bool by_token = caller.path.starts_with("/ipp/t/");
    out.uris = {{.uri = parts_.base_uri + (by_token ? caller.path : "/ipp/print"),
                 .authentication = by_token ? "none" : "basic"}};
    out.uuid = parts_.instance;
    out.name = parts_.printer_name;
    out.info = "Secure printing: your documents wait, encrypted, until you sign in at a device";
    out.started = out.state_changed = out.config_changed = started_;
    out.queued_jobs = static_cast<std::int32_t>(parts_.handover.waiting());
    return out;
}

Result<void> Submit::validate(const ipp::Caller&, const ipp::JobTicket&) {
    SAFEQ_TRY(const spool::EpochPublicKey epoch, parts_.epochs.current());
    (void)epoch;
    return parts_.recorder.ready();
}

void Submit::sweep() {
    const std::scoped_lock lock{mutex_};
    forget_old(parts_.clock.now());
}

void Submit::forget_old(Time now) {
    // What the release server holds it tells, too: titles and names don't stay here.
    for (auto& [number, local] : local_) {
        if (!local.accepted || local.bare || parts_.handover.waits(local.id)) continue;
        local.bare = true;
        local.ticket = {};
        local.owner.name.clear();
        local.info.name = untitled;
        local.info.owner_name.clear();
        local.info.attributes.clear();
    }
    std::erase_if(local_, [&](const auto& entry) {
        const Local& local = entry.second;
        if (local.receiving && !local.accepted) return false;
        return local.info.created + (local.accepted ? Time::duration{remembered} : Time::duration{incoming_timeout}) <
               now;
    });
}

Result<Submit::Local> Submit::make_local(const ipp::Caller& caller, const ipp::JobTicket& ticket) {
    if (!caller.owner) return fail(Errc::denied, "job", "nobody showed who they are");
    Elsewhere there;
    if (parts_.quota.jobs > 0) {
        SAFEQ_TRY(there, elsewhere(caller.owner->subject));
    }
    SAFEQ_TRY_VOID(validate(caller, ticket));
    SAFEQ_TRY(const std::int32_t number, parts_.numbers.next());
    SAFEQ_FAIL_POINT("submit.numbered");
    Local local{.id = JobId::make(parts_.clock, parts_.random), .owner = *caller.owner, .ticket = ticket, .info = {}};
    const std::string& name = !ticket.job_name.empty() ? ticket.job_name : ticket.document_name;
    local.info = {.id = number,
                  .uuid = local.id,
                  .name = name.empty() ? untitled : name,
                  .owner_name = local.owner.name,
                  .state = ipp::JobState::pending_held,
                  .reasons = {"job-incoming"},
                  .document_format = ticket.document_format,
                  .created = parts_.clock.now(),
                  .attributes = ticket.attributes};
    const auto reserved = reserve(local, there);
    if (!reserved && reserved.error().code == Errc::too_many)
        return std::unexpected(over_quota(local.owner.subject, "jobs"));
    if (!reserved) return std::unexpected(reserved.error());
    return local;
}

Result<void> Submit::reserve(const Local& local, const Elsewhere& elsewhere) {
    const std::scoped_lock lock{mutex_};
    forget_old(parts_.clock.now());
    if (parts_.quota.jobs > 0 && usage(local.owner.subject, elsewhere).jobs >= parts_.quota.jobs)
        return fail(Errc::too_many, "quota");
    const auto incoming = std::ranges::count_if(local_, [](const auto& e) { return !e.second.accepted; });
    if (static_cast<std::size_t>(incoming) >= parts_.max_incoming ||
        local_.size() >= max_remembered + parts_.max_incoming)
        return fail(Errc::busy, "intake", "too many jobs wait for their documents");
    // Accepted ones are forgotten first when there are too many: the release server knows them.
    if (local_.size() >= max_remembered)
        if (const auto it = std::ranges::find_if(local_, [](const auto& e) { return e.second.accepted; });
            it != local_.end())
            local_.erase(it);
    local_.emplace(local.info.id, local);
    return {};
}

Result<std::unique_ptr<ipp::DocumentSink>> Submit::open_sink(const Local& local) {
    SAFEQ_TRY(const spool::EpochPublicKey epoch, parts_.epochs.current());
    const spool::Header header{.tenant = parts_.tenant,
                               .job = local.id,
                               .document = 1,
                               .owner = local.owner.subject,
                               .intake = parts_.instance,
                               .created = local.info.created};
    SAFEQ_TRY(auto sink, parts_.blobs.create({local.id, 1}));
    SAFEQ_TRY(spool::Writer writer,
              spool::Writer::create(std::move(sink), header, epoch, parts_.signer, parts_.random));
    auto out = std::make_unique<Sink>(*this, local, epoch, header, std::move(writer));
    SAFEQ_TRY_VOID(out->enter());
    return out;
}

Result<ipp::JobInfo> Submit::create_job(const ipp::Caller& caller, const ipp::JobTicket& ticket) {
    SAFEQ_TRY(const Local local, make_local(caller, ticket));
    return local.info;
}

Result<std::unique_ptr<ipp::DocumentSink>> Submit::print(const ipp::Caller& caller, const ipp::JobTicket& ticket) {
    SAFEQ_TRY(Local local, make_local(caller, ticket));
    local.receiving = true;
    {
        const std::scoped_lock lock{mutex_};
        local_[local.info.id].receiving = true;
    }
    // Nobody could send its document later.
    Rollback rollback{[&] {
        const std::scoped_lock lock{mutex_};
        local_.erase(local.info.id);
    }};
    SAFEQ_TRY(auto sink, open_sink(local));
    rollback.done = true;
    return sink;
}

Result<std::unique_ptr<ipp::DocumentSink>> Submit::open_document(const ipp::Caller& caller, std::int32_t job_id,
                                                                 const ipp::DocumentTicket& document) {
    Local local;
    {
        const std::scoped_lock lock{mutex_};
        forget_old(parts_.clock.now());
        const auto it = local_.find(job_id);
        if (it == local_.end() || !caller.owner || !reaches(*caller.owner, it->second.owner))
            return fail(Errc::not_found, "job");
        if (it->second.accepted || it->second.receiving)
            return fail(Errc::already_exists, "document", "the job has its document");
        if (it->second.ticket.job_name.empty() && !document.document_name.empty())
            it->second.info.name = document.document_name;
        local = it->second;
        local.receiving = it->second.receiving = true;
    }
    // It may be sent again.
    Rollback rollback{[&] {
        const std::scoped_lock lock{mutex_};
        if (const auto it = local_.find(job_id); it != local_.end()) it->second.receiving = false;
    }};
    SAFEQ_TRY(auto sink, open_sink(local));
    rollback.done = true;
    return sink;
}

}  // namespace safeq::service
