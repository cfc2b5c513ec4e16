// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include <safeq/crypto/secret.hpp>

namespace safeq::crypto {

/// BLAKE2b (RFC 7693) without a key, over the pieces one after the other; for formats that name it (PASERK).
/// *Requires*: `out` of 1 to 64 bytes; its size is part of the hash, a shorter one is no prefix of a longer one.
void blake2b(std::span<std::byte> out, std::initializer_list<ByteView> pieces);

/// BLAKE2b with a key: a MAC, and as such a derivation of keys (PASETO v4). Compare tags with `equal`.
/// *Requires*: `out` of 1 to 64 bytes, `key` of 1 to 64 bytes.
void blake2b_keyed(std::span<std::byte> out, ByteView key, std::initializer_list<ByteView> pieces);

}  // namespace safeq::crypto
