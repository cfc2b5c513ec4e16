// SPDX-License-Identifier: Apache-2.0
#include "audit/tile_builder.hpp"

namespace safeq::audit {

Result<TileBuilder> TileBuilder::resume(LogReader& reader, std::uint64_t size) {
    TileBuilder builder;
    TileHashes hashes{reader, size};
    SAFEQ_TRY(builder.range_, compact_range(hashes, size));
    std::uint64_t in_level = size;
    for (unsigned level = 0; in_level != 0; ++level, in_level /= tile_width) {
        Level& edge = builder.levels_.emplace_back();
        edge.full_tiles = in_level / tile_width;
        edge.given_out = in_level % tile_width;
        if (edge.given_out == 0) continue;
        const auto width = static_cast<unsigned>(edge.given_out);
        SAFEQ_TRY(edge.hashes, read_hashes(reader, {TileId::Kind::hashes, level, edge.full_tiles, width}));
        if (level != 0) continue;
        SAFEQ_TRY(const std::vector<Bytes> entries,
                  read_entries(reader, {TileId::Kind::entries, 0, edge.full_tiles, width}));
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (leaf_hash(entries[i]) != edge.hashes[i])
                return fail(Errc::fork_detected, "log", "the last bundle is not what the last tile commits to");
            SAFEQ_TRY_VOID(append_to_bundle(builder.bundle_, entries[i]));
        }
    }
    return builder;
}

Result<void> TileBuilder::append(ByteView entry, std::vector<LogFile>& files) {
    SAFEQ_TRY_VOID(append_to_bundle(bundle_, entry));
    Hash hash = leaf_hash(entry);
    range_.append(hash);
    for (unsigned level = 0;; ++level) {
        if (level == levels_.size()) levels_.emplace_back();
        Level& edge = levels_[level];
        edge.hashes.push_back(hash);
        if (edge.hashes.size() < tile_width) return {};
        // The bundle goes before the tile that commits to it.
        if (level == 0)
            files.push_back({TileId{TileId::Kind::entries, 0, edge.full_tiles}.path(), std::exchange(bundle_, {})});
        files.push_back({TileId{TileId::Kind::hashes, level, edge.full_tiles}.path(), encode_hashes(edge.hashes)});
        hash = subtree_hash(edge.hashes);
        edge = {.full_tiles = edge.full_tiles + 1};
    }
}

void TileBuilder::add_partials(std::vector<LogFile>& files) {
    for (unsigned level = 0; level < levels_.size(); ++level) {
        Level& edge = levels_[level];
        if (edge.hashes.size() == edge.given_out) continue;
        edge.given_out = edge.hashes.size();
        const auto width = static_cast<unsigned>(edge.given_out);
        if (level == 0) files.push_back({TileId{TileId::Kind::entries, 0, edge.full_tiles, width}.path(), bundle_});
        files.push_back(
            {TileId{TileId::Kind::hashes, level, edge.full_tiles, width}.path(), encode_hashes(edge.hashes)});
    }
}

}  // namespace safeq::audit
