// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/follower.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include <safeq/audit/tile.hpp>

#include "audit/tile_builder.hpp"

namespace safeq::audit {
namespace {

constexpr std::string_view state_head = "safeq/audit/follower/v1\n";
constexpr std::size_t max_state_bytes = checkpoint_limits.max_bytes + 4096;

std::unexpected<Error> malformed(const char* detail) { return fail(Errc::malformed, "follower state", detail); }

std::optional<std::string_view> next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

Result<void> contradiction(const std::string& log, std::uint64_t size) {
    return fail(Errc::fork_detected, log, fmt::format("its tree of {} entries is not the one that was seen", size));
}

// What a signed checkpoint commits to must be there, and whole: a log that serves it otherwise, or not at all, doesn't
// prove what it signed. A partial tile may have given way to the full one, which is looked for before.
template <class T>
Result<T> as_committed(Result<T> read) {
    if (read) return read;
    const Error& error = read.error();
    switch (error.code) {
        case Errc::not_found:
        case Errc::malformed:
        case Errc::truncated:
        case Errc::trailing_data:
        case Errc::too_large: return fail(Errc::proof_invalid, error.where, error.message());
        default: return read;
    }
}

// A checkpoint, or what is served as one.
Result<SignedCheckpoint> open_checkpoint(std::string_view note, const crypto::NoteKey& log) {
    auto opened = SignedCheckpoint::open(note, log);
    if (opened || opened.error().code == Errc::signature_invalid) return opened;
    return fail(Errc::checkpoint_invalid, log.name, opened.error().message());
}

/// Holds older trees against the tree of one checkpoint, by the tiles that the log serves.
class Comparison {
public:
    Comparison(LogReader& reader, const Checkpoint& now) : hashes_{reader, now.head.size}, now_{now} {}

    // Whether the tree begins with `old`. *Errors*: `proof_invalid`; those of reading tiles.
    Result<void> begins_with(const TreeHead& old) {
        if (old.size == now_.head.size && old.root != now_.head.root)
            return fail(Errc::proof_invalid, now_.origin, "the entries are not those of the checkpoint");
        SAFEQ_TRY(const ConsistencyProof proof, prove_consistency(hashes_, old.size, now_.head.size));
        return verify_consistency(proof, old.root, now_.head.root, FromEmpty::accept);
    }

