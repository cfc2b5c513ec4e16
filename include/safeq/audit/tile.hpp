// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/log_reader.hpp>
#include <safeq/audit/merkle.hpp>

namespace safeq::audit {

/// Hashes in a full tile, entries in a full bundle.
inline constexpr unsigned tile_width = 256;
/// The largest entry that the bundle format can hold.
inline constexpr std::size_t max_bundle_entry_bytes = 65'535;

/// Which tile. *Source*: C2SP tlog-tiles.
struct TileId {
    /// What a tile holds: hashes of one level, or (as a bundle) the entries themselves.
    enum class Kind : std::uint8_t { hashes, entries };

    Kind kind = Kind::hashes;
    unsigned level = 0;  ///< 0 to 63; 0 for entries
    std::uint64_t index = 0;
    unsigned width = tile_width;  ///< 1 to 256; below 256 the tile is partial

    [[nodiscard]] bool partial() const noexcept { return width != tile_width; }
    [[nodiscard]] TileId full() const noexcept { return {kind, level, index, tile_width}; }

    /// "tile/1/x001/x234/067.p/12".
    [[nodiscard]] std::string path() const;
    /// Accepts exactly what `path()` writes. *Errors*: `malformed`.
    [[nodiscard]] static Result<TileId> parse(std::string_view path);

    friend bool operator==(const TileId&, const TileId&) = default;
};

/// How wide the tile at this place is in a tree of this size: 0 where there is none.
[[nodiscard]] unsigned width_in_tree(unsigned level, std::uint64_t index, std::uint64_t tree_size) noexcept;

/// The bytes of a tile: its hashes, one after the other.
[[nodiscard]] Bytes encode_hashes(std::span<const Hash> hashes);
/// *Errors*: `truncated`, `trailing_data` when `bytes` are not exactly `width` hashes.
[[nodiscard]] Result<std::vector<Hash>> parse_hashes(ByteView bytes, unsigned width);
/// The hash of the subtree over some hashes; their number is a power of two.
[[nodiscard]] Hash subtree_hash(std::span<const Hash> hashes);

/// Appends an entry to a bundle. *Errors*: `too_large`.
[[nodiscard]] Result<void> append_to_bundle(Bytes& bundle, ByteView entry);
/// The entries of a bundle, borrowed from it. *Errors*: `truncated`, `trailing_data`.
[[nodiscard]] Result<std::vector<ByteView>> parse_bundle(ByteView bundle, unsigned width);

/// Reads a tile; where a partial one is gone because the full one has taken its place, the beginning of that.
[[nodiscard]] Result<std::vector<Hash>> read_hashes(LogReader& reader, const TileId& tile);
/// The entries of one bundle, owned.
[[nodiscard]] Result<std::vector<Bytes>> read_entries(LogReader& reader, const TileId& tile);

/// The hashes of a published tree of some size, read from its tiles; the 256 tiles used last are remembered, in up to
/// 4 MiB. Nothing is verified: that is for the proofs made from them. *Threads*: one at a time.
class TileHashes final : public HashSource {
public:
    TileHashes(LogReader& reader, std::uint64_t tree_size);
    ~TileHashes();
    /// When the tree has grown. What is remembered of it stays true.
    void set_tree_size(std::uint64_t tree_size) noexcept;
    [[nodiscard]] Result<Hash> hash(unsigned level, std::uint64_t index) override;

private:
    struct Cache;
    LogReader& reader_;
    std::uint64_t tree_size_;
    std::unique_ptr<Cache> cache_;
};

}  // namespace safeq::audit
