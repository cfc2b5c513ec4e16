// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/log_reader.hpp>
#include <safeq/audit/merkle.hpp>
#include <safeq/audit/witness.hpp>

namespace safeq::audit {

/// An entry and the proof that it is in a log, in one text: who has the log's public key needs nothing else, neither
/// the log nor a network. *Source*: C2SP tlog-proof; the entry is the extra data.
struct ProofFile {
    Bytes entry;
    Index index = 0;
    std::vector<Hash> path;
    std::string checkpoint;  ///< the signed note, with or without cosignatures

    [[nodiscard]] std::string encode() const;
    /// Accepts exactly what `encode()` writes. Says nothing about its truth; see `check_proof`.
    /// *Errors*: `malformed`, `too_large`, `too_many`.
    [[nodiscard]] static Result<ProofFile> parse(std::string_view text);

    friend bool operator==(const ProofFile&, const ProofFile&) = default;
};

/// Proves an entry to be in the tree of a signed checkpoint, by what the log publishes; the result has been checked.
/// *Errors*: `invalid_argument` for an index outside that tree; those of `SignedCheckpoint::open`, of reading tiles and
/// of `check_proof`.
[[nodiscard]] Result<ProofFile> prove_entry(LogReader& reader, const crypto::NoteKey& log, std::string_view checkpoint,
                                            Index index);

/// The checkpoint that commits to the entry. *Errors*: those of `SignedCheckpoint::open`; `proof_invalid`.
[[nodiscard]] Result<SignedCheckpoint> check_proof(const ProofFile& proof, const crypto::NoteKey& log);

/// Proves that the tree of a signed checkpoint begins with that of an older one; the text is the body of an
/// `add-checkpoint` request. The result has been checked. *Errors*: as `prove_entry`, and as `check_growth`.
[[nodiscard]] Result<AddCheckpoint> prove_growth(LogReader& reader, const crypto::NoteKey& log,
                                                 const SignedCheckpoint& old, std::string_view checkpoint);

/// The newer checkpoint, that of the proof. An empty older tree is refused: every log begins with it.
/// *Errors*: those of `SignedCheckpoint::open`; `conflict` when the proof is from another size than that of `old`;
/// `rollback` when it leads to a smaller tree; `fork_detected`; `proof_invalid`.
[[nodiscard]] Result<SignedCheckpoint> check_growth(const AddCheckpoint& proof, const SignedCheckpoint& old,
                                                    const crypto::NoteKey& log);

}  // namespace safeq::audit
