// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

// X-Wing, the hybrid KEM of X25519 and ML-KEM-768. Source: draft-connolly-cfrg-xwing-kem.
inline constexpr std::size_t xwing_public_bytes = 1216;
inline constexpr std::size_t xwing_ciphertext_bytes = 1120;

/// What X-Wing works with: a public key, a ciphertext, the seed of a private key, and the secret that both sides get.
/// @{
using XwingPublicKey = std::array<std::byte, xwing_public_bytes>;
using XwingCiphertext = std::array<std::byte, xwing_ciphertext_bytes>;
using XwingSeed = Key<32, struct XwingSeedTag>;
using SharedSecret = Key<32, struct SharedSecretTag>;
/// @}

/// A secret, and the ciphertext from which the holder of the private key gets it.
struct XwingEncapsulated {
    SharedSecret secret;
    XwingCiphertext ciphertext;
};

/// An X-Wing private key, expanded from its 32-byte seed. *Threads*: const calls are safe from several threads.
class XwingPrivateKey final {
public:
    /// The key of this seed.
    [[nodiscard]] static XwingPrivateKey from_seed(XwingSeed seed);
    /// The key of a random seed.
    [[nodiscard]] static XwingPrivateKey generate(Random& random);
    XwingPrivateKey(XwingPrivateKey&&) noexcept;
    XwingPrivateKey& operator=(XwingPrivateKey&&) noexcept;
    ~XwingPrivateKey();

    [[nodiscard]] const XwingPublicKey& public_key() const noexcept;
    [[nodiscard]] const XwingSeed& seed() const& noexcept;

    /// Never says whether the ciphertext was right: a wrong one gives an unrelated secret (implicit rejection).
    [[nodiscard]] SharedSecret decapsulate(const XwingCiphertext& ciphertext) const;

private:
    struct Impl;
    explicit XwingPrivateKey(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

/// *Errors*: `key_invalid` when the ML-KEM part fails its modulus check.
[[nodiscard]] Result<XwingEncapsulated> xwing_encapsulate(const XwingPublicKey& to, Random& random);
/// With 64 bytes of given randomness: for test vectors only.
[[nodiscard]] Result<XwingEncapsulated> unsafe_xwing_encapsulate_deterministic(const XwingPublicKey& to,
                                                                               ByteView eseed);

// HPKE base mode, single shot. KEM X-Wing (0x647a), KDF HKDF-SHA256 (0x0001), AEAD AES-256-GCM (0x0002).
// Source: RFC 9180.

/// What a message is for (RFC 9180's `info`); both sides must say the same.
struct HpkeInfo {
    ByteView bytes;
};

/// A message for the holder of a private key.
struct HpkeSealed {
    XwingCiphertext enc;
    Bytes ciphertext;  ///< plaintext length + 16
};

/// *Errors*: `key_invalid`.
[[nodiscard]] Result<HpkeSealed> hpke_seal(const XwingPublicKey& to, HpkeInfo info, Associated associated,
                                           Plaintext plaintext, Random& random);
/// *Errors*: `authentication_failed`.
[[nodiscard]] Result<Secret> hpke_open(const XwingPrivateKey& key, const XwingCiphertext& enc, HpkeInfo info,
                                       Associated associated, ByteView ciphertext);

}  // namespace safeq::crypto
