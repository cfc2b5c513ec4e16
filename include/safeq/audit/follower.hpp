// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/log_reader.hpp>
#include <safeq/audit/merkle.hpp>

namespace safeq::audit {

/// How far a log has been followed, as a value that the follower's owner keeps: all that is needed to notice any later
/// change of what was seen.
struct FollowerState {
    CompactRange seen = {};       ///< the entries taken so far
    std::string checkpoint = {};  ///< the latest signed note that was accepted; empty before the first

    /// One line of text each; canonical.
    [[nodiscard]] std::string encode() const;
    /// Accepts exactly what `encode()` writes. *Errors*: `malformed`, `too_large`.
    [[nodiscard]] static Result<FollowerState> parse(std::string_view text);

    friend bool operator==(const FollowerState&, const FollowerState&) = default;
};

/// Entries that are proved to be in the log, in order.
struct FollowedEntries {
    Index first;
    std::span<const ByteView> entries;
    const FollowerState& after;  ///< to be kept, in one transaction with what is made of the entries
};

/// Takes entries; an error stops following, and what was not kept comes again.
using EntrySink = std::function<Result<void>(const FollowedEntries&)>;

/// Whether following ended because the log contradicts what it signed, or doesn't serve what it signed, rather than
/// because it could not be reached: then it is not to be cosigned any more, and somebody must look.
[[nodiscard]] bool is_tampering(Errc code) noexcept;

/// Follows a log and notices everything that its owner could do to it: changed, dropped or inserted entries, a fork, an
/// older copy put in its place. Does no I/O of its own. *Threads*: one at a time.
class Follower {
public:
    Follower(crypto::NoteKey log, FollowerState state) : log_{std::move(log)}, state_{std::move(state)} {}

    /// Reads the log's checkpoint and goes to it, bundle by bundle; memory is bounded by one bundle. The sink is called
    /// for each bundle, and once with no entries when only the checkpoint is new.
    /// *Errors*: `signature_invalid`, `checkpoint_invalid`; `rollback` when the log is shorter than it was;
    /// `fork_detected` when it contradicts what it signed before; `proof_invalid` when tiles or entries don't belong to
    /// the checkpoint, are missing or no tiles at all: see `is_tampering`; other errors of the reader, which leave open
    /// what the log holds, and those of the sink. The state is then that after the last bundle taken.
    [[nodiscard]] Result<SignedCheckpoint> follow(LogReader& reader, const EntrySink& sink);

    /// The same with a checkpoint at hand.
    [[nodiscard]] Result<SignedCheckpoint> follow(std::string_view note, LogReader& reader, const EntrySink& sink);

    [[nodiscard]] const FollowerState& state() const noexcept { return state_; }
    [[nodiscard]] const crypto::NoteKey& log() const noexcept { return log_; }

private:
    crypto::NoteKey log_;
    FollowerState state_;
};

/// Verifies a whole log from its first entry: every entry, every tile, the checkpoint; gives out the entries to `sink`,
/// where there is one. *Errors*: as `Follower::follow`.
[[nodiscard]] Result<SignedCheckpoint> verify_log(LogReader& reader, const crypto::NoteKey& log,
                                                  const EntrySink& sink = {});

}  // namespace safeq::audit
