// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/custody.hpp>

#include <map>
#include <mutex>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/arrival.hpp>
#include <safeq/spool/check.hpp>
#include <safeq/spool/envelope.hpp>

namespace safeq::service {

namespace {
void add_pin(Bytes& pins, const spool::Reader& reader) {
    const crypto::Sha256Digest pin = reader.pin();
    pins.insert(pins.end(), pin.begin(), pin.end());
}

// What our own stores can't tell says nothing about the files: an intake must not take it for a verdict on them.
template <class T>
Result<T> of_ours(Result<T> result) {
    if (!result && (spool::is_damage(result.error().code) || result.error().code == Errc::internal))
        result.error().code = Errc::io_failed;
    return result;
}

}  // namespace

Result<bool> Custody::known(JobId job) {
    SAFEQ_TRY(const auto unit, of_ours(parts_.repository.begin()));
    const auto row = of_ours(unit->find(parts_.tenant, job));
    if (row) return true;
    if (row.error().code == Errc::not_found) return false;
    return std::unexpected(row.error());
}

Result<std::unique_ptr<spool::BlobSink>> Custody::receive(InstanceId intake, const spool::BlobName& name) {
    SAFEQ_TRY(const bool held, known(name.job));
    if (held) return fail(Errc::already_exists, "job", "it is held already");
    SAFEQ_TRY(auto sink, parts_.blobs.create(name));
    // Until it is taken nobody looks at it, and a file that nobody can place would be in the way of its epoch's end.
    const spool::Header expected{.tenant = parts_.tenant,
                                 .job = name.job,
                                 .document = name.document,
                                 .owner = {},
                                 .intake = intake,
                                 .created = {}};
    return spool::arrival(std::move(sink), expected, parts_.intakes);
}

Result<Ticket> Custody::read_ticket(const spool::Header& expected, Bytes& pins) {
    SAFEQ_TRY(auto source, parts_.blobs.open({expected.job, 0}));
    SAFEQ_TRY(spool::Reader reader, spool::Reader::open(std::move(source), expected, parts_.epochs, parts_.intakes));
    if (reader.plaintext_bytes() > Ticket::max_bytes) return fail(Errc::too_large, "ticket");
    std::string text;
    SAFEQ_TRY_VOID(reader.for_each([&](ByteView piece) {
        text += as_text(piece);
        return Result<void>{};
    }));
    add_pin(pins, reader);
    return Ticket::parse(text);
}

Result<void> Custody::undisturbed(const std::function<Result<void>()>& act) {
    const std::unique_lock lock{taking_};
    return act();
}

Result<void> Custody::take(InstanceId intake, JobId id) {
    const std::shared_lock lock{taking_};
    auto taken = take_what_opens(intake, id, nullptr);
    if (!taken && taken.error().code == Errc::key_destroyed) SAFEQ_TRY_VOID(discard(id));
    return taken;
}

Result<void> Custody::discard(JobId job) {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    for (const spool::BlobName& name : names)
        if (name.job == job) SAFEQ_TRY_VOID(parts_.blobs.remove(name));
    return {};
}

Result<void> Custody::take_what_opens(InstanceId intake, JobId id, const LoggedJob* lost) {
    SAFEQ_TRY(const bool held, known(id));
    if (held) return {};
    SAFEQ_FAIL_POINT("custody.take");

    SAFEQ_TRY(auto source, parts_.blobs.open({id, 0}));
    SAFEQ_TRY(const spool::ParsedEnvelope parsed, spool::inspect(*source));
    const spool::Header header = parsed.header();
    if (header.tenant != parts_.tenant || header.job != id)
        return fail(Errc::header_mismatch, "ticket", "of another tenant or job");
    if (header.intake != intake)
        return fail(Errc::denied, "ticket", "written by another intake than the one that sends it");
    Bytes pins;
    SAFEQ_TRY(const Ticket ticket, read_ticket(header, pins));

    for (std::uint32_t number = 1; number <= ticket.documents; ++number) {
        spool::Header expected = header;
        expected.document = number;
        SAFEQ_TRY(auto document, parts_.blobs.open({id, number}));
        SAFEQ_TRY(spool::Reader reader,
                  spool::Reader::open(std::move(document), expected, parts_.epochs, parts_.intakes));
        SAFEQ_TRY_VOID(reader.verify_ends());
        if (reader.header().intake != intake) return fail(Errc::denied, "document", "written by another intake");
        add_pin(pins, reader);
    }

    const auto owner = of_ours(parts_.accounts.find_by_subject(parts_.tenant, header.owner));
    if (!owner) {
        if (owner.error().code == Errc::not_found) return fail(Errc::denied, "ticket", "nobody knows its owner");
        return std::unexpected(owner.error());
    }
    SAFEQ_TRY(const audit::SubjectKey key, of_ours(parts_.subjects.key(header.owner)));

    job::Job job{.id = id,
                 .tenant = parts_.tenant,
                 .owner = header.owner,
                 .intake = intake,
                 .ipp_id = ticket.ipp_id,
                 .created = header.created,
                 .changed = parts_.clock.now(),
                 .expires = parts_.clock.now() + parts_.retention.held,
                 .document = {.format = ticket.format,
                              .bytes = ticket.bytes,
                              .pages = ticket.pages,
                              .copies = ticket.copies,
                              .count = ticket.documents},
                 .pins = std::move(pins)};
    job.title = seal_title(key, job, ticket.title, parts_.random);
    SAFEQ_FAIL_POINT("custody.verified");
    if (lost != nullptr) {
        job.restricted = lost->restricted;
        job.kept = lost->kept;
        if (job.kept) job.expires = parts_.clock.now() + parts_.retention.kept;
        SAFEQ_TRY_VOID(of_ours(parts_.recorder.job_restored(job)));
    } else {
        SAFEQ_TRY_VOID(of_ours(parts_.recorder.job_held(job, ticket.title, owner->name)));
    }
    SAFEQ_FAIL_POINT("custody.recorded");
    SAFEQ_TRY(const job::Insertion inserted, of_ours(parts_.jobs.take(job)));
    SAFEQ_FAIL_POINT("custody.taken");
    (void)inserted;
    return {};
}

Result<void> Custody::restore(JobId id, const LoggedJob& lost) {
    SAFEQ_TRY(const auto source, parts_.blobs.open({id, 0}));
    SAFEQ_TRY(const spool::ParsedEnvelope parsed, spool::inspect(*source));
    return take_what_opens(parsed.header().intake, id, &lost);
}

// Why no intake of ours would send these again, or nobody can tell; nothing where one has them.
std::optional<Error> Custody::not_ours(JobId job, std::span<const spool::BlobName> files) {
    for (const spool::BlobName& name : files) {
        if (name.job != job) continue;
        const auto source = parts_.blobs.open(name);
        if (!source) return source.error();
        const auto file = spool::inspect(**source);
        if (!file) {
            if (spool::is_damage(file.error().code)) continue;
            return file.error();
        }
        if (file->header().tenant != parts_.tenant) return Error{Errc::header_mismatch, "file", "of another tenant"};
        if (const auto intake = parts_.intakes.verifying_key(file->header().intake); !intake) return intake.error();
    }
    return std::nullopt;
}

// Whether its files stay.
Result<bool> Custody::sort_out(JobId job, std::span<const spool::BlobName> files, const LoggedJob& logged,
                               Swept& swept) {
    if (logged.ended) return false;
    if (!logged.held) {
        auto why = not_ours(job, files);
        const bool stays = why.has_value();
        if (stays) swept.left.emplace_back(job, *std::move(why));
        return stays;
    }
    if (logged.attempted) {
        swept.left.emplace_back(
            job, Error{Errc::conflict, "job", "the log has an attempt to print it, and the database doesn't know it"});
        return true;
    }
    auto restored = restore(job, logged);
    if (restored) {
        ++swept.restored;
        return true;
    }
    const Errc code = restored.error().code;
    if (code == Errc::log_unavailable) return std::unexpected(std::move(restored).error());
    // Nobody can ever open it: the key of its day is destroyed, or its owner was erased.
    if (code == Errc::key_destroyed) return false;
    swept.left.emplace_back(job, std::move(restored).error());
    return true;
}

Result<Custody::Swept> Custody::sweep() {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    std::map<JobId, bool> needed;
    std::set<JobId> unknown;
    for (const spool::BlobName& name : names) {
        if (needed.contains(name.job)) continue;
        SAFEQ_TRY(const auto unit, parts_.repository.begin());
        const auto row = unit->find(parts_.tenant, name.job);
        if (!row && row.error().code != Errc::not_found) return std::unexpected(row.error());
        needed.emplace(name.job, row && !job::is_terminal(row->state));
        if (!row) unknown.insert(name.job);
    }
    Swept swept;
    SAFEQ_TRY(const auto logged, read_jobs(parts_.log, unknown));
    for (const auto& [job, said] : logged) {
        SAFEQ_TRY(needed[job], sort_out(job, names, said, swept));
    }
    for (const spool::BlobName& name : names) {
        if (needed[name.job]) continue;
        SAFEQ_TRY_VOID(parts_.blobs.remove(name));
        ++swept.removed;
        SAFEQ_FAIL_POINT("custody.swept");
    }
    return swept;
}

}  // namespace safeq::service
