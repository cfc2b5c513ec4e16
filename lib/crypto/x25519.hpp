// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

using X25519Public = std::array<std::byte, 32>;
using X25519Scalar = Key<32, struct X25519ScalarTag>;
using X25519Shared = Key<32, struct X25519SharedTag>;

/// An X25519 private key. *Threads*: const calls are safe from several threads. *Source*: RFC 7748.
class X25519Key final {
public:
    explicit X25519Key(const X25519Scalar& scalar);
    X25519Key(X25519Key&&) noexcept;
    X25519Key& operator=(X25519Key&&) noexcept;
    ~X25519Key();

    [[nodiscard]] const X25519Public& public_key() const noexcept { return public_; }

    /// The function as it stands in the RFC: a peer's point of small order gives zero, which is not refused here.
    [[nodiscard]] X25519Shared agree(const X25519Public& peer) const;

private:
    struct Impl;
    X25519Public public_{};
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::crypto
