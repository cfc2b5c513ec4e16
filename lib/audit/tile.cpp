// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/tile.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

namespace safeq::audit {
namespace {

constexpr std::string_view where = "tile";
constexpr unsigned max_level = 63;
constexpr unsigned levels_of_tile = 8;
constexpr std::size_t remembered_tiles = 256;  // of 16 KiB each: all but the leaves of ten million entries
constexpr std::size_t hash_bytes = sizeof(Hash);

std::unexpected<Error> malformed(std::string_view path) {
    return fail(Errc::malformed, "tile path", std::string{path.substr(0, 64)});
}

template <class Number>
std::optional<Number> decimal(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// "x001/x234/067"
std::optional<std::uint64_t> parse_index(std::string_view text) {
    constexpr std::size_t max_text = 5 * 5 + 3;  // six groups: 10^18 tiles are more than any tree has
    if (text.size() > max_text) return std::nullopt;
    std::uint64_t index = 0;
    std::size_t groups = 0;
    for (bool last = false; !last;) {
        const std::size_t slash = text.find('/');
        last = slash == std::string_view::npos;
        std::string_view group = text.substr(0, slash);
        if (!last) {
            if (!group.starts_with('x')) return std::nullopt;
            group.remove_prefix(1);
            text.remove_prefix(slash + 1);
        }
        if (group.size() != 3 || ++groups > 6) return std::nullopt;
        const auto number = decimal<std::uint64_t>(group);
        if (!number) return std::nullopt;
        index = index * 1000 + *number;
    }
    return index;
}

// A partial tile's bytes, or those of the full one that has taken its place.
Result<std::pair<Bytes, unsigned>> read_either(LogReader& reader, const TileId& tile) {
    Result<Bytes> bytes = reader.read(tile.path());
    if (!bytes && tile.partial() && bytes.error().code == Errc::not_found) {
        SAFEQ_TRY(Bytes full, reader.read(tile.full().path()));
        return std::pair{std::move(full), tile_width};
    }
    if (!bytes) return std::unexpected(std::move(bytes).error());
    return std::pair{*std::move(bytes), tile.width};
}

// The hashes, then those of each two, four, eight … of them, as far as they go.
std::vector<std::vector<Hash>> rows_of(std::vector<Hash> hashes) {
    NodeHasher node;
    std::vector<std::vector<Hash>> rows;
    rows.push_back(std::move(hashes));
    while (rows.back().size() > 1) {
        const std::vector<Hash>& below = rows.back();
        std::vector<Hash> row(below.size() / 2);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = node(below[2 * i], below[2 * i + 1]);
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

std::string TileId::path() const {
    std::string number = fmt::format("{:03}", index % 1000);
    for (std::uint64_t rest = index / 1000; rest != 0; rest /= 1000)
        number = fmt::format("x{:03}/{}", rest % 1000, number);
    std::string path = kind == Kind::entries ? "tile/entries/" + number : fmt::format("tile/{}/{}", level, number);
    if (partial()) path += fmt::format(".p/{}", width);
    return path;
}

Result<TileId> TileId::parse(std::string_view path) {
    constexpr std::string_view prefix = "tile/";
    if (!path.starts_with(prefix)) return malformed(path);
    std::string_view rest = path.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return malformed(path);
    TileId tile;
    if (const std::string_view level = rest.substr(0, slash); level == "entries") {
        tile.kind = Kind::entries;
    } else {
        const auto number = decimal<unsigned>(level);
        if (!number || *number > max_level) return malformed(path);
        tile.level = *number;
    }
    rest.remove_prefix(slash + 1);
    if (const std::size_t dot = rest.find(".p/"); dot != std::string_view::npos) {
        const auto width = decimal<unsigned>(rest.substr(dot + 3));
        if (!width || *width == 0 || *width >= tile_width) return malformed(path);
        tile.width = *width;
        rest = rest.substr(0, dot);
    }
    const auto index = parse_index(rest);
    if (!index) return malformed(path);
    tile.index = *index;
    if (tile.path() != path) return malformed(path);
    return tile;
}

unsigned width_in_tree(unsigned level, std::uint64_t index, std::uint64_t tree_size) noexcept {
    if (level >= 8) return 0;  // 256^8 leaves would not fit into 64 bits
    const std::uint64_t hashes = tree_size >> (levels_of_tile * level);
    if (index > hashes / tile_width) return 0;
    return static_cast<unsigned>(std::min<std::uint64_t>(tile_width, hashes - index * tile_width));
}

Bytes encode_hashes(std::span<const Hash> hashes) {
    ByteWriter out;
    for (const Hash& hash : hashes) out.bytes(hash);
    return out.take();
}

Result<std::vector<Hash>> parse_hashes(ByteView bytes, unsigned width) {
    if (bytes.size() < width * hash_bytes) return fail(Errc::truncated, std::string{where});
    if (bytes.size() > width * hash_bytes) return fail(Errc::trailing_data, std::string{where});
    std::vector<Hash> hashes(width);
    for (std::size_t i = 0; i < width; ++i) std::memcpy(hashes[i].data(), bytes.data() + i * hash_bytes, hash_bytes);
    return hashes;
}

Hash subtree_hash(std::span<const Hash> hashes) { return rows_of({hashes.begin(), hashes.end()}).back().front(); }

Result<void> append_to_bundle(Bytes& bundle, ByteView entry) {
    if (entry.size() > max_bundle_entry_bytes) return fail(Errc::too_large, "log entry");
    const Bytes length = ByteWriter{}.u16(static_cast<std::uint16_t>(entry.size())).take();
    bundle.insert(bundle.end(), length.begin(), length.end());
    bundle.insert(bundle.end(), entry.begin(), entry.end());
    return {};
}

Result<std::vector<ByteView>> parse_bundle(ByteView bundle, unsigned width) {
    ByteReader reader{bundle};
    std::vector<ByteView> entries;
    entries.reserve(width);
    for (unsigned i = 0; i < width; ++i) {
        SAFEQ_TRY(const std::uint16_t length, reader.u16("entry bundle"));
        SAFEQ_TRY(const ByteView entry, reader.take(length, "entry bundle"));
        entries.push_back(entry);
    }
    SAFEQ_TRY_VOID(reader.finish("entry bundle"));
    return entries;
}

Result<std::vector<Hash>> read_hashes(LogReader& reader, const TileId& tile) {
    SAFEQ_TRY(const auto found, read_either(reader, tile));
    SAFEQ_TRY(std::vector<Hash> hashes, parse_hashes(found.first, found.second));
    hashes.resize(tile.width);
    return hashes;
}

Result<std::vector<Bytes>> read_entries(LogReader& reader, const TileId& tile) {
    SAFEQ_TRY(const auto found, read_either(reader, tile));
    SAFEQ_TRY(const std::vector<ByteView> views, parse_bundle(found.first, found.second));
    std::vector<Bytes> entries;
    entries.reserve(tile.width);
    for (const ByteView view : std::span{views}.first(tile.width)) entries.push_back(to_bytes(view));
    return entries;
}

struct TileHashes::Cache {
    struct Entry {
        TileId tile;
        std::vector<std::vector<Hash>> rows;
    };
    using Entries = std::list<Entry>;
    Entries entries;  // the last used first
    std::unordered_map<std::string, Entries::iterator> by_path;

    /// Null when it isn't there.
    [[nodiscard]] const Entry* find(const std::string& path) {
        const auto at = by_path.find(path);
        if (at == by_path.end()) return nullptr;
        entries.splice(entries.begin(), entries, at->second);
        return &entries.front();
    }
    const Entry& add(std::string path, Entry entry) {
        if (entries.size() == remembered_tiles) {
            by_path.erase(entries.back().tile.path());
            entries.pop_back();
        }
        entries.push_front(std::move(entry));
        by_path.emplace(std::move(path), entries.begin());
        return entries.front();
    }
};

TileHashes::TileHashes(LogReader& reader, std::uint64_t tree_size)
    : reader_{reader}, tree_size_{tree_size}, cache_{std::make_unique<Cache>()} {}

TileHashes::~TileHashes() = default;

void TileHashes::set_tree_size(std::uint64_t tree_size) noexcept { tree_size_ = tree_size; }

Result<Hash> TileHashes::hash(unsigned level, std::uint64_t index) {
    if (level > 62 || index >= tree_size_ >> level)
        return fail(Errc::invalid_argument, "tile hash", "outside the tree");
    const unsigned tile_level = level / levels_of_tile;
    const unsigned row = level % levels_of_tile;
    const std::uint64_t first = index << row;
    TileId tile{TileId::Kind::hashes, tile_level, first / tile_width, 0};
    tile.width = width_in_tree(tile_level, tile.index, tree_size_);
    std::string path = tile.path();
    const Cache::Entry* entry = cache_->find(path);
    if (entry == nullptr) {
        SAFEQ_TRY(std::vector<Hash> hashes, read_hashes(reader_, tile));
        entry = &cache_->add(std::move(path), {tile, rows_of(std::move(hashes))});
    }
    return entry->rows[row][first % tile_width >> row];
}

}  // namespace safeq::audit
