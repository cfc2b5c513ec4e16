// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/checkpoint.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace safeq::audit {
namespace {

constexpr std::size_t timestamp_bytes = 8;
constexpr std::string_view no_text = "-\n";

std::unexpected<Error> invalid(const char* detail) { return fail(Errc::checkpoint_invalid, "checkpoint", detail); }

// The first line, without its newline, which is taken too. Nothing when there is no further newline.
std::optional<std::string_view> next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::string cosigned_message(const SignedCheckpoint& checkpoint, std::uint64_t seconds) {
    return fmt::format("cosignature/v1\ntime {}\n{}", seconds, checkpoint.note.text);
}

}  // namespace

std::string Checkpoint::text() const {
    std::string text = fmt::format("{}\n{}\n{}\n", origin, head.size, to_base64(head.root));
    for (const std::string& extension : extensions) text += extension + '\n';
    return text;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
    if (text.size() > checkpoint_limits.max_bytes) return invalid("too long");
    std::string_view rest = text;
    const auto origin = next_line(rest);
    const auto size = next_line(rest);
    const auto root = next_line(rest);
    if (!root) return invalid("fewer than three lines");
    if (origin->empty()) return invalid("no origin");
    Checkpoint checkpoint{.origin = std::string{*origin}, .head = {}};
    const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), checkpoint.head.size);
    if (error != std::errc{} || end != size->data() + size->size()) return invalid("the size is no number");
    if (checkpoint.head.size > max_tree_size) return invalid("the tree is too large");
    const auto hash = from_base64(*root);
    if (!hash || hash->size() != checkpoint.head.root.size()) return invalid("the root is no hash in base64");
    std::memcpy(checkpoint.head.root.data(), hash->data(), hash->size());
    if (checkpoint.head.size == 0 && checkpoint.head.root != empty_root())
        return invalid("the empty tree has another root");
    while (!rest.empty()) {
        const auto line = next_line(rest);
        if (!line) return invalid("the last line has no newline");
        if (line->empty()) return invalid("an extension line is empty");
        checkpoint.extensions.emplace_back(*line);
    }
    if (checkpoint.text() != text) return invalid("not in the one allowed form");
    return checkpoint;
}

Result<SignedCheckpoint> SignedCheckpoint::sign(Checkpoint checkpoint, const crypto::SigningKey& key) {
    SAFEQ_TRY(crypto::SignedNote note, crypto::SignedNote::of(checkpoint.text()));
    SAFEQ_TRY_VOID(note.sign(checkpoint.origin, key));
    return SignedCheckpoint{std::move(checkpoint), std::move(note)};
}

Result<SignedCheckpoint> SignedCheckpoint::open(std::string_view text, const crypto::NoteKey& log) {
    SAFEQ_TRY(crypto::SignedNote note, crypto::SignedNote::parse(text, checkpoint_limits));
    SAFEQ_TRY_VOID(note.verify(log));
    SAFEQ_TRY(Checkpoint checkpoint, Checkpoint::parse(note.text));
    if (checkpoint.origin != log.name) return invalid("of another log");
    return SignedCheckpoint{std::move(checkpoint), std::move(note)};
}

std::uint32_t Cosigner::id() const {
    return crypto::note_key_id(name, crypto::NoteSignatureType::ed25519_cosignature, key.bytes);
}

Result<crypto::NoteSignature> cosign(const SignedCheckpoint& checkpoint, std::string_view name,
                                     const crypto::SigningKey& key, Time now) {
    SAFEQ_TRY_VOID(crypto::check_note_key_name(name));
    const auto since = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (since < 0) return fail(Errc::invalid_argument, "cosignature", "a time before 1970");
    const auto seconds = static_cast<std::uint64_t>(since);
    const crypto::Signature signature = key.sign(as_bytes(cosigned_message(checkpoint, seconds)));
    const Cosigner self{std::string{name}, key.verifying_key()};
    return crypto::NoteSignature{self.name, self.id(), ByteWriter{}.u64(seconds).bytes(signature).take()};
}

Result<Time> verify_cosignature(const SignedCheckpoint& checkpoint, const Cosigner& witness) {
    const crypto::NoteSignature* const line = checkpoint.note.find(witness.name, witness.id());
    if (line == nullptr) return fail(Errc::signature_invalid, "cosignature", "not cosigned by " + witness.name);
    if (line->signature.size() != timestamp_bytes + sizeof(crypto::Signature))
        return fail(Errc::signature_invalid, "cosignature", "wrong length");
    ByteReader reader{line->signature};
    SAFEQ_TRY(const std::uint64_t seconds, reader.u64("cosignature"));
    constexpr std::uint64_t year_9999 = 253'402'300'799;
    if (seconds > year_9999) return fail(Errc::signature_invalid, "cosignature", "a time after the year 9999");
    SAFEQ_TRY_VOID(witness.key.verify(as_bytes(cosigned_message(checkpoint, seconds)), reader.rest()));
    return Time{std::chrono::seconds{seconds}};
}

Result<std::vector<Time>> verify_quorum(const SignedCheckpoint& checkpoint, const WitnessPolicy& policy) {
    std::vector<Time> times;
    for (const Cosigner& witness : policy.witnesses) {
        if (checkpoint.note.find(witness.name, witness.id()) == nullptr) continue;
        SAFEQ_TRY(const Time time, verify_cosignature(checkpoint, witness));
        times.push_back(time);
    }
    if (times.size() < policy.quorum)
        return fail(Errc::signature_invalid, "checkpoint",
                    fmt::format("{} of {} witnesses that are asked for", times.size(), policy.quorum));
    return times;
}

std::string encode_signatures(std::span<const crypto::NoteSignature> signatures) {
    const crypto::SignedNote note{std::string{no_text}, {signatures.begin(), signatures.end()}};
    return note.encode().substr(no_text.size() + 1);
}

Result<std::vector<crypto::NoteSignature>> parse_signatures(std::string_view lines) {
    if (lines.size() > checkpoint_limits.max_bytes) return fail(Errc::too_large, "signature lines");
    // The text before them could otherwise be theirs.
    if (lines.find("\n\n") != std::string_view::npos || lines.starts_with('\n'))
        return fail(Errc::malformed, "signature lines", "an empty line");
    crypto::NoteLimits limits = checkpoint_limits;
    limits.max_bytes += no_text.size() + 1;
    SAFEQ_TRY(crypto::SignedNote note,
              crypto::SignedNote::parse(std::string{no_text} + '\n' + std::string{lines}, limits));
    return std::move(note.signatures);
}

}  // namespace safeq::audit
