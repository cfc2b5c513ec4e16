// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <safeq/core/random.hpp>
#include <safeq/job/repository.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/header.hpp>
#include <safeq/spool/intakes.hpp>

namespace safeq::service {

/// What became of the files of one epoch.
struct Settlement {
    std::uint64_t moved = 0;  ///< files that this call has sealed to the other epoch; not those of one that failed
    /// Open jobs with a file that can't ever be moved: damaged, or not what it claims to be. Where it is missing, or
    /// says of no epoch that it is its own, the job is named at each end. And what was sent in an unknown intake's name
    /// and not taken.
    std::vector<JobId> lost;
};

/// Re-seals what outlives its epoch. *Threads*: one call at a time.
class Survivors final {
public:
    /// What moving files needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        spool::BlobStore& blobs;
        spool::EpochKeys& epochs;
        spool::KnownIntakes& intakes;
        job::Repository& repository;
        Random& random;
    };

    explicit Survivors(const Parts& parts) noexcept : parts_{parts} {}

    /// Moves every file of `from` to `to`, except those of jobs that have ended. Files whose job isn't taken yet move
    /// too. May be repeated: what is moved already isn't counted again.
    /// *Errors*: those of the blob store and the repository; `key_unknown` for a job's file, `epoch_unknown` and others
    /// that are no fault of a file: then some are moved and some not.
    [[nodiscard]] Result<Settlement> settle(const spool::EpochId& from, const spool::EpochPublicKey& to);

private:
    enum class Fate { other_epoch, unreadable, ended, moved, lost };
    [[nodiscard]] Result<Fate> settle(const spool::BlobName& name, const spool::EpochId& from,
                                      const spool::EpochPublicKey& to);
    /// Adds the open jobs of which a file isn't among those.
    [[nodiscard]] Result<void> add_incomplete(const std::set<spool::BlobName>& readable, std::set<JobId>& lost);
    /// Nothing: its intake is still sending it, or about to have it taken.
    [[nodiscard]] Result<std::optional<job::Job>> row_of(JobId job);

    Parts parts_;
};

}  // namespace safeq::service