    // The same for a tree that the log signed before: tells a fork, which the tiles prove, from tiles that prove
    // nothing.
    Result<void> continues(const TreeHead& old) {
        if (old.size == now_.head.size)
            return old.root == now_.head.root ? Result<void>{} : contradiction(now_.origin, old.size);
        Result<void> same = begins_with(old);
        if (same || same.error().code != Errc::proof_invalid) return same;
        SAFEQ_TRY(const Hash other, tree_root(hashes_, old.size));
        if (other != old.root && begins_with({old.size, other})) return contradiction(now_.origin, old.size);
        return same;
    }

private:
    TileHashes hashes_;
    const Checkpoint& now_;
};

}  // namespace

std::string FollowerState::encode() const {
    std::string text = fmt::format("{}{}\n", state_head, seen.size());
    for (const Hash& hash : seen.hashes()) text += to_base64(hash) + '\n';
    return text + '\n' + checkpoint;
}

Result<FollowerState> FollowerState::parse(std::string_view text) {
    if (text.size() > max_state_bytes) return fail(Errc::too_large, "follower state");
    if (!text.starts_with(state_head)) return malformed("another version, or no follower's state");
    std::string_view rest = text.substr(state_head.size());
    const auto size_line = next_line(rest);
    if (!size_line) return malformed("no size");
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(size_line->data(), size_line->data() + size_line->size(), size);
    if (error != std::errc{} || end != size_line->data() + size_line->size()) return malformed("the size is no number");
    std::vector<Hash> hashes;
    for (;;) {
        const auto line = next_line(rest);
        if (!line) return malformed("no empty line");
        if (line->empty()) break;
        const auto bytes = from_base64(*line);
        if (!bytes || bytes->size() != sizeof(Hash)) return malformed("no hash in base64");
        std::memcpy(hashes.emplace_back().data(), bytes->data(), sizeof(Hash));
    }
    FollowerState state;
    SAFEQ_TRY(state.seen, CompactRange::from(size, std::move(hashes)));
    state.checkpoint = std::string{rest};
    if (state.encode() != text) return malformed("not in the one allowed form");
    return state;
}

bool is_tampering(Errc code) noexcept {
    return code == Errc::fork_detected || code == Errc::rollback || code == Errc::proof_invalid ||
           code == Errc::signature_invalid || code == Errc::checkpoint_invalid;
}

Result<SignedCheckpoint> Follower::follow(LogReader& reader, const EntrySink& sink) {
    SAFEQ_TRY(const Bytes note, reader.read(checkpoint_path));
    return follow(as_text(note), reader, sink);
}

Result<SignedCheckpoint> Follower::follow(std::string_view note, LogReader& reader, const EntrySink& sink) {
    SAFEQ_TRY(SignedCheckpoint now, open_checkpoint(note, log_));
    const TreeHead& head = now.checkpoint.head;
    TreeHead last;
    if (!state_.checkpoint.empty()) {
        SAFEQ_TRY(const SignedCheckpoint kept, SignedCheckpoint::open(state_.checkpoint, log_));
        last = kept.checkpoint.head;
    }
    if (head.size < std::max(last.size, state_.seen.size()))
        return fail(Errc::rollback, log_.name, fmt::format("{} entries, {} were signed before", head.size, last.size));
    Comparison comparison{reader, now.checkpoint};
    SAFEQ_TRY_VOID(as_committed(comparison.continues(last)));
    SAFEQ_TRY_VOID(as_committed(comparison.continues(state_.seen.head())));

    if (state_.seen.size() == head.size && state_.checkpoint != note) {
        FollowerState after{state_.seen, std::string{note}};
        SAFEQ_TRY_VOID(sink({head.size, {}, after}));
        state_ = std::move(after);
    }
    while (state_.seen.size() < head.size) {
        const std::uint64_t first = state_.seen.size();
        TileId tile{TileId::Kind::entries, 0, first / tile_width};
        tile.width = width_in_tree(0, tile.index, head.size);
        SAFEQ_TRY(const std::vector<Bytes> bundle, as_committed(read_entries(reader, tile)));
        const std::vector<ByteView> entries(bundle.begin() + static_cast<std::ptrdiff_t>(first % tile_width),
                                            bundle.end());
        FollowerState after{state_.seen, std::string{note}};
        for (const ByteView entry : entries) after.seen.append(leaf_hash(entry));
        SAFEQ_TRY_VOID(as_committed(comparison.begins_with(after.seen.head())));
        SAFEQ_TRY_VOID(sink({first, entries, after}));
        state_ = std::move(after);
    }
    return now;
}

Result<SignedCheckpoint> verify_log(LogReader& reader, const crypto::NoteKey& log, const EntrySink& sink) {
    TileBuilder builder;
    std::vector<LogFile> files;
    const auto compare = [&]() -> Result<void> {
        for (const LogFile& file : files) {
            SAFEQ_TRY(const TileId tile, TileId::parse(file.path));
            if (tile.kind == TileId::Kind::entries) continue;
            SAFEQ_TRY(const std::vector<Hash> served, as_committed(read_hashes(reader, tile)));
            if (encode_hashes(served) != file.bytes)
                return fail(Errc::proof_invalid, file.path, "the tile is not made of the log's entries");
        }
        files.clear();
        return {};
    };
    Follower follower{log, {}};
    SAFEQ_TRY(SignedCheckpoint checkpoint, follower.follow(reader, [&](const FollowedEntries& taken) -> Result<void> {
        for (const ByteView entry : taken.entries) SAFEQ_TRY_VOID(builder.append(entry, files));
        SAFEQ_TRY_VOID(compare());
        return sink ? sink(taken) : Result<void>{};
    }));
    builder.add_partials(files);
    SAFEQ_TRY_VOID(compare());
    return checkpoint;
}

}  // namespace safeq::audit
