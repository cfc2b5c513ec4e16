// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <safeq/crypto/hash.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/spool/envelope.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/header.hpp>
#include <safeq/spool/intakes.hpp>

namespace safeq::spool {

/// Reads a sealed document in constant memory (under 1 MiB) and gives out authenticated bytes, nothing else.
/// *Threads*: one object, one thread at a time. *Secrets*: the 16 KiB of plaintext held are wiped.
class Reader final {
public:
    /// Opens the file that should be `expected`: its tenant, job, document number and owner must be those; which
    /// intake wrote it and when is the file's to say (`header()`). Checks the intake's signature, opens the document
    /// key with the epoch's, and checks the commitment. No chunk is read yet: see `verify_all` and `verify_ends`.
    /// *Errors*, in the order of the checks: those of `inspect`; `header_mismatch`; `key_unknown` for an intake that
    /// isn't ours; `signature_invalid`; `epoch_unknown`, `key_destroyed`; `authentication_failed` when the document
    /// key can't be opened; `commitment_mismatch`.
    [[nodiscard]] static Result<Reader> open(std::unique_ptr<BlobSource> source, const Header& expected,
                                             EpochKeys& epochs, KnownIntakes& intakes);

    /// Authenticated: what the intake signed.
    [[nodiscard]] const Header& header() const noexcept { return file_.preamble.header; }
    [[nodiscard]] const EpochId& epoch() const noexcept { return file_.preamble.envelope.epoch; }
    [[nodiscard]] const Salt& salt() const noexcept { return file_.preamble.salt; }
    [[nodiscard]] const Commitment& commitment() const noexcept { return file_.preamble.commitment; }

    /// The document's size. Proved once `verify_ends` or `verify_all` has passed, or the last chunk was read.
    [[nodiscard]] std::uint64_t plaintext_bytes() const noexcept { return file_.layout.plaintext_bytes; }
    [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_.file_bytes; }

    /// What tells this document's file from every other, re-sealed or not: SHA-256 over "safeq/spool/v1/pin\n", salt,
    /// commitment and length (u64). Whoever kept it when taking the file notices one that was put in its place, even by
    /// the intake that wrote both.
    [[nodiscard]] crypto::Sha256Digest pin() const;

    /// Authenticates every chunk. *Errors*: `authentication_failed`, `truncated`; those of the source.
    [[nodiscard]] Result<void> verify_all();

    /// Authenticates the last chunk, which proves the length; the commitment was checked when opening.
    [[nodiscard]] Result<void> verify_ends();

    /// Gives every piece of the document, in order, each authenticated and none empty. *Errors*: as `verify_all`;
    /// the callback's own, which ends the reading. What was given before an error is a true beginning of the document.
    [[nodiscard]] Result<void> for_each(const std::function<Result<void>(ByteView)>& take);

    /// Fills `out` with the document's bytes from `offset` on, reading and opening only the chunks that hold them:
    /// every byte is authenticated. After an error `out` holds zeros. That the document goes on to `plaintext_bytes()`
    /// is proved by `verify_ends`, not by this. *Errors*: `invalid_argument` for a range that doesn't lie within the
    /// document; as `verify_all`.
    [[nodiscard]] Result<void> read_range(std::uint64_t offset, MutableByteView out);

    /// How many chunks there are; at least 1.
    [[nodiscard]] std::uint64_t chunk_count() const noexcept { return file_.layout.chunks; }

    /// One authenticated chunk, valid until the next call of any member that reads; the last one may be empty.
    /// Fastest in ascending order. *Errors*: `invalid_argument` for an index past the end; as `verify_all`.
    [[nodiscard]] Result<ByteView> chunk(std::uint64_t index);

    Reader(Reader&&) noexcept = default;
    Reader& operator=(Reader&&) noexcept = default;
    ~Reader() = default;

private:
    Reader(std::unique_ptr<BlobSource> source, ParsedEnvelope file, ChunkOpener opener);
    [[nodiscard]] Result<ByteView> sealed_chunk(std::uint64_t index);
    [[nodiscard]] Result<void> fill(std::uint64_t offset, MutableByteView out);

    std::unique_ptr<BlobSource> source_;
    ParsedEnvelope file_;
    ChunkOpener opener_;
    crypto::Secret plain_;
    std::unique_ptr<std::byte[]> window_;  // sealed chunks read ahead
    std::uint64_t window_first_ = 0;
    std::uint64_t window_chunks_ = 0;
    std::uint64_t next_ = 0;  // the chunk after the one read last
};

}  // namespace safeq::spool
