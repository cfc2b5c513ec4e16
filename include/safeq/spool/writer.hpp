// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <safeq/core/random.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/header.hpp>

namespace safeq::spool {

/// What is worth remembering about a sealed file; none of it is secret.
struct Receipt {
    Salt salt{};
    Commitment commitment{};
    std::uint64_t plaintext_bytes = 0;
    std::uint64_t file_bytes = 0;
    EpochId epoch;

    friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// Seals a document as it arrives, in constant memory (under 1 MiB), with public keys and the intake's signing key
/// only: what it wrote it can't read back. Nothing is durable before `finish`; a writer that is destroyed without it,
/// or whose sink failed, leaves nothing.
/// *Threads*: one object, one thread at a time. *Secrets*: the document's key is wiped once the cipher is set up; the
/// at most 16 KiB of plaintext held are wiped.
class Writer final {
public:
    /// Makes a fresh key and seals it to `epoch`; the beginning of the file goes to the sink with the first chunks.
    /// *Errors*: `key_invalid` for a public key that isn't one, `invalid_argument` for a time before 1970.
    [[nodiscard]] static Result<Writer> create(std::unique_ptr<BlobSink> sink, const Header& header,
                                               const EpochPublicKey& epoch, const crypto::SigningKey& intake,
                                               Random& random);

    /// Takes the next piece of the document, of any size. Whole chunks are sealed straight from `plaintext`.
    /// *Errors*: those of the sink, and then the same one from every later call; `conflict` on a finished writer.
    [[nodiscard]] Result<void> append(ByteView plaintext);

    /// Seals the last chunk and commits the sink. *Errors*: as `append`.
    [[nodiscard]] Result<Receipt> finish() &&;

    Writer(Writer&&) noexcept = default;
    Writer& operator=(Writer&&) noexcept = default;
    ~Writer() = default;

private:
    Writer(std::unique_ptr<BlobSink> sink, ChunkSealer sealer, const Receipt& receipt, ByteView preamble);
    [[nodiscard]] Result<void> guarded(Result<void> (Writer::*step)(ByteView), ByteView plaintext);
    [[nodiscard]] Result<void> take(ByteView plaintext);
    [[nodiscard]] Result<void> end(ByteView nothing);
    [[nodiscard]] Result<void> seal(ByteView chunk);
    [[nodiscard]] Result<void> flush();

    std::unique_ptr<BlobSink> sink_;  // null once finished
    ChunkSealer sealer_;
    Receipt receipt_;
    crypto::Secret pending_;  // the chunk that isn't whole yet
    std::size_t pending_bytes_ = 0;
    std::unique_ptr<std::byte[]> out_;  // what is on its way to the sink
    std::size_t out_bytes_ = 0;
    std::optional<Error> failed_;
};

}  // namespace safeq::spool
