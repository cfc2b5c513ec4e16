// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/release_desk.hpp>

#include <fmt/format.h>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/check.hpp>
#include <safeq/spool/envelope.hpp>

namespace safeq::service {
namespace {

using Kind = job::Outcome::Kind;

Delivered ended(Kind result, const Error& error) { return {.outcome = {.kind = result}, .detail = error.message()}; }

// A document that is damaged, gone, or whose key is destroyed stays as it is. All else passes, or an operator can mend
// it, and the job waits for that.
Kind kind_of(Errc code) {
    const bool for_good = spool::is_damage(code) || code == Errc::not_found || code == Errc::key_destroyed;
    return for_good ? Kind::unprintable : Kind::not_printed;
}

}  // namespace

// Ids of one tenant mean nothing in another, so that a mix-up is refused before anything is looked up.
Result<void> ReleaseDesk::check_tenant(TenantId tenant, std::string_view whose) const {
    if (tenant != parts_.tenant) return fail(Errc::denied, std::string{whose}, "of another tenant");
    return {};
}

Result<std::vector<OwnJob>> ReleaseDesk::jobs(const token::Session& session) {
    SAFEQ_TRY_VOID(check_tenant(session.tenant, "session"));
    SAFEQ_TRY(std::vector<job::Job> rows, parts_.jobs.list(parts_.tenant, session.subject));
    std::vector<OwnJob> out;
    if (rows.empty()) return out;
    SAFEQ_TRY(const audit::SubjectKey key, parts_.subjects.key(session.subject));
    for (job::Job& row : rows) {
        SAFEQ_TRY(std::string title, open_title(key, row));
        out.push_back({.job = std::move(row), .title = std::move(title)});
    }
    return out;
}

Result<spool::Reader> ReleaseDesk::open(const job::Job& job, std::uint32_t document) {
    const spool::Header expected{
        .tenant = job.tenant, .job = job.id, .document = document, .owner = job.owner, .intake = job.intake};
    SAFEQ_TRY(auto source, parts_.blobs.open({job.id, document}));
    // Before the reader asks who that intake is: one that the job isn't from won't ever be known.
    SAFEQ_TRY(const spool::ParsedEnvelope file, spool::inspect(*source));
    if (file.header().intake != job.intake) return fail(Errc::header_mismatch, "spool file", "of another intake");
    SAFEQ_TRY(spool::Reader reader, spool::Reader::open(std::move(source), expected, parts_.epochs, parts_.intakes));
    const crypto::Sha256Digest pin = reader.pin();
    if (job.pins.size() / pin.size() <= document ||
        !std::ranges::equal(ByteView{job.pins}.subspan(document * pin.size(), pin.size()), pin))
        return fail(Errc::header_mismatch, "spool file", "not the one that was taken");
    return reader;
}

Result<Released> ReleaseDesk::release(const token::Session& session, const job::Device& device, JobId id,
                                      job::Wish wish) {
    SAFEQ_TRY_VOID(check_tenant(session.tenant, "session"));
    SAFEQ_TRY_VOID(check_tenant(device.tenant, "device"));
    SAFEQ_TRY(job::ReleaseGrant grant, parts_.gate.request(session.subject, parts_.tenant, id, device.id, wish));
    SAFEQ_FAIL_POINT("desk.granted");
    SAFEQ_TRY(job::Releasing running, parts_.jobs.release(std::move(grant)));
    SAFEQ_FAIL_POINT("desk.begun");
    Delivered delivered = attempt(running, device);
    SAFEQ_FAIL_POINT("desk.attempted");
    return settle(parts_.jobs.finish(std::move(running), delivered.outcome), std::move(delivered.detail));
}

Delivered ReleaseDesk::attempt(const job::Releasing& running, const job::Device& device) {
    const job::Job& job = running.job();
    auto ticket_file = open(job, 0);
    if (!ticket_file) return ended(kind_of(ticket_file.error().code), ticket_file.error());
    std::string text;
    auto read = ticket_file->for_each([&](ByteView piece) -> Result<void> {
        if (piece.size() > Ticket::max_bytes - text.size()) return fail(Errc::too_large, "ticket");
        text += as_text(piece);
        return {};
    });
    if (!read) return ended(kind_of(read.error().code), read.error());
    const auto ticket = Ticket::parse(text);
    if (!ticket) return ended(Kind::unprintable, ticket.error());

    Delivered last{.outcome = {.kind = Kind::printed}, .detail = {}};
    for (std::uint32_t number = 1; number <= job.document.count; ++number) {
        auto reader = open(job, number);
        if (!reader) return ended(number == 1 ? kind_of(reader.error().code) : Kind::lost, reader.error());
        auto verified = reader->plaintext_bytes() <= verified_first ? reader->verify_all() : reader->verify_ends();
        if (!verified) return ended(number == 1 ? kind_of(verified.error().code) : Kind::lost, verified.error());

        SAFEQ_FAIL_POINT("desk.verified");
        // The fence is asked about once a second and before the last chunk: see docs/threat-model.md for the race that
        // remains.
        std::uint64_t index = 0;
        auto asked = parts_.steady();
        const auto next = [&]() -> Result<ByteView> {
            while (index < reader->chunk_count()) {
                const auto now = parts_.steady();
                if (index + 1 == reader->chunk_count() || now - asked >= std::chrono::seconds{1}) {
                    SAFEQ_TRY_VOID(parts_.jobs.check_fence(running));
                    asked = now;
                }
                SAFEQ_TRY(const ByteView piece, reader->chunk(index++));
                SAFEQ_FAIL_POINT("desk.sending");
                if (!piece.empty()) return piece;
            }
            return ByteView{};
        };
        last = parts_.delivery.deliver(
            {.device = device, .job = job.id, .ticket = *ticket, .bytes = reader->plaintext_bytes(), .next = next});
        SAFEQ_FAIL_POINT("desk.delivered");
        if (last.outcome.kind != Kind::printed)
            return number == 1 ? last : Delivered{.outcome = {.kind = Kind::lost}, .detail = last.detail};
    }
    return last;
}

Result<Released> ReleaseDesk::settle(const Result<job::Settled>& settled, std::string detail) {
    if (!settled) return std::unexpected(settled.error());
    if (job::is_terminal(settled->job.state) && settled->leaf == job::Leaf::durable)
        SAFEQ_TRY_VOID(discard(settled->job));
    return Released{.job = settled->job.id, .state = settled->job.state, .detail = std::move(detail)};
}

Result<Released> ReleaseDesk::accept_as_printed(const token::Session& session, JobId id) {
    SAFEQ_TRY_VOID(check_tenant(session.tenant, "session"));
    return settle(parts_.jobs.accept_as_printed(parts_.tenant, session.subject, id), {});
}

Result<job::Job> ReleaseDesk::keep(const token::Session& session, JobId id, bool kept) {
    SAFEQ_TRY_VOID(check_tenant(session.tenant, "session"));
    const Time expires = parts_.clock.now() + (kept ? parts_.retention.kept : parts_.retention.held);
    SAFEQ_TRY(const job::Job found, parts_.jobs.find(parts_.tenant, session.subject, id));
    if (found.state != job::State::held && found.state != job::State::uncertain)
        return fail(Errc::conflict, "job", std::string{"it is "} + std::string{job::name(found.state)});
    SAFEQ_TRY_VOID(parts_.recorder.job_kept(found, kept, expires));
    auto done = parts_.jobs.keep(parts_.tenant, session.subject, id, kept, expires);
    // It moved on in between: the record of what was not done is taken back by the one of how it is.
    if (!done) SAFEQ_TRY_VOID(parts_.recorder.job_kept(found, found.kept, found.expires));
    return done;
}

Result<void> ReleaseDesk::remove(const token::Session& session, JobId id) {
    SAFEQ_TRY_VOID(check_tenant(session.tenant, "session"));
    SAFEQ_TRY(const Released done, settle(parts_.jobs.remove(parts_.tenant, session.subject, id), {}));
    (void)done;
    return {};
}

Result<void> ReleaseDesk::discard(const job::Job& job) {
    // The ticket goes last: as long as it is there, a restart finds the job's other files through it.
    SAFEQ_FAIL_POINT("desk.discard");
    for (std::uint32_t number = job.document.count; number > 0; --number)
        SAFEQ_TRY_VOID(parts_.blobs.remove({job.id, number}));
    SAFEQ_FAIL_POINT("desk.documents_removed");
    return parts_.blobs.remove({job.id, 0});
}

}  // namespace safeq::service
