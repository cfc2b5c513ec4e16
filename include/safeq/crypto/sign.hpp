// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

/// An Ed25519 signature.
using Signature = std::array<std::byte, 64>;

/// An Ed25519 public key (RFC 8032).
struct VerifyingKey {
    std::array<std::byte, 32> bytes{};

    /// *Errors*: `key_invalid` when not 32 bytes.
    [[nodiscard]] static Result<VerifyingKey> from(ByteView bytes);

    /// *Errors*: `signature_invalid`; also for a key that is no point of the curve or of small order.
    [[nodiscard]] Result<void> verify(ByteView message, ByteView signature) const;

    friend bool operator==(const VerifyingKey&, const VerifyingKey&) = default;
};

/// What an Ed25519 key is made from (RFC 8032, section 5.1.5).
using SigningSeed = Key<32, struct SigningSeedTag>;

/// An Ed25519 private key. *Threads*: `sign` is safe from several threads at a time.
class SigningKey final {
public:
    /// The key of a random seed.
    [[nodiscard]] static SigningKey generate(Random& random);
    /// The key of this seed.
    [[nodiscard]] static SigningKey from_seed(SigningSeed seed);
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    ~SigningKey();

    [[nodiscard]] const VerifyingKey& verifying_key() const noexcept { return public_; }
    /// The signature over a message: always the same for the same message.
    [[nodiscard]] Signature sign(ByteView message) const;

    /// For writing the key to its file.
    [[nodiscard]] const SigningSeed& seed() const& noexcept { return seed_; }

private:
    explicit SigningKey(SigningSeed seed);
    struct Impl;
    SigningSeed seed_;
    VerifyingKey public_;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::crypto
