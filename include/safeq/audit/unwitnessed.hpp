// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/log_reader.hpp>

namespace safeq::audit {

/// What a log has that no witness has seen: it could still be dropped, by who owns the log's disk and key, and nobody
/// would tell.
struct Unwitnessed {
    std::uint64_t entries;
    Time since;  ///< when the first of them was recorded, or when the witness looked last, whichever is earlier

    friend bool operator==(const Unwitnessed&, const Unwitnessed&) = default;
};

/// Which entries of a log came after what a witness cosigned, at the time that `verify_cosignature` gave; nothing where
/// there are none. Their times are the log's own word, that of the cosignature is the witness's.
/// *Requires*: `now` was verified by `reader`'s entries, and continues `cosigned`.
/// *Errors*: those of the reader; those of `record_head` for an entry that is no record.
[[nodiscard]] Result<std::optional<Unwitnessed>> find_unwitnessed(LogReader& reader, const Checkpoint& now,
                                                                  const Checkpoint& cosigned, Time cosigned_at);

}  // namespace safeq::audit
