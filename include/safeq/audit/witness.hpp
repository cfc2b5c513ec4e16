// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/merkle.hpp>

namespace safeq::audit {

/// The body of an `add-checkpoint` request. *Source*: C2SP tlog-witness.
struct AddCheckpoint {
    std::uint64_t old_size = 0;
    std::vector<Hash> proof;
    std::string checkpoint;  ///< the signed note

    [[nodiscard]] std::string encode() const;
    /// Accepts exactly what `encode()` writes. *Errors*: `malformed`, `too_large`, `too_many`.
    [[nodiscard]] static Result<AddCheckpoint> parse(std::string_view body);

    friend bool operator==(const AddCheckpoint&, const AddCheckpoint&) = default;
};

/// What a witness remembers of one log: the checkpoint that it cosigned last, durably.
struct Witnessed {
    TreeHead head = {};

    friend bool operator==(const Witnessed&, const Witnessed&) = default;
};

/// Whether a witness that remembers `last` may cosign. The caller keeps the result's head durably, with compare and
/// set against `last`, before it cosigns (`cosign`) and answers.
/// *Errors*, with the status to answer: `checkpoint_invalid` and those of parsing (400), `signature_invalid` (403),
/// `conflict` when `old_size` is not that of `last` (409 with `last.head.size`), `invalid_argument` when it is over the
/// checkpoint's (400), `fork_detected` for another root at the same size (409), `proof_invalid` (422).
[[nodiscard]] Result<SignedCheckpoint> check_to_cosign(const Witnessed& last, const AddCheckpoint& request,
                                                       const crypto::NoteKey& log);

}  // namespace safeq::audit
