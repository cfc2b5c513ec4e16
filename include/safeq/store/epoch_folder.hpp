// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/root_keys.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// One epoch whose key is here; the times are those of its entry in the epoch list.
struct Epoch {
    spool::EpochId id;
    spool::EpochPublicKey key;
    TenantId tenant;
    Time not_before;
    Time not_after;
    bool kept = false;
    bool ending = false;  ///< its destruction has begun

    friend bool operator==(const Epoch&, const Epoch&) = default;
};

/// An epoch whose key was destroyed.
struct DestroyedEpoch {
    spool::EpochId id;
    TenantId tenant;
    Time destroyed;

    friend bool operator==(const DestroyedEpoch&, const DestroyedEpoch&) = default;
};

/// The release tier's epoch seeds in a folder: one file, wrapped under a root key that is kept elsewhere, or in a
/// second file. Destroying an epoch wraps the survivors under a fresh root key and then destroys the old one and
/// overwrites and unlinks the old file, so that no older copy of the wrapped seeds can be opened again. Which epochs
/// were destroyed stays on record, for the last 4096. Erasure by a root key in a file is best effort. *Threads*: safe
/// from several threads.
class EpochFolder final {
public:
    /// Makes the folder (0700) and a first root key if there is none; erases what a destruction that was cut off has
    /// left, as far as that can be done: the rest is left for `complete`.
    /// *Errors*: `locked` when another process has it; `permission`; `authentication_failed` when the root key does
    /// not open the seeds; `malformed`, also when there is a root key and its seeds are not here: it may be another
    /// folder's, and stays as it is; `bad_version`; `io_failed`, `disk_full`.
    [[nodiscard]] static Result<std::unique_ptr<EpochFolder>> open(const std::filesystem::path& path, Random& random,
                                                                   FileOps& ops = system_file_ops());
    /// The same with root keys of another kind; null for plain files in the folder.
    [[nodiscard]] static Result<std::unique_ptr<EpochFolder>> open(const std::filesystem::path& path, Random& random,
                                                                   std::unique_ptr<spool::RootKeys> roots,
                                                                   FileOps& ops = system_file_ops());
    ~EpochFolder();
    EpochFolder(const EpochFolder&) = delete;
    EpochFolder& operator=(const EpochFolder&) = delete;

    /// A new key, durable when this returns. A ring doesn't have it yet: `load` it again. `record`, where there is one,
    /// is called with its id before anything of it is on disk, and its failure is this one's. *Errors*:
    /// `invalid_argument` for times that run backwards; `too_many`; `disk_full`, `io_failed`.
    [[nodiscard]] Result<Epoch> create(TenantId tenant, Time not_before, Time not_after, bool kept = false,
                                       const std::function<Result<void>(const spool::EpochId&)>& record = {});

    /// The epochs of a tenant, by `not_before`, then id.
    [[nodiscard]] std::vector<Epoch> list(TenantId tenant) const;
    /// The destroyed epochs of a tenant that are still on record, the oldest first.
    [[nodiscard]] std::vector<DestroyedEpoch> destroyed(TenantId tenant) const;
    /// Whether the epoch is one of those; it needs no memory to tell.
    [[nodiscard]] bool is_destroyed(TenantId tenant, const spool::EpochId& epoch) const noexcept;

    /// Puts every key of the tenant into the ring, and tells it which are destroyed. *Errors*: those of the ring.
    [[nodiscard]] Result<void> load(TenantId tenant, spool::EpochRing& ring) const;

    /// Ends the epoch's time at `now` if it would end later, durably. *Errors*: as `condemn`.
    [[nodiscard]] Result<void> retire(TenantId tenant, const spool::EpochId& epoch, Time now);

    /// Marks the epoch as one that is to be destroyed, durably, so that who begins a destruction finds it again after a
    /// restart. There is no way back; its key can still be loaded. One that is marked or destroyed already is no error.
    /// *Errors*: `epoch_unknown`; `disk_full`, `io_failed`.
    [[nodiscard]] Result<void> condemn(TenantId tenant, const spool::EpochId& epoch);

    /// Destroys the key of the epoch: replaces the root key, then overwrites and unlinks the old files. The caller
    /// takes it out of its ring. One that is destroyed already is no error, so a call that failed may be repeated.
    /// *Errors*: `epoch_unknown` when it was never here; `disk_full`, `io_failed`: then it may or may not be destroyed,
    /// as `destroyed` tells, its old files being left for `complete`; and where not even that can be told, nothing more
    /// is changed until the folder is opened anew.
    [[nodiscard]] Result<void> destroy(TenantId tenant, const spool::EpochId& epoch, Time now);

    /// Overwrites and unlinks what destructions have left of old generations. *Errors*: `io_failed`, `disk_full`; then
    /// something is left.
    [[nodiscard]] Result<void> complete();

    /// A number for a signed list: at least `least`, and higher than any that was given out before, also before a
    /// restart; one sequence for all tenants. *Errors*: `too_large` when there are no more; `disk_full`, `io_failed`.
    [[nodiscard]] Result<std::uint64_t> next_sequence(std::uint64_t least);

    /// Whether a destruction here is one in hardware: see `spool::RootKeys::hardware`.
    [[nodiscard]] bool hardware() const noexcept;

private:
    [[nodiscard]] Result<void> change(TenantId tenant, const spool::EpochId& epoch,
                                      const std::function<void(Epoch&)>& how);

    struct Impl;
    explicit EpochFolder(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::store
