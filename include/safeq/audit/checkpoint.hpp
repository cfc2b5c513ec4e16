// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/merkle.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/crypto/signed_note.hpp>

namespace safeq::audit {

inline constexpr crypto::NoteLimits checkpoint_limits{.max_bytes = 64 * 1024, .max_signatures = 64};

/// What a log says of itself at some size. *Source*: C2SP tlog-checkpoint.
struct Checkpoint {
    std::string origin;  ///< which log; also the name of its key
    TreeHead head;
    std::vector<std::string> extensions = {};  ///< other logs' further lines; ours have none

    /// The text that is signed. *Requires*: an origin and extensions that are single, non-empty lines.
    [[nodiscard]] std::string text() const;
    /// Accepts exactly what `text()` writes. *Errors*: `checkpoint_invalid`.
    [[nodiscard]] static Result<Checkpoint> parse(std::string_view text);

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// A checkpoint with the signatures over it.
struct SignedCheckpoint {
    Checkpoint checkpoint;
    crypto::SignedNote note;

    /// Signs as the log. *Errors*: `malformed` for an origin that can't name a key.
    [[nodiscard]] static Result<SignedCheckpoint> sign(Checkpoint checkpoint, const crypto::SigningKey& key);
    /// A checkpoint that `log` signed and whose origin is that key's name.
    /// *Errors*: `checkpoint_invalid`, `signature_invalid`, those of `SignedNote::parse`.
    [[nodiscard]] static Result<SignedCheckpoint> open(std::string_view note, const crypto::NoteKey& log);
    [[nodiscard]] std::string encode() const { return note.encode(); }

    friend bool operator==(const SignedCheckpoint&, const SignedCheckpoint&) = default;
};

/// A witness, by the name and key with which it cosigns. Its key serves nothing else: the signed message doesn't name
/// the witness. *Source*: C2SP tlog-cosignature.
struct Cosigner {
    std::string name;
    crypto::VerifyingKey key;

    [[nodiscard]] std::uint32_t id() const;

    friend bool operator==(const Cosigner&, const Cosigner&) = default;
};

/// Says, as the witness `name`, that at `now` this is the largest consistent tree that it has seen of this log.
/// *Requires*: that it is so, and durably known. *Errors*: those of `check_note_key_name`.
[[nodiscard]] Result<crypto::NoteSignature> cosign(const SignedCheckpoint& checkpoint, std::string_view name,
                                                   const crypto::SigningKey& key, Time now);

/// When the witness cosigned, in whole seconds. *Errors*: `signature_invalid` when it did not.
[[nodiscard]] Result<Time> verify_cosignature(const SignedCheckpoint& checkpoint, const Cosigner& witness);

/// Whose cosignatures a verifier asks for, and how many. With quorum 0 the log's own word is enough.
struct WitnessPolicy {
    std::vector<Cosigner> witnesses = {};
    std::size_t quorum = 0;
};

/// When each witness of the policy that cosigned did so, in the policy's order. A line under a known witness's name and
/// id that doesn't verify refuses the whole checkpoint. *Errors*: `signature_invalid`, also for fewer than the quorum.
[[nodiscard]] Result<std::vector<Time>> verify_quorum(const SignedCheckpoint& checkpoint, const WitnessPolicy& policy);

/// Signature lines as a witness sends them. *Errors*: those of `SignedNote::parse`.
/// @{
[[nodiscard]] std::string encode_signatures(std::span<const crypto::NoteSignature> signatures);
[[nodiscard]] Result<std::vector<crypto::NoteSignature>> parse_signatures(std::string_view lines);
/// @}

}  // namespace safeq::audit
