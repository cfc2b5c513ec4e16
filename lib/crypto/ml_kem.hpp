// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

// ML-KEM-768. Source: FIPS 203.
inline constexpr std::size_t ml_kem_public_bytes = 1184;
inline constexpr std::size_t ml_kem_ciphertext_bytes = 1088;

using MlKemPublic = std::array<std::byte, ml_kem_public_bytes>;
using MlKemCiphertext = std::array<std::byte, ml_kem_ciphertext_bytes>;
using MlKemSeed = Key<64, struct MlKemSeedTag>;        ///< d and z
using MlKemMessage = Key<32, struct MlKemMessageTag>;  ///< the randomness of one encapsulation
using MlKemShared = Key<32, struct MlKemSharedTag>;

struct MlKemEncapsulated {
    MlKemShared secret;
    MlKemCiphertext ciphertext;
};

/// An ML-KEM-768 private key. *Threads*: const calls are safe from several threads.
class MlKemKey final {
public:
    explicit MlKemKey(const MlKemSeed& seed);
    MlKemKey(MlKemKey&&) noexcept;
    MlKemKey& operator=(MlKemKey&&) noexcept;
    ~MlKemKey();

    [[nodiscard]] const MlKemPublic& public_key() const noexcept { return public_; }

    /// Rejects implicitly.
    [[nodiscard]] MlKemShared decapsulate(const MlKemCiphertext& ciphertext) const;

private:
    struct Impl;
    MlKemPublic public_{};
    std::unique_ptr<Impl> impl_;
};

/// *Errors*: `key_invalid` when a coefficient is not below the modulus.
[[nodiscard]] Result<MlKemEncapsulated> ml_kem_encapsulate(std::span<const std::byte, ml_kem_public_bytes> to,
                                                           const MlKemMessage& message);

}  // namespace safeq::crypto
