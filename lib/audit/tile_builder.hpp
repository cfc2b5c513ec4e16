// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <safeq/audit/log_store.hpp>
#include <safeq/audit/tile.hpp>

namespace safeq::audit {

/// The right edge of a tiled tree: takes entries, gives out the tiles and bundles that they fill. Holds at most one
/// unfinished tile a level and one bundle.
class TileBuilder {
public:
    /// The builder of the empty tree.
    TileBuilder() = default;

    /// Goes on from a published tree. *Errors*: those of the reader; `fork_detected` when the last bundle is not what
    /// the last tile commits to. Whether the tree is the right one is for the caller to compare: `head()`.
    [[nodiscard]] static Result<TileBuilder> resume(LogReader& reader, std::uint64_t size);

    /// Full tiles and bundles go to `files`. *Errors*: `too_large`; then nothing has changed.
    [[nodiscard]] Result<void> append(ByteView entry, std::vector<LogFile>& files);

    /// The partial tiles of the present size that were not given out before.
    void add_partials(std::vector<LogFile>& files);

    [[nodiscard]] std::uint64_t size() const noexcept { return range_.size(); }
    [[nodiscard]] TreeHead head() const { return range_.head(); }

private:
    struct Level {
        std::uint64_t full_tiles = 0;
        std::vector<Hash> hashes = {};
        std::size_t given_out = 0;  ///< how many hashes the last partial tile had
    };

    CompactRange range_;
    std::vector<Level> levels_;
    Bytes bundle_;
};

}  // namespace safeq::audit
