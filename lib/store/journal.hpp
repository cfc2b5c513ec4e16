// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <safeq/audit/log_store.hpp>

#include "store/folder.hpp"

namespace safeq::store {

/// The journal of a log: files `journal.<first index>` in the log's folder, each a head and frames. One frame is one
/// `append`: mark, length, first index, count, entries, hash; it counts whole or not at all. The format is described in
/// docs/formats/audit_v1.md. *Threads*: as `audit::LogStore` says.
class Journal {
public:
    /// *Requires*: the folder outlives the journal, locked.
    Journal(const Folder& folder, std::size_t part_bytes) noexcept : folder_{folder}, part_bytes_{part_bytes} {}

    [[nodiscard]] Result<std::optional<audit::JournalExtent>> replay(
        const std::function<Result<void>(audit::Index, ByteView)>& entry);
    [[nodiscard]] Result<void> append(audit::Index first, std::span<const ByteView> entries);
    [[nodiscard]] Result<void> ready() const;
    [[nodiscard]] Result<void> rotate(audit::Index next);
    [[nodiscard]] Result<void> discard(audit::Index before);

private:
    struct Part {
        Part(File part_file, std::string part_name, std::size_t part_size)
            : file{std::move(part_file)}, name{std::move(part_name)}, bytes{part_size} {}
        File file;
        std::string name;
        std::size_t bytes;
    };

    [[nodiscard]] Result<void> begin_part(audit::Index first, ByteView frames);
    [[nodiscard]] Result<std::vector<audit::Index>> find_parts() const;
    [[nodiscard]] bool take_back();

    const Folder& folder_;
    const std::size_t part_bytes_;
    std::atomic<bool> poisoned_ = false;
    std::optional<Part> present_;
    audit::Index next_ = 0;

    std::mutex mutex_;                 ///< guards what appending and discarding both use
    std::vector<audit::Index> parts_;  ///< first index of each part, ascending
};

}  // namespace safeq::store
