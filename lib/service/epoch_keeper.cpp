// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/epoch_keeper.hpp>

#include <algorithm>

namespace safeq::service {

Result<void> EpochKeeper::tick() {
    const std::scoped_lock lock{mutex_};
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<spool::EpochKeyEntry> entries, parts_.seeds.list());
    const bool covered = std::ranges::any_of(entries, [&](const spool::EpochKeyEntry& entry) {
        return !entry.kept && entry.covers(now) && now + parts_.rules.overlap < entry.not_after;
    });
    if (!covered) {
        SAFEQ_TRY(const spool::EpochId made, parts_.seeds.create(now, now + parts_.rules.length));
        SAFEQ_TRY_VOID(parts_.recorder.epoch_changed(made, true));
    }
    for (const spool::EpochKeyEntry& entry : entries) {
        if (entry.kept || entry.not_after + parts_.rules.hold >= now) continue;
        SAFEQ_TRY_VOID(parts_.recorder.epoch_changed(entry.id(), false));
        SAFEQ_TRY_VOID(parts_.seeds.destroy(entry.id()));
    }
    return {};
}

Result<std::string> EpochKeeper::signed_list() {
    const std::scoped_lock lock{mutex_};
    const Time now = parts_.clock.now();
    SAFEQ_TRY(std::vector<spool::EpochKeyEntry> entries, parts_.seeds.list());
    std::erase_if(entries, [&](const spool::EpochKeyEntry& entry) { return entry.not_after <= now; });
    last_sequence_ = std::max(last_sequence_, static_cast<std::uint64_t>(now.time_since_epoch().count()));
    return spool::EpochList::issue(parts_.tenant, last_sequence_, now, std::move(entries))
        .encode_signed(parts_.signer, parts_.signer_name);
}

}  // namespace safeq::service
