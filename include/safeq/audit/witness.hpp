// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/merkle.hpp>
#include <safeq/core/clock.hpp>

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

/// Port: what a witness cosigned last, for each log. *Threads*: safe from several threads.
class WitnessStore {
public:
    virtual ~WitnessStore() = default;

    /// The empty tree where nothing was cosigned yet.
    [[nodiscard]] virtual Result<Witnessed> load(const std::string& origin) = 0;
    /// Durable when it returns. *Errors*: `conflict` when it is no longer `from`.
    [[nodiscard]] virtual Result<void> replace(const std::string& origin, const Witnessed& from,
                                               const Witnessed& to) = 0;

protected:
    WitnessStore() = default;
    WitnessStore(const WitnessStore&) = default;
    WitnessStore& operator=(const WitnessStore&) = default;
};

/// What a witness answers over HTTP.
struct WitnessAnswer {
    unsigned status = 0;
    std::string content_type = {};
    std::string body = {};

    friend bool operator==(const WitnessAnswer&, const WitnessAnswer&) = default;
};

/// A witness of some logs: cosigns a checkpoint only when it continues what it cosigned before.
/// *Requires*: the parts outlive it; the key serves nothing else. *Threads*: safe from several threads.
class Witness final {
public:
    /// Its name and key, the logs that it cosigns for, and its ports.
    struct Parts {
        std::string name;
        const crypto::SigningKey& key;
        std::vector<crypto::NoteKey> logs;
        WitnessStore& store;
        const Clock& clock;
    };

    explicit Witness(Parts parts) : parts_{std::move(parts)} {}

    /// The witness's signature lines, once what they say is durably known.
    /// *Errors*: `not_found` for an unknown origin; those of `check_to_cosign` and of the store.
    [[nodiscard]] Result<std::string> add_checkpoint(const AddCheckpoint& request);

    /// The answer to the body of an `add-checkpoint` request, with the statuses of C2SP tlog-witness; 500 when the
    /// store fails.
    [[nodiscard]] WitnessAnswer answer(std::string_view body);

private:
    Parts parts_;
};

}  // namespace safeq::audit
