// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include <safeq/audit/log_store.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// The parts of a log's journal are begun anew after this many bytes.
inline constexpr std::size_t journal_part_bytes = 4 * 1024 * 1024;

/// A log in a folder of its own, as its one writer; the folder stays locked until the object goes. The files are those
/// of C2SP tlog-tiles below `path`, and the journal's. The folder is made if it is missing.
/// *Errors*: `locked` when another process has it; `permission`; `io_failed`; `malformed` for a damaged journal.
[[nodiscard]] Result<std::unique_ptr<audit::LogStore>> open_log_folder(const std::filesystem::path& path);
/// The same by other calls to the file system, which must outlive the store, and with parts of another size.
[[nodiscard]] Result<std::unique_ptr<audit::LogStore>> open_log_folder(const std::filesystem::path& path, FileOps& ops,
                                                                       std::size_t part_bytes = journal_part_bytes);

/// The published files of a log in a folder, for reading while its writer runs: serving, verifying.
/// *Errors*: `not_found`, `permission`, `io_failed`.
[[nodiscard]] Result<std::unique_ptr<audit::LogReader>> read_log_folder(const std::filesystem::path& path);

}  // namespace safeq::store
