// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
        std::vector<service::LivingEpoch> out;
        for (const store::Epoch& epoch : folder_.list(tenant_)) out.push_back({entry_of(epoch), epoch.ending});
        return out;
    }
    [[nodiscard]] Result<spool::EpochKeyEntry> create(
        Time not_before, Time not_after, bool kept,
        const std::function<Result<void>(const spool::EpochId&)>& record) override {
        SAFEQ_TRY(const store::Epoch made, folder_.create(tenant_, not_before, not_after, kept, record));
        SAFEQ_TRY_VOID(folder_.load(tenant_, ring_));
        return entry_of(made);
    }
    [[nodiscard]] Result<void> retire(const spool::EpochId& epoch, Time now) override {
        return folder_.retire(tenant_, epoch, now);
    }
    [[nodiscard]] Result<void> condemn(const spool::EpochId& epoch) override { return folder_.condemn(tenant_, epoch); }
    [[nodiscard]] Result<void> destroy(const spool::EpochId& epoch) override {
        auto done = folder_.destroy(tenant_, epoch, clock_.now());
        // Also where old files could not be erased yet: the folder has the key no longer, and nothing may open with it.
        const auto destroyed = folder_.destroyed(tenant_);
        if (std::ranges::find(destroyed, epoch, &store::DestroyedEpoch::id) != destroyed.end()) ring_.destroy(epoch);
        return done;
    }
    [[nodiscard]] Result<void> complete() override { return folder_.complete(); }
    [[nodiscard]] Result<std::uint64_t> next_sequence(std::uint64_t least) override {
        return folder_.next_sequence(least);
    }
    [[nodiscard]] service::Assurance assurance() const override {
        return folder_.hardware() ? service::Assurance::hardware : service::Assurance::best_effort;
    }

private:
    [[nodiscard]] static spool::EpochKeyEntry entry_of(const store::Epoch& epoch) {
        return {.key = epoch.key, .not_before = epoch.not_before, .not_after = epoch.not_after, .kept = epoch.kept};
    }

    store::EpochFolder& folder_;
    spool::EpochRing& ring_;
    TenantId tenant_;
    const Clock& clock_;
};

}  // namespace safeq::daemon
