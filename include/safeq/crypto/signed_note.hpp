// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/sign.hpp>

namespace safeq::crypto {

/// The signature types of the format; the type is part of a key's id. *Source*: C2SP signed-note, "Signature types".
enum class NoteSignatureType : std::uint8_t {
    ed25519 = 0x01,
    ed25519_cosignature = 0x04,  ///< a witness's; its bytes are the business of whoever knows checkpoints
};

/// The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), big-endian. An identifier, not a fingerprint.
[[nodiscard]] std::uint32_t note_key_id(std::string_view name, NoteSignatureType type, ByteView public_key);

/// Whether a key name is not empty, at most 255 bytes of valid UTF-8, and free of Unicode spaces, control characters
/// and `+`. *Errors*: `malformed`, `invalid_utf8`, `too_large`.
[[nodiscard]] Result<void> check_note_key_name(std::string_view name);

/// An Ed25519 key that signs notes, under its name. *Source*: C2SP signed-note; the text form is that of Go's
/// `sumdb/note` verifier keys.
struct NoteKey {
    std::string name;
    VerifyingKey key;

    /// Accepts exactly what `text()` writes: `name+8 hexadecimal digits+base64(0x01 ‖ key)`.
    /// *Errors*: `malformed`, `not_canonical`, `invalid_utf8`, `too_large`; `key_invalid` when the id is not that of
    /// the key; `unsupported` for a key of another type.
    [[nodiscard]] static Result<NoteKey> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::uint32_t id() const;

    friend bool operator==(const NoteKey&, const NoteKey&) = default;
};

/// One signature line. What `signature` holds depends on the key's type: 64 bytes for Ed25519.
struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    Bytes signature;

    friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

/// What a note may cost. The format asks for at least 16 signatures to be accepted.
struct NoteLimits {
    std::size_t max_bytes;
    std::size_t max_signatures = 16;
};

/// A text and the signatures over it. *Source*: C2SP signed-note.
struct SignedNote {
    std::string text;  ///< what is signed; ends with a newline
    std::vector<NoteSignature> signatures;

    /// A note without signatures yet. *Errors*: `malformed` when the text doesn't end with a newline,
    /// `control_character`, `invalid_utf8`.
    [[nodiscard]] static Result<SignedNote> of(std::string text);

    /// Parses strictly: `encode(parse(x)) == x`. Says nothing about who signed; see `verify`.
    /// *Errors*: `too_large`, `too_many`, `malformed`, `not_canonical` (base64), `invalid_utf8`, `control_character`.
    [[nodiscard]] static Result<SignedNote> parse(std::string_view note, const NoteLimits& limits);
    [[nodiscard]] std::string encode() const;

    /// That `key` signed the text: at least one signature has its name and id, and all of those are right.
    /// Signatures of other keys are ignored. *Errors*: `signature_invalid`.
    [[nodiscard]] Result<void> verify(const NoteKey& key) const;

    /// Appends an Ed25519 signature over the text. *Errors*: those of `check_note_key_name`.
    [[nodiscard]] Result<void> sign(std::string_view name, const SigningKey& key);

    /// The first signature under this name and id; null when there is none.
    [[nodiscard]] const NoteSignature* find(std::string_view name, std::uint32_t key_id) const noexcept;

    friend bool operator==(const SignedNote&, const SignedNote&) = default;
};

}  // namespace safeq::crypto
