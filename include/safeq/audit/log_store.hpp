// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <safeq/audit/log_reader.hpp>
#include <safeq/audit/merkle.hpp>

namespace safeq::audit {

/// A file of a log, to be written.
struct LogFile {
    std::string path;
    Bytes bytes;
};

/// Which entries the journal holds.
struct JournalExtent {
    Index first = 0;
    Index next = 0;  ///< one after the last

    friend bool operator==(const JournalExtent&, const JournalExtent&) = default;
};

/// Where a log is kept, by its one writer: a journal that makes entries durable at once, and the files that are
/// published. Holding one is holding the lock. *Threads*: `read` and `ready` at any time and from several threads; of
/// `append` and `rotate` only one call at a time; of `write`, `remove_partials` and `discard` likewise, beside those.
class LogStore : public LogReader {
public:
    /// Gives out the journal's entries in order; a last batch that was never acknowledged and is torn is not among
    /// them. Called once, before anything is appended. Nothing when there is no journal: the log is new.
    /// *Errors*: `malformed` when the journal is damaged elsewhere; those of `entry`, which end the replay.
    [[nodiscard]] virtual Result<std::optional<JournalExtent>> replay(
        const std::function<Result<void>(Index index, ByteView entry)>& entry) = 0;

    /// Makes entries durable, all or none, the first at index `first`.
    /// *Errors*: any; then either none of them is there, and the store goes on, or nobody knows, and then every later
    /// `append` and `ready` fails with `log_unavailable` until the log is opened anew.
    [[nodiscard]] virtual Result<void> append(Index first, std::span<const ByteView> entries) = 0;

    /// *Errors*: `log_unavailable`.
    [[nodiscard]] virtual Result<void> ready() = 0;

    /// Begins a new part of the journal, from index `next` on, once the present part is worth it.
    /// *Requires*: `next` follows the last entry. *Errors*: as `append`.
    [[nodiscard]] virtual Result<void> rotate(Index next) = 0;

    /// Forgets the parts of the journal whose entries are all below `before`; never the present one.
    [[nodiscard]] virtual Result<void> discard(Index before) = 0;

    /// Writes files, each whole or not at all, in place of older ones; all are durable when it returns.
    /// *Requires*: no path twice.
    [[nodiscard]] virtual Result<void> write(std::span<const LogFile> files) = 0;

    /// Removes the partial tiles beside a full one, whose path is given. None is no error.
    [[nodiscard]] virtual Result<void> remove_partials(const std::string& full_tile_path) = 0;
};

}  // namespace safeq::audit
