// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

using AeadKey = Key<32, struct AeadTag>;        ///< AES-256-GCM
using Aead128Key = Key<16, struct Aead128Tag>;  ///< AES-128-GCM; only for other people's formats and vectors
/// What must differ for each message under one key.
using AeadNonce = std::array<std::byte, 12>;
inline constexpr std::size_t aead_tag_bytes = 16;

/// What is sealed.
struct Plaintext {
    ByteView bytes;
};
/// What is authenticated along with the plaintext, and not part of the ciphertext.
struct Associated {
    ByteView bytes;
};

/// AES-GCM (NIST SP 800-38D) under one key, ready for many messages. The caller keeps nonces unique.
/// *Threads*: one object, one thread at a time.
class Aead final {
public:
    explicit Aead(const AeadKey& key);
    explicit Aead(const Aead128Key& key);
    ~Aead();
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;

    /// Writes ciphertext and tag to `out`. *Requires*: `out` of `plaintext + aead_tag_bytes` bytes; `out` may start
    /// exactly at the plaintext (in place), else must not overlap it.
    void seal(std::span<std::byte> out, const AeadNonce& nonce, Plaintext plaintext, Associated associated);

    /// Writes the plaintext to `out` when the tag is right; else `out` is zeroed. *Requires*: `out` of
    /// `sealed - aead_tag_bytes` bytes; `out` may start exactly at `sealed`, else must not overlap it.
    /// *Errors*: `truncated` for less than a tag, `authentication_failed`.
    [[nodiscard]] Result<void> open(std::span<std::byte> out, const AeadNonce& nonce, ByteView sealed,
                                    Associated associated);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The providers of the AES and GHASH code in use, for example "vaes+clmul"; a test and the build assert that
/// neither is the portable one where the processor has better.
[[nodiscard]] std::string aead_provider();

/// An AES-256 key under which other keys are kept.
using WrapKey = Key<32, struct WrapTag>;

/// An AES key of 16, 24 or 32 bytes that somebody else holds: for other people's formats and vectors.
struct RawWrapKey {
    ByteView bytes;
};

/// AES-256 key wrap with padding (RFC 5649). *Requires*: a secret of 1 byte to 4 GiB.
[[nodiscard]] Bytes wrap_key(const WrapKey& key, ByteView secret);
/// *Errors*: `authentication_failed` for a wrong key or changed bytes.
[[nodiscard]] Result<Secret> unwrap_key(const WrapKey& key, ByteView wrapped);
/// The same with an AES key of 16, 24 or 32 bytes. *Errors*: also `key_invalid`.
[[nodiscard]] Result<Secret> unwrap_key(RawWrapKey key, ByteView wrapped);
/// *Errors*: `key_invalid` for a key of another length; `invalid_argument` for an empty secret or one over 4 GiB.
[[nodiscard]] Result<Bytes> wrap_key(RawWrapKey key, ByteView secret);

}  // namespace safeq::crypto
