// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <safeq/core/bytes.hpp>

namespace safeq::crypto {

/// How others sign: what RFC 7518, section 3.1, and RFC 8037 have of public-key signatures. We sign with Ed25519 alone.
enum class ForeignScheme : std::uint8_t {
    ed25519,
    ecdsa_p256_sha256,
    ecdsa_p384_sha384,
    ecdsa_p521_sha512,
    rsa_pss_sha256,  ///< with MGF1 of the same hash, and as much salt as it has bytes
    rsa_pss_sha384,
    rsa_pss_sha512,
    rsa_pkcs1_sha256,
    rsa_pkcs1_sha384,
    rsa_pkcs1_sha512,
};

/// The curves of ECDSA keys.
enum class ForeignCurve : std::uint8_t { p256, p384, p521 };

/// A public key of somebody else's, to verify their signatures. *Threads*: `verify` is safe from several at a time.
class ForeignKey final {
public:
    /// Big-endian numbers without leading zeros. *Errors*: `weak_parameters` for a modulus under 2048 or over 8192
    /// bits, an exponent under 65537, even or over 32 bits, and a modulus made by the library of CVE-2017-15361 (ROCA);
    /// `key_invalid` for an even modulus or a leading zero.
    [[nodiscard]] static Result<ForeignKey> rsa(ByteView modulus, ByteView exponent);

    /// Big-endian coordinates, each as long as the field's prime. *Errors*: `key_invalid` when the point isn't on the
    /// curve, or a length is another.
    [[nodiscard]] static Result<ForeignKey> ecdsa(ForeignCurve curve, ByteView x, ByteView y);

    /// *Errors*: `key_invalid` when not 32 bytes.
    [[nodiscard]] static Result<ForeignKey> ed25519(ByteView key);

    /// Whether a signature by that scheme can be one of this key.
    [[nodiscard]] bool fits(ForeignScheme scheme) const noexcept;

    /// ECDSA signatures are r and s, each as long as the group's order (IEEE P1363), as in RFC 7518, section 3.4.
    /// *Errors*: `signature_invalid`; `key_invalid` when the scheme isn't one of this key's.
    [[nodiscard]] Result<void> verify(ForeignScheme scheme, ByteView message, ByteView signature) const;

private:
    struct Impl;
    explicit ForeignKey(std::shared_ptr<const Impl> impl) noexcept;
    std::shared_ptr<const Impl> impl_;
};

}  // namespace safeq::crypto
