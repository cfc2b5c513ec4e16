// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <safeq/service/epoch_keeper.hpp>

namespace safeq::test {

/// Seeds that outlive the keeper, as their folder does; the step named by `fail_on` fails.
class MemoryEpochSeeds final : public service::EpochSeeds {
public:
    MemoryEpochSeeds(spool::EpochRing& ring, Random& random) : ring_{ring}, random_{random} {}

    Result<std::vector<service::LivingEpoch>> list() override { return living; }
    Result<spool::EpochKeyEntry> create(Time not_before, Time not_after, bool kept,
                                        const std::function<Result<void>(const spool::EpochId&)>& record) override {
        SAFEQ_TRY_VOID(step("create"));
        auto key = crypto::XwingPrivateKey::generate(random_);
        SAFEQ_TRY_VOID(record(spool::EpochId::of(key.public_key())));
        const spool::EpochKeyEntry entry{key.public_key(), not_before, not_after, kept};
        SAFEQ_TRY([[maybe_unused]] const auto id, ring_.add(std::move(key)));
        living.push_back({entry, false});
        return entry;
    }
    Result<void> retire(const spool::EpochId& epoch, Time now) override {
        SAFEQ_TRY_VOID(step("retire"));
        for (auto& one : living)
            if (one.entry.id() == epoch) one.entry.not_after = std::min(one.entry.not_after, now);
        return {};
    }
    Result<void> condemn(const spool::EpochId& epoch) override {
        SAFEQ_TRY_VOID(step("condemn"));
        for (auto& one : living)
            if (one.entry.id() == epoch) one.ending = true;
        return {};
    }
    Result<void> destroy(const spool::EpochId& epoch) override {
        SAFEQ_TRY_VOID(step("destroy"));
        std::erase_if(living, [&](const service::LivingEpoch& one) { return one.entry.id() == epoch; });
        ring_.destroy(epoch);
        traces = true;
        return complete();
    }
    Result<void> complete() override {
        if (traces) SAFEQ_TRY_VOID(step("erase"));
        traces = false;
        return {};
    }
    Result<std::uint64_t> next_sequence(std::uint64_t least) override {
        return sequence = std::max(sequence + 1, least);
    }
    [[nodiscard]] service::Assurance assurance() const override { return service::Assurance::hardware; }

    std::vector<service::LivingEpoch> living;
    std::string fail_on;
    bool traces = false;  ///< of a destroyed key
    std::uint64_t sequence = 0;

private:
    Result<void> step(std::string_view name) const {
        if (name == fail_on) return fail(Errc::io_failed, "seeds", std::string{name});
        return {};
    }
    spool::EpochRing& ring_;
    Random& random_;
};

}  // namespace safeq::test
