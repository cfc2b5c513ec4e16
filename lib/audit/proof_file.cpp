// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/proof_file.hpp>

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include <safeq/audit/tile.hpp>

namespace safeq::audit {
namespace {

constexpr std::string_view where = "proof file";
constexpr std::string_view head = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view extra = "extra ";
constexpr std::string_view index_word = "index ";
constexpr std::size_t max_head_bytes = 96 * 1024;  // the largest entry in base64, 63 hashes, the index

std::unexpected<Error> malformed(const char* detail) { return fail(Errc::malformed, std::string{where}, detail); }

// The rest of the first line, which is taken, if it begins with `word`.
Result<std::string_view> take_line(std::string_view& text, std::string_view word, const char* missing) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(word)) return malformed(missing);
    const std::string_view line = text.substr(word.size(), end - word.size());
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string ProofFile::encode() const {
    std::string text = fmt::format("{}{}{}\n{}{}\n", head, extra, to_base64(entry), index_word, index);
    for (const Hash& hash : path) text += to_base64(hash) + '\n';
    return text + '\n' + checkpoint;
}

Result<ProofFile> ProofFile::parse(std::string_view text) {
    if (text.size() > max_head_bytes + checkpoint_limits.max_bytes) return fail(Errc::too_large, std::string{where});
    if (!text.starts_with(head)) return malformed("not a c2sp.org/tlog-proof@v1");
    std::string_view rest = text.substr(head.size());
    ProofFile proof;
    SAFEQ_TRY(const std::string_view entry, take_line(rest, extra, "without its entry"));
    SAFEQ_TRY(proof.entry, from_base64(entry));
    if (proof.entry.size() > max_bundle_entry_bytes) return fail(Errc::too_large, std::string{where}, "entry");
    SAFEQ_TRY(const std::string_view number, take_line(rest, index_word, "without an index"));
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), proof.index);
    if (error != std::errc{} || end != number.data() + number.size()) return malformed("the index is no number");
    for (;;) {
        SAFEQ_TRY(const std::string_view line, take_line(rest, {}, "no empty line before the checkpoint"));
        if (line.empty()) break;
        if (proof.path.size() == max_proof_hashes) return fail(Errc::too_many, std::string{where}, "hashes");
        const auto bytes = from_base64(line);
        if (!bytes || bytes->size() != sizeof(Hash)) return malformed("a line is no hash in base64");
        std::memcpy(proof.path.emplace_back().data(), bytes->data(), sizeof(Hash));
    }
    proof.checkpoint = std::string{rest};
    if (proof.encode() != text) return malformed("not in the one allowed form");
    return proof;
}

Result<SignedCheckpoint> check_proof(const ProofFile& proof, const crypto::NoteKey& log) {
    SAFEQ_TRY(SignedCheckpoint checkpoint, SignedCheckpoint::open(proof.checkpoint, log));
    const TreeHead& tree = checkpoint.checkpoint.head;
    SAFEQ_TRY_VOID(verify_inclusion({proof.index, tree.size, proof.path}, leaf_hash(proof.entry), tree.root));
    return checkpoint;
}

Result<ProofFile> prove_entry(LogReader& reader, const crypto::NoteKey& log, std::string_view checkpoint, Index index) {
    SAFEQ_TRY(const SignedCheckpoint signed_head, SignedCheckpoint::open(checkpoint, log));
    const std::uint64_t size = signed_head.checkpoint.head.size;
    if (index >= size)
        return fail(Errc::invalid_argument, std::string{where},
                    fmt::format("there are {} entries, numbered from 0", size));
    TileId bundle{TileId::Kind::entries, 0, index / tile_width};
    bundle.width = width_in_tree(0, bundle.index, size);
    SAFEQ_TRY(const std::vector<Bytes> entries, read_entries(reader, bundle));
    TileHashes hashes{reader, size};
    SAFEQ_TRY(InclusionProof path, prove_inclusion(hashes, index, size));
    ProofFile proof{entries.at(index % tile_width), index, std::move(path.path), std::string{checkpoint}};
    SAFEQ_TRY_VOID(check_proof(proof, log));
    return proof;
}

Result<SignedCheckpoint> check_growth(const AddCheckpoint& proof, const SignedCheckpoint& old,
                                      const crypto::NoteKey& log) {
    SAFEQ_TRY(SignedCheckpoint now, SignedCheckpoint::open(proof.checkpoint, log));
    const TreeHead& before = old.checkpoint.head;
    const TreeHead& after = now.checkpoint.head;
    if (proof.old_size != before.size)
        return fail(
            Errc::conflict, std::string{where},
            fmt::format("the proof is from size {}, the older checkpoint is of size {}", proof.old_size, before.size));
    if (after.size < before.size)
        return fail(Errc::rollback, log.name,
                    fmt::format("{} entries, {} were signed before", after.size, before.size));
    SAFEQ_TRY_VOID(
        verify_consistency({before.size, after.size, proof.proof}, before.root, after.root, FromEmpty::refuse));
    return now;
}

Result<AddCheckpoint> prove_growth(LogReader& reader, const crypto::NoteKey& log, const SignedCheckpoint& old,
                                   std::string_view checkpoint) {
    SAFEQ_TRY(const SignedCheckpoint now, SignedCheckpoint::open(checkpoint, log));
    AddCheckpoint proof{old.checkpoint.head.size, {}, std::string{checkpoint}};
    if (proof.old_size < now.checkpoint.head.size) {
        TileHashes hashes{reader, now.checkpoint.head.size};
        SAFEQ_TRY(ConsistencyProof path, prove_consistency(hashes, proof.old_size, now.checkpoint.head.size));
        proof.proof = std::move(path.path);
    }
    SAFEQ_TRY_VOID(check_growth(proof, old, log));
    return proof;
}

}  // namespace safeq::audit
