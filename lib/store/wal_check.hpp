// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <safeq/core/error.hpp>

namespace safeq::store::sqlite {

/// Whether SQLite would read the write-ahead log of this database to its end. It takes a log to end where its checksums
/// do, and can't tell a change that was cut off from one that was finished and has been damaged since: what follows is
/// dropped without a word. Here a log is damaged whose header is no header; where a frame lacks one bit to be whole;
/// and where behind a frame that isn't whole a later transaction begins, for none does before its predecessor is on
/// disk. What remains is damage of several bits in the last transaction of all, which may as well be one that was never
/// finished. To be called before the database is opened. The format: https://sqlite.org/fileformat2.html, section 4.
/// *Errors*: `malformed` with the offset; `io_failed`.
[[nodiscard]] Result<void> check_wal(const std::filesystem::path& database);

}  // namespace safeq::store::sqlite
