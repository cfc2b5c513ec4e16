// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <safeq/service/epoch_keeper.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_jobs.hpp"
#include "support/memory_spool.hpp"
#include "support/random.hpp"

namespace safeq::service::test_support {

template <class T>
T must(Result<T> result) {
    INFO((result ? std::string{} : result.error().message()));
    REQUIRE(result);
    return *std::move(result);
}

/// What a keeper of epochs works with, but for the seeds.
struct EpochWorld {
    ManualClock clock{Time{std::chrono::milliseconds{1'800'000'000'000}}};
    test::SeededRandom random{11};
    TenantId tenant = TenantId::make(clock, random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    spool::EpochRing ring;
    spool::IntakeTable intakes;
    test::MemoryBlobStore blobs;
    test::MemoryRepository repository;
    std::shared_ptr<test::MemoryDisk> disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore log_store{disk};
    std::unique_ptr<audit::Log> log = must(audit::Log::open(log_store, "release", signer));
    Recorder recorder{{tenant, *log, nullptr, clock, random}};
    Survivors survivors{{tenant, blobs, ring, intakes, repository, random}};

    [[nodiscard]] std::unique_ptr<EpochKeeper> keeper_of(EpochSeeds& seeds) { return keeper_of(seeds, survivors); }
    [[nodiscard]] std::unique_ptr<EpochKeeper> keeper_of(EpochSeeds& seeds, Survivors& moved_by) {
        return std::make_unique<EpochKeeper>(EpochKeeper::Parts{.tenant = tenant,
                                                                .seeds = seeds,
                                                                .survivors = moved_by,
                                                                .undisturbed = [](const auto& act) { return act(); },
                                                                .signer = signer,
                                                                .signer_name = "release",
                                                                .recorder = recorder,
                                                                .clock = clock,
                                                                .rules = epoch_rules_2026(std::chrono::hours{72})});
    }
};

}  // namespace safeq::service::test_support
