// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

/// What a key stream follows from.
/// @{
using XChaChaKey = Key<32, struct XChaChaTag>;
using XChaChaNonce = std::array<std::byte, 24>;
/// @}

/// XORs the XChaCha20 key stream, from its first block on, over `data`: encrypts and decrypts. Nothing is
/// authenticated; for formats that bring a MAC of their own (PASETO v4, PASERK), and never twice with one nonce.
/// *Source*: draft-irtf-cfrg-xchacha-03, section 2.3.
void unsafe_xchacha20(std::span<std::byte> data, const XChaChaKey& key, const XChaChaNonce& nonce);

}  // namespace safeq::crypto
