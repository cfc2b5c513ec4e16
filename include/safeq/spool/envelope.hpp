// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <safeq/crypto/hpke.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/header.hpp>

namespace safeq::spool {

/// The document key, sealed to an epoch (HPKE). The one part of a file that can be replaced: it is bound neither by
/// the signature nor by the body's key derivation, but opens only to the key that the signed commitment names.
struct Envelope {
    static constexpr std::size_t encoded_bytes = 32 + crypto::xwing_ciphertext_bytes + 48;

    EpochId epoch;
    crypto::XwingCiphertext enc{};
    std::array<std::byte, 48> sealed_key{};

    friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Everything before a file's first chunk.
struct Preamble {
    static constexpr std::size_t encoded_bytes =
        12 + Header::encoded_bytes + Envelope::encoded_bytes + sizeof(crypto::Signature) + chunked_prefix_bytes;

    Header header;
    Envelope envelope;
    crypto::Signature signature{};  ///< the intake's, over header, salt and commitment
    Salt salt{};
    Commitment commitment{};

    [[nodiscard]] Bytes encode() const;

    /// `decode(x)->encode() == x`, or an error. *Errors*: `truncated`, `trailing_data`, `malformed`, `bad_version`.
    [[nodiscard]] static Result<Preamble> decode(ByteView bytes);

    friend bool operator==(const Preamble&, const Preamble&) = default;
};

/// What can be said of a file without a key; none of it is authenticated.
struct ParsedEnvelope {
    Preamble preamble;
    ChunkLayout layout;
    std::uint64_t file_bytes = 0;

    [[nodiscard]] const Header& header() const noexcept { return preamble.header; }
    [[nodiscard]] const EpochId& epoch() const noexcept { return preamble.envelope.epoch; }
};

/// Reads a file's beginning, also of one whose sizes don't fit. *Errors*: those of `Preamble::decode`; those of the
/// source.
[[nodiscard]] Result<Preamble> read_preamble(BlobSource& source);

/// Reads a file's beginning and sizes, for restart and hand-over checks.
/// *Errors*: `truncated`, `malformed`, `bad_version`, `too_large`; those of the source.
[[nodiscard]] Result<ParsedEnvelope> inspect(BlobSource& source);

}  // namespace safeq::spool
