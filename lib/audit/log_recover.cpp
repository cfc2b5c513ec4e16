// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include <safeq/audit/tile.hpp>
#include <safeq/core/fail_point.hpp>

#include "audit/log_impl.hpp"

namespace safeq::audit {
namespace {

std::unexpected<Error> missing(std::string detail) { return fail(Errc::rollback, "audit log", std::move(detail)); }
std::unexpected<Error> contradiction(const char* detail) { return fail(Errc::fork_detected, "audit log", detail); }

// A tile that the checkpoint says must be there.
template <class T>
Result<T> must_exist(Result<T> read) {
    if (!read && read.error().code == Errc::not_found) return missing("gone: " + read.error().where);
    return read;
}

}  // namespace

Result<void> Log::Impl::recover() {
    Result<Bytes> note = store.read(checkpoint_path);
    if (!note && note.error().code != Errc::not_found) return std::unexpected(std::move(note).error());
    if (note) {
        SAFEQ_TRY(SignedCheckpoint found, SignedCheckpoint::open(as_text(*note), verifier));
        const TreeHead& head = found.checkpoint.head;
        SAFEQ_TRY(builder, must_exist(TileBuilder::resume(store, head.size)));
        if (builder.head() != head) return contradiction("the tiles are not those of the checkpoint");
        published = durable = head.size;
        latest = std::move(found);
    }
    SAFEQ_FAIL_POINT("log.tiles_resumed");
    SAFEQ_TRY_VOID(recover_ids());
    return recover_journal();
}

Result<void> Log::Impl::recover_ids() {
    const Index from = published - std::min<std::uint64_t>(published, options.recent_ids);
    for (Index at = from; at < published;) {
        TileId tile{TileId::Kind::hashes, 0, at / tile_width};
        tile.width = width_in_tree(0, tile.index, published);
        SAFEQ_TRY(const std::vector<Hash> hashes, must_exist(read_hashes(store, tile)));
        tile.kind = TileId::Kind::entries;
        SAFEQ_TRY(const std::vector<Bytes> entries, must_exist(read_entries(store, tile)));
        for (std::size_t i = at % tile_width; i < entries.size(); ++i, ++at) {
            if (leaf_hash(entries[i]) != hashes[i]) return contradiction("a bundle is not what its tile commits to");
            SAFEQ_TRY(const RecordId id, record_id(entries[i]));
            remember(id, at);
        }
    }
    return {};
}

Result<void> Log::Impl::recover_journal() {
    TileHashes hashes{store, published};
    const auto take = [&](Index index, ByteView entry) -> Result<void> {
        if (index < published) {
            SAFEQ_TRY(const Hash expected, must_exist(hashes.hash(0, index)));
            if (leaf_hash(entry) != expected) return contradiction("the journal is not what the tiles hold");
            return {};
        }
        if (index != durable) return missing(fmt::format("the journal goes on at {}, {} is known", index, durable));
        SAFEQ_TRY(const RecordId id, record_id(entry));
        unpublished.push_back(std::make_shared<const Bytes>(to_bytes(entry)));
        unpublished_bytes += entry.size();
        remember(id, durable);
        ++durable;
        return {};
    };
    SAFEQ_TRY(const std::optional<JournalExtent> extent, store.replay(take));
    SAFEQ_FAIL_POINT("log.journal_replayed");
    if (!extent && published != 0) return missing("there is a checkpoint, but no journal");
    if (extent && (extent->first > published || extent->next < published))
        return missing(
            fmt::format("the journal holds {} to {}, the checkpoint {}", extent->first, extent->next, published));
    return {};
}

Result<Log::Impl::Run> Log::Impl::read_run(Index from, Index end) const {
    TileId tile{TileId::Kind::entries, 0, from / tile_width};
    Run run;
    {
        const std::scoped_lock lock{mutex};
        if (from >= published) {
            const auto begin = unpublished.begin() + static_cast<std::ptrdiff_t>(from - published);
            const std::uint64_t count = std::min<std::uint64_t>({tile_width, end - from, durable - from});
            run.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
            return run;
        }
        tile.width = width_in_tree(0, tile.index, published);
    }
    SAFEQ_TRY(std::vector<Bytes> entries, read_entries(store, tile));
    const Index first = tile.index * tile_width;
    for (Index at = from; at < std::min<Index>(end, first + entries.size()); ++at)
        run.push_back(std::make_shared<const Bytes>(std::move(entries[at - first])));
    return run;
}

}  // namespace safeq::audit
