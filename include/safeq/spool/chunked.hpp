// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/aead.hpp>

namespace safeq::spool {

// A message in chunks of 16 KiB, each sealed by itself, the last always shorter. Source: C2SP chunked-encryption;
// with a key of 32 bytes this is Cobblestone-256, with 16 bytes Cobblestone-128. Files use the former only.

inline constexpr std::size_t chunk_bytes = 16384;
inline constexpr std::size_t sealed_chunk_bytes = chunk_bytes + crypto::aead_tag_bytes;
/// Chunk numbers stay below this; about 4 PiB.
inline constexpr std::uint64_t max_chunks = std::uint64_t{1} << 38;

/// What makes the keys of two messages differ: random, new for each.
using Salt = std::array<std::byte, 24>;
/// What binds chunks to the one key, salt and context that they were sealed with.
using Commitment = std::array<std::byte, 32>;
/// Salt and commitment stand before the chunks.
inline constexpr std::size_t chunked_prefix_bytes = sizeof(Salt) + sizeof(Commitment);

/// The key for one message; uniformly random, used once.
using DocumentKey = crypto::Key<32, struct DocumentKeyTag>;

/// What a message is bound to: to open it, the same must be given.
struct ChunkContext {
    ByteView bytes;
};

/// How many chunks a message has, from its size alone. Nothing is proved by it until the last chunk opens.
struct ChunkLayout {
    std::uint64_t chunks = 1;
    std::uint64_t plaintext_bytes = 0;

    /// From the size of all sealed chunks (without salt and commitment). *Errors*: `truncated` for a size that no
    /// message has, `too_large` from 2^38 chunks on.
    [[nodiscard]] static Result<ChunkLayout> of_sealed(std::uint64_t sealed_bytes);

    /// *Errors*: `too_large`.
    [[nodiscard]] static Result<ChunkLayout> of_plaintext(std::uint64_t plaintext_bytes);

    [[nodiscard]] std::uint64_t sealed_bytes() const noexcept {
        return plaintext_bytes + chunks * crypto::aead_tag_bytes;
    }
    /// *Requires*: `index < chunks`.
    [[nodiscard]] std::size_t plaintext_bytes_of(std::uint64_t index) const noexcept {
        return index + 1 < chunks ? chunk_bytes : static_cast<std::size_t>(plaintext_bytes % chunk_bytes);
    }

    friend bool operator==(const ChunkLayout&, const ChunkLayout&) = default;
};

/// What key, salt and context give: the cipher, the first nonce, and the commitment to all three.
/// *Threads*: one object, one thread at a time.
class ChunkCipher final {
public:
    /// *Errors*: `key_invalid` when the key is neither 16 nor 32 bytes long.
    [[nodiscard]] static Result<ChunkCipher> derive(ByteView key, const Salt& salt, ChunkContext context);

    [[nodiscard]] const Commitment& commitment() const noexcept { return commitment_; }

    /// *Requires*: `out` of `chunk + 16` bytes, not overlapping; each index once.
    /// *Errors*: `too_large` for an index from 2^38 on or a chunk over 16 KiB.
    [[nodiscard]] Result<void> seal(std::uint64_t index, MutableByteView out, ByteView chunk);

    /// Writes the chunk to `out`, which is zeroed when the chunk is not authentic. *Requires*: `out` of `sealed - 16`
    /// bytes, at `sealed` or not overlapping. *Errors*: `truncated`, `too_large`, `authentication_failed`.
    [[nodiscard]] Result<void> open(std::uint64_t index, MutableByteView out, ByteView sealed);

private:
    ChunkCipher(crypto::Aead aead, const crypto::AeadNonce& base, const Commitment& commitment) noexcept
        : aead_{std::move(aead)}, base_nonce_{base}, commitment_{commitment} {}
    [[nodiscard]] crypto::AeadNonce nonce(std::uint64_t index) const noexcept;

    crypto::Aead aead_;
    crypto::AeadNonce base_nonce_;
    Commitment commitment_;
};

/// Seals a message chunk after chunk.
class ChunkSealer final {
public:
    explicit ChunkSealer(ChunkCipher cipher) noexcept : cipher_{std::move(cipher)} {}

    /// Seals the next chunk; one that is shorter than 16 KiB is the last. Every message ends with such a one, be it
    /// empty. *Requires*: `out` of `chunk + 16` bytes. *Errors*: `too_large`; `conflict` after the last chunk.
    [[nodiscard]] Result<void> seal(MutableByteView out, ByteView chunk);

    [[nodiscard]] const Commitment& commitment() const noexcept { return cipher_.commitment(); }
    [[nodiscard]] std::uint64_t sealed_chunks() const noexcept { return next_; }
    [[nodiscard]] bool finished() const noexcept { return finished_; }

private:
    ChunkCipher cipher_;
    std::uint64_t next_ = 0;
    bool finished_ = false;
};

/// Opens the chunks of a message of known size, in any order.
class ChunkOpener final {
public:
    /// Checks the commitment before anything is decrypted. *Errors*: `commitment_mismatch`.
    [[nodiscard]] static Result<ChunkOpener> create(ChunkCipher cipher, const Commitment& expected,
                                                    const ChunkLayout& layout);

    /// Writes chunk `index` to `out`. *Requires*: `out` of the layout's size for it.
    /// *Errors*: `invalid_argument` for an index or sizes that aren't the layout's, `authentication_failed`.
    [[nodiscard]] Result<void> open(std::uint64_t index, MutableByteView out, ByteView sealed);

    [[nodiscard]] const ChunkLayout& layout() const noexcept { return layout_; }

private:
    ChunkOpener(ChunkCipher cipher, const ChunkLayout& layout) noexcept : cipher_{std::move(cipher)}, layout_{layout} {}

    ChunkCipher cipher_;
    ChunkLayout layout_;
};

}  // namespace safeq::spool
