// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <safeq/service/epoch_keeper.hpp>
#include <safeq/store/epoch_folder.hpp>

namespace safeq::daemon {

/// Epoch seeds in their folder, and in the ring from which documents are opened.
class FolderSeeds final : public service::EpochSeeds {
public:
    FolderSeeds(store::EpochFolder& folder, spool::EpochRing& ring, TenantId tenant, const Clock& clock)
        : folder_{folder}, ring_{ring}, tenant_{tenant}, clock_{clock} {}

    [[nodiscard]] Result<std::vector<service::LivingEpoch>> list() override {
        // Nothing is sealed to a key that can't be opened with: one may be in the folder that didn't get into the ring.
        SAFEQ_TRY_VOID(load());
        std::vector<service::LivingEpoch> out;
        for (const store::Epoch& epoch : folder_.list(tenant_)) out.push_back({entry_of(epoch), epoch.ending});
        return out;
    }
    [[nodiscard]] Result<spool::EpochKeyEntry> create(
        Time not_before, Time not_after, bool kept,
        const std::function<Result<void>(const spool::EpochId&)>& record) override {
        loaded_ = false;
        SAFEQ_TRY(const store::Epoch made, folder_.create(tenant_, not_before, not_after, kept, record));
        SAFEQ_TRY_VOID(load());
        return entry_of(made);
    }
    [[nodiscard]] Result<void> retire(const spool::EpochId& epoch, Time now) override {
        return folder_.retire(tenant_, epoch, now);
    }
    [[nodiscard]] Result<void> condemn(const spool::EpochId& epoch) override { return folder_.condemn(tenant_, epoch); }
    [[nodiscard]] Result<void> destroy(const spool::EpochId& epoch) override {
        SAFEQ_TRY_VOID(load());
        // Also where old files could not be erased yet, or memory ran out: the folder has the key no longer, and
        // nothing may open with it. It is in the ring, and to take it out needs no memory.
        struct TakeOut {
            FolderSeeds& seeds;
            const spool::EpochId& epoch;
            ~TakeOut() {
                if (seeds.folder_.is_destroyed(seeds.tenant_, epoch)) seeds.ring_.destroy(epoch);
            }
        };
        const TakeOut afterwards{*this, epoch};
        return folder_.destroy(tenant_, epoch, clock_.now());
    }
    [[nodiscard]] Result<void> complete() override { return folder_.complete(); }
    [[nodiscard]] Result<std::uint64_t> next_sequence(std::uint64_t least) override {
        return folder_.next_sequence(least);
    }
    [[nodiscard]] service::Assurance assurance() const override {
        return folder_.hardware() ? service::Assurance::hardware : service::Assurance::best_effort;
    }

private:
    [[nodiscard]] Result<void> load() {
        if (!loaded_) SAFEQ_TRY_VOID(folder_.load(tenant_, ring_));
        loaded_ = true;
        return {};
    }
    [[nodiscard]] static spool::EpochKeyEntry entry_of(const store::Epoch& epoch) {
        return {.key = epoch.key, .not_before = epoch.not_before, .not_after = epoch.not_after, .kept = epoch.kept};
    }

    store::EpochFolder& folder_;
    spool::EpochRing& ring_;
    TenantId tenant_;
    const Clock& clock_;
    bool loaded_ = false;
};

}  // namespace safeq::daemon
