// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/epoch_keeper.hpp>

#include <algorithm>

#include <safeq/core/fail_point.hpp>

namespace safeq::service {
namespace {

// Of a list, for the keys that are made by themselves and those that ends need: far more than there are in a day.
constexpr std::size_t room_for_others = 8;

bool is_listed(const LivingEpoch& epoch, Time now) { return !epoch.ending && now < epoch.entry.not_after; }

}  // namespace

Result<spool::EpochKeyEntry> EpochKeeper::create(std::chrono::milliseconds length, bool kept) {
    const Time now = parts_.clock.now();
    const auto record = [&](const spool::EpochId& epoch) -> Result<void> {
        SAFEQ_TRY_VOID(parts_.recorder.epoch_created(epoch));
        SAFEQ_FAIL_POINT("keeper.creation_recorded");
        return {};
    };
    SAFEQ_TRY(spool::EpochKeyEntry made, parts_.seeds.create(now, now + length, kept, record));
    SAFEQ_FAIL_POINT("keeper.created");
    return made;
}

// The epoch to which survivors go, made when there is none.
Result<spool::EpochKeyEntry> EpochKeeper::shelter() {
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const LivingEpoch* found = nullptr;
    for (const LivingEpoch& epoch : epochs)
        if (epoch.entry.kept && !epoch.ending && epoch.entry.covers(now)) found = &epoch;
    if (found != nullptr) return found->entry;
    return create(parts_.rules.kept, true);
}

Result<void> EpochKeeper::cover(const std::vector<LivingEpoch>& epochs) {
    const Time now = parts_.clock.now();
    const bool covered = std::ranges::any_of(epochs, [&](const LivingEpoch& epoch) {
        return !epoch.entry.kept && !epoch.ending && epoch.entry.covers(now) &&
               now + parts_.rules.overlap < epoch.entry.not_after;
    });
    if (covered) return {};
    SAFEQ_TRY([[maybe_unused]] const spool::EpochKeyEntry made, create(parts_.rules.length, false));
    return {};
}

// While it ends, the others are listed, made and retired: moving its files may take long.
Result<Settlement> EpochKeeper::finish(const spool::EpochId& epoch) {
    const auto prepare = [&]() -> Result<spool::EpochKeyEntry> {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(parts_.seeds.condemn(epoch));
        SAFEQ_FAIL_POINT("keeper.condemned");
        return shelter();
    };
    SAFEQ_TRY(const spool::EpochKeyEntry to, prepare());
    SAFEQ_FAIL_POINT("keeper.sheltered");
    // Most of the work is done while jobs come and go; the rest, what came meanwhile, while none comes.
    SAFEQ_TRY(Settlement settled, parts_.survivors.settle(epoch, to.key));
    SAFEQ_FAIL_POINT("keeper.survivors_moved");
    const auto rest_and_end = [&]() -> Result<void> {
        SAFEQ_TRY(Settlement rest, parts_.survivors.settle(epoch, to.key));
        settled.moved += rest.moved;
        settled.lost = std::move(rest.lost);
        SAFEQ_TRY_VOID(parts_.recorder.epoch_destroyed(epoch, settled.moved, settled.lost, parts_.seeds.assurance()));
        SAFEQ_FAIL_POINT("keeper.end_recorded");
        return destroy(epoch, settled);
    };
    SAFEQ_TRY_VOID(parts_.undisturbed(rest_and_end));
    SAFEQ_FAIL_POINT("keeper.destroyed");
    return settled;
}

Result<void> EpochKeeper::destroy(const spool::EpochId& epoch, const Settlement& settled) {
    const std::scoped_lock lock{mutex_};
    auto destroyed = parts_.seeds.destroy(epoch);
    if (destroyed) return {};
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const auto is_it = [&](const LivingEpoch& living) { return living.entry.id() == epoch; };
    if (std::ranges::none_of(epochs, is_it)) left_.insert_or_assign(epoch, settled);
    return destroyed;
}

Time EpochKeeper::hard_end(const LivingEpoch& epoch) const {
    return epoch.entry.not_after + (epoch.entry.kept ? std::chrono::milliseconds{0} : parts_.rules.hold);
}

Result<void> EpochKeeper::begin() {
    const std::scoped_lock lock{mutex_};
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const auto sealed_to = [&](const LivingEpoch& one) {
        return !one.entry.kept && !one.ending && one.entry.covers(now);
    };
    if (std::ranges::any_of(epochs, sealed_to)) return {};
    SAFEQ_TRY([[maybe_unused]] const spool::EpochKeyEntry made, create(parts_.rules.length, false));
    return {};
}

Result<void> EpochKeeper::tick(Time by) {
    const std::scoped_lock one_end{ends_};
    std::vector<LivingEpoch> epochs;
    Result<void> outcome;
    {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY(epochs, parts_.seeds.list());
        // One that can't be made, erased or ended holds up no other's end.
        outcome = cover(epochs);
        if (auto erased = parts_.seeds.complete(); outcome) outcome = std::move(erased);
    }
    for (const LivingEpoch& epoch : epochs) {
        if (!epoch.ending && by <= hard_end(epoch)) continue;
        const auto settled = finish(epoch.entry.id());
        if (!settled && outcome) outcome = std::unexpected(settled.error());
    }
    return outcome;
}

Result<std::vector<LivingEpoch>> EpochKeeper::list() {
    const std::scoped_lock lock{mutex_};
    return parts_.seeds.list();
}

Result<spool::EpochKeyEntry> EpochKeeper::rotate() {
    const std::scoped_lock lock{mutex_};
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const auto listed = std::ranges::count_if(epochs, [&](const LivingEpoch& epoch) { return is_listed(epoch, now); });
    // A list that is too long is none: then no intake would have a key.
    if (static_cast<std::size_t>(listed) + room_for_others >= spool::max_epoch_list_keys)
        return fail(Errc::too_many, "epochs",
                    std::to_string(listed) + " are sealed to already: wait until some are over, or retire some");
    return create(parts_.rules.length, false);
}

Result<void> EpochKeeper::cover_without(const spool::EpochId& epoch) {
    SAFEQ_TRY(std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const auto gone = std::erase_if(epochs, [&](const LivingEpoch& living) { return living.entry.id() == epoch; });
    if (gone == 0) return fail(Errc::epoch_unknown, "epoch", epoch.text());
    return cover(epochs);
}

Result<Time> EpochKeeper::retire(const spool::EpochId& epoch) {
    const std::scoped_lock lock{mutex_};
    SAFEQ_TRY_VOID(cover_without(epoch));
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    for (LivingEpoch living : epochs) {
        if (living.entry.id() != epoch) continue;
        living.entry.not_after = std::min(living.entry.not_after, now);
        const Time ends = hard_end(living);
        SAFEQ_TRY_VOID(parts_.recorder.epoch_retired(epoch, ends));
        SAFEQ_TRY_VOID(parts_.seeds.retire(epoch, now));
        return ends;
    }
    return fail(Errc::epoch_unknown, "epoch", epoch.text());
}

Result<Settlement> EpochKeeper::end(const spool::EpochId& epoch) {
    const std::scoped_lock one_end{ends_};
    {
        const std::scoped_lock lock{mutex_};
        if (const auto left = left_.find(epoch); left != left_.end()) {
            SAFEQ_TRY_VOID(parts_.seeds.complete());
            return std::move(left_.extract(left).mapped());
        }
        SAFEQ_TRY_VOID(cover_without(epoch));
        SAFEQ_TRY_VOID(decide(epoch));
    }
    return finish(epoch);
}

// Once it is condemned it ends, whatever is answered: so the record of who wanted that comes first.
Result<void> EpochKeeper::decide(const spool::EpochId& epoch) {
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    const auto condemned = [&](const LivingEpoch& one) { return one.ending && one.entry.id() == epoch; };
    if (std::ranges::any_of(epochs, condemned)) return {};
    SAFEQ_TRY_VOID(parts_.recorder.epoch_retired(epoch, parts_.clock.now()));
    SAFEQ_FAIL_POINT("keeper.end_decided");
    return {};
}

Result<std::string> EpochKeeper::signed_list() {
    const std::scoped_lock lock{mutex_};
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const std::vector<LivingEpoch> epochs, parts_.seeds.list());
    std::vector<spool::EpochKeyEntry> entries;
    for (const LivingEpoch& epoch : epochs)
        if (is_listed(epoch, now)) entries.push_back(epoch.entry);
    const auto time = std::max(now, Time{}).time_since_epoch().count();
    SAFEQ_TRY(const std::uint64_t sequence, parts_.seeds.next_sequence(static_cast<std::uint64_t>(time)));
    return spool::EpochList::issue(parts_.tenant, sequence, now, std::move(entries))
        .encode_signed(parts_.signer, parts_.signer_name);
}

}  // namespace safeq::service
