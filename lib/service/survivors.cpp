// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/survivors.hpp>

#include <algorithm>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/envelope.hpp>
#include <safeq/spool/reseal.hpp>

namespace safeq::service {
namespace {

// What a later try might bring to a good end: everything else is the file's own fault.
bool is_passing(Errc code) noexcept {
    switch (code) {
        case Errc::io_failed:
        case Errc::disk_full:
        case Errc::permission:
        case Errc::locked:
        case Errc::busy:
        case Errc::unavailable:
        case Errc::out_of_memory:
        case Errc::key_invalid: return true;  // `to` is no key
        default: return false;
    }
}

}  // namespace

Result<bool> Survivors::is_wanted(const spool::Header& header) {
    SAFEQ_TRY(const auto unit, parts_.repository.begin());
    const auto row = unit->find(parts_.tenant, header.job);
    if (row) return !job::is_terminal(row->state);
    if (row.error().code != Errc::not_found) return std::unexpected(row.error());
    return true;  // its intake is still sending it, or about to have it taken
}

Result<Survivors::Fate> Survivors::settle(const spool::BlobName& name, const spool::EpochId& from,
                                          const spool::EpochPublicKey& to) {
    auto source = parts_.blobs.open(name);
    if (!source) {
        if (source.error().code == Errc::not_found) return Fate::ended;  // removed meanwhile
        return std::unexpected(std::move(source).error());
    }
    const auto file = spool::inspect(**source);
    if (!file) {
        if (is_passing(file.error().code)) return std::unexpected(file.error());
        return Fate::other_epoch;  // it doesn't even say which
    }
    if (file->epoch() != from) return Fate::other_epoch;
    spool::Header expected = file->header();
    expected.tenant = parts_.tenant;
    expected.job = name.job;
    expected.document = name.document;
    SAFEQ_TRY(const bool wanted, is_wanted(expected));
    if (!wanted) return Fate::ended;

    SAFEQ_TRY(auto sink, parts_.blobs.create(name));
    const auto moved =
        spool::reseal(**source, std::move(sink), expected, parts_.epochs, parts_.intakes, to, parts_.random);
    if (!moved) {
        if (is_passing(moved.error().code)) return std::unexpected(moved.error());
        return Fate::lost;
    }
    SAFEQ_FAIL_POINT("survivors.moved");
    // A job that ended while its file was being written: its removal may have come before the new file.
    SAFEQ_TRY(const bool still_wanted, is_wanted(expected));
    if (still_wanted) return Fate::moved;
    SAFEQ_TRY_VOID(parts_.blobs.remove(name));
    return Fate::ended;
}

Result<Settlement> Survivors::settle(const spool::EpochId& from, const spool::EpochPublicKey& to) {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    Settlement out;
    for (const spool::BlobName& name : names) {
        SAFEQ_TRY(const Fate fate, settle(name, from, to));
        switch (fate) {
            case Fate::other_epoch:
            case Fate::ended: break;
            case Fate::moved: ++out.moved; break;
            case Fate::lost:
                // In ascending order, so that one job's files stand together.
                if (out.lost.empty() || out.lost.back() != name.job) out.lost.push_back(name.job);
                break;
        }
    }
    return out;
}

}  // namespace safeq::service
