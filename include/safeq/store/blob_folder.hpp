// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <safeq/spool/blob.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// Sealed files in a folder: written below `tmp/`, synced, renamed to their place, the folder synced. Files have mode
/// 0600, are never reached through a symbolic link, and one process at a time has the folder. What a blob has beyond
/// its first MiB is written by a thread of its own, with 1 MiB of memory, so that making and writing it overlap.
/// *Threads*: safe from several threads.
class BlobFolder final : public spool::BlobStore {
public:
    /// Makes the folder if its parent is there, and removes what an earlier process had not finished.
    /// `ops` must outlive the folder and all that it gives out. Blobs are refused (`disk_full`) as soon as they would
    /// leave fewer than `floor_bytes` free in the file system, so that there is room for the log and for ending well.
    /// *Errors*: `locked` when another process has it; `not_found`, `permission`, `disk_full`, `io_failed`.
    [[nodiscard]] static Result<std::unique_ptr<BlobFolder>> open(const std::filesystem::path& path,
                                                                  FileOps& ops = system_file_ops(),
                                                                  std::uint64_t floor_bytes = 0);
    /// For looking only, beside whoever has it: nothing is made, removed or locked, and what would change it fails with
    /// `permission`. *Errors*: `not_found` when it is missing; `permission`, `io_failed`.
    [[nodiscard]] static Result<std::unique_ptr<BlobFolder>> open_to_read(const std::filesystem::path& path,
                                                                          FileOps& ops = system_file_ops());
    ~BlobFolder() override;

    [[nodiscard]] Result<std::unique_ptr<spool::BlobSink>> create(const spool::BlobName& name) override;
    [[nodiscard]] Result<std::unique_ptr<spool::BlobSource>> open(const spool::BlobName& name) override;
    [[nodiscard]] Result<void> remove(const spool::BlobName& name) override;
    [[nodiscard]] Result<std::vector<spool::BlobName>> list() override;

    /// Below `quarantine/`.
    [[nodiscard]] Result<void> set_aside(const spool::BlobName& name) override;
    [[nodiscard]] Result<std::vector<spool::BlobName>> list_aside() override;

private:
    struct Impl;
    [[nodiscard]] Result<void> may_change() const;
    explicit BlobFolder(std::shared_ptr<Impl> impl) noexcept;
    std::shared_ptr<Impl> impl_;
};

}  // namespace safeq::store
