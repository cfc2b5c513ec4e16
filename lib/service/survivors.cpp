// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/survivors.hpp>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/check.hpp>
#include <safeq/spool/envelope.hpp>
#include <safeq/spool/reseal.hpp>

namespace safeq::service {
namespace {

// Everything else may pass: an end of an epoch that waits is better than one that takes good files with it.
bool is_lost(Errc code) noexcept { return spool::is_damage(code) || code == Errc::key_destroyed; }

}  // namespace

Result<std::optional<job::Job>> Survivors::row_of(JobId job) {
    SAFEQ_TRY(const auto unit, parts_.repository.begin());
    auto row = unit->find(parts_.tenant, job);
    if (row) return *std::move(row);
    if (row.error().code != Errc::not_found) return std::unexpected(std::move(row).error());
    return std::nullopt;
}

Result<Survivors::Fate> Survivors::settle(const spool::BlobName& name, const spool::EpochId& from,
                                          const spool::EpochPublicKey& to) {
    auto source = parts_.blobs.open(name);
    if (!source) {
        if (source.error().code == Errc::not_found) return Fate::ended;  // removed meanwhile
        return std::unexpected(std::move(source).error());
    }
    const auto beginning = spool::read_preamble(**source);
    if (!beginning) {
        if (!is_lost(beginning.error().code)) return std::unexpected(beginning.error());
        return Fate::unreadable;  // it doesn't even say which epoch's it is
    }
    if (beginning->envelope.epoch != from) return Fate::other_epoch;
    SAFEQ_TRY(const auto row, row_of(name.job));
    if (row && job::is_terminal(row->state)) return Fate::ended;
    spool::Header expected = beginning->header;
    // Damaged or exchanged: to wait until such an intake is known would hold the end up for good.
    if (row && row->intake != expected.intake) return Fate::lost;
    expected.tenant = parts_.tenant;
    expected.job = name.job;
    expected.document = name.document;

    SAFEQ_TRY(auto sink, parts_.blobs.create(name));
    const auto moved =
        spool::reseal(**source, std::move(sink), expected, parts_.epochs, parts_.intakes, to, parts_.random);
    if (!moved) {
        // Nobody's: what an intake that isn't known has sent, nobody can take over.
        const bool nobodys = !row && moved.error().code == Errc::key_unknown;
        if (!nobodys && !is_lost(moved.error().code)) return std::unexpected(moved.error());
        return Fate::lost;
    }
    SAFEQ_FAIL_POINT("survivors.moved");
    // A job that ended while its file was being written: its removal may have come before the new file.
    SAFEQ_TRY(const auto row_now, row_of(name.job));
    if (!row_now || !job::is_terminal(row_now->state)) return Fate::moved;
    SAFEQ_TRY_VOID(parts_.blobs.remove(name));
    return Fate::ended;
}

Result<Settlement> Survivors::settle(const spool::EpochId& from, const spool::EpochPublicKey& to) {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    Settlement out;
    std::set<spool::BlobName> readable;
    std::set<JobId> lost;
    for (const spool::BlobName& name : names) {
        SAFEQ_TRY(const Fate fate, settle(name, from, to));
        if (fate != Fate::unreadable) readable.insert(name);
        if (fate == Fate::moved) ++out.moved;
        if (fate == Fate::lost) lost.insert(name.job);
    }
    SAFEQ_TRY_VOID(add_incomplete(readable, lost));
    out.lost.assign(lost.begin(), lost.end());
    return out;
}

// To be called after the files were listed: a job whose files were removed meanwhile is open no longer.
Result<void> Survivors::add_incomplete(const std::set<spool::BlobName>& readable, std::set<JobId>& lost) {
    job::JobFilter open{.states = job::StateSet::open(), .limit = 1000};
    for (bool more = true; more;) {
        SAFEQ_TRY(const auto unit, parts_.repository.begin());
        SAFEQ_TRY(const std::vector<job::Job> rows, unit->list(parts_.tenant, open));
        for (const job::Job& row : rows) {
            bool whole = true;
            for (std::uint32_t number = 0; number <= row.document.count && whole; ++number)
                whole = readable.contains({row.id, number});
            if (!whole) lost.insert(row.id);
            open.after = row.id;
        }
        more = rows.size() == open.limit;
    }
    return {};
}

}  // namespace safeq::service
