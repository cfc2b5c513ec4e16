// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

/// The digest of a message.
/// @{
using Sha256Digest = std::array<std::byte, 32>;
using Sha512Digest = std::array<std::byte, 64>;
/// @}

/// SHA-256 (FIPS 180-4) of one message, given in pieces.
/// @{
[[nodiscard]] Sha256Digest sha256(ByteView message);
[[nodiscard]] Sha256Digest sha256(std::initializer_list<ByteView> pieces);
/// @}

/// SHA-512 (FIPS 180-4) of one message.
[[nodiscard]] Sha512Digest sha512(ByteView message);

/// SHA-256 of a message that arrives over time.
class Sha256 final {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    /// Takes the next piece of the message.
    void update(ByteView piece);

    /// The digest of everything so far; starts anew afterwards.
    [[nodiscard]] Sha256Digest finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A key for HMAC-SHA-256.
using HmacKey = Key<32, struct HmacTag>;
/// What HMAC-SHA-256 gives.
using MacTag = std::array<std::byte, 32>;

/// HMAC-SHA-256 (RFC 2104) over the pieces one after the other; compare tags with `equal`.
[[nodiscard]] MacTag hmac_sha256(const HmacKey& key, std::initializer_list<ByteView> pieces);
/// The same with a key of any length.
[[nodiscard]] MacTag hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces);

/// What a derivation is salted with, public; empty where there is none.
struct Salt {
    ByteView bytes;
};
/// What a key is derived for.
struct Info {
    ByteView bytes;
};

/// HKDF-SHA-256 (RFC 5869): extract and expand into `out`. *Requires*: `out` of at most 8160 bytes, not empty.
void hkdf_sha256(std::span<std::byte> out, ByteView secret, Salt salt, Info info);

/// The two steps alone, for HPKE's labelled forms. *Requires*: `out` as for `hkdf_sha256`.
/// @{
[[nodiscard]] Sha256Digest hkdf_extract_sha256(ByteView salt, std::initializer_list<ByteView> secret);
void hkdf_expand_sha256(std::span<std::byte> out, ByteView pseudorandom_key, std::initializer_list<ByteView> info);
/// @}

/// The expand step with SHA-512, for formats that name it (C2SP chunked-encryption).
/// *Requires*: `out` of at most 16320 bytes, not empty.
void hkdf_expand_sha512(std::span<std::byte> out, ByteView pseudorandom_key, std::initializer_list<ByteView> info);

/// A key for one purpose, derived from another: HKDF-SHA-256 without salt, `purpose` as info.
template <class Derived>
[[nodiscard]] Derived derive_key(ByteView secret, std::string_view purpose) {
    Derived key;
    hkdf_sha256(key.fill(), secret, Salt{}, Info{as_bytes(purpose)});
    return key;
}

}  // namespace safeq::crypto
