// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/unwitnessed.hpp>

#include <algorithm>

#include <safeq/audit/record.hpp>
#include <safeq/audit/tile.hpp>

namespace safeq::audit {

Result<std::optional<Unwitnessed>> find_unwitnessed(LogReader& reader, const Checkpoint& now,
                                                    const Checkpoint& cosigned, Time cosigned_at) {
    const std::uint64_t first = cosigned.head.size;
    if (now.head.size <= first) return std::nullopt;
    TileId tile{TileId::Kind::entries, 0, first / tile_width};
    tile.width = width_in_tree(0, tile.index, now.head.size);
    SAFEQ_TRY(const std::vector<Bytes> entries, read_entries(reader, tile));
    SAFEQ_TRY(const RecordHead head, record_head(entries.at(first % tile_width)));
    return Unwitnessed{.entries = now.head.size - first, .since = std::min(head.at, cosigned_at)};
}

}  // namespace safeq::audit
