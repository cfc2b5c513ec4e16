// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::crypto::hpke {

// The parts of RFC 9180 that don't depend on the KEM; the KDF is HKDF-SHA256 throughout.

inline constexpr std::uint16_t hkdf_sha256_id = 0x0001;

struct Suite {
    std::uint16_t kem;
    std::uint16_t aead;
    std::size_t aead_key_bytes;
};

inline constexpr Suite xwing_aes256{.kem = 0x647a, .aead = 0x0002, .aead_key_bytes = 32};

/// "HPKE" and the three ids: what labels are bound to in the key schedule.
[[nodiscard]] Bytes suite_id(const Suite& suite);

/// LabeledExtract and LabeledExpand. *Source*: RFC 9180, 4.
[[nodiscard]] Secret labelled_extract(ByteView suite_id, ByteView salt, std::string_view label, ByteView secret);
[[nodiscard]] Secret labelled_expand(ByteView suite_id, const Secret& pseudorandom_key, std::string_view label,
                                     ByteView info, std::size_t size);

/// What a base mode context starts from.
struct Schedule {
    Secret key;
    AeadNonce base_nonce;
};

/// *Source*: RFC 9180, 5.1, mode_base.
[[nodiscard]] Schedule schedule_base(const Suite& suite, ByteView shared_secret, ByteView info);

}  // namespace safeq::crypto::hpke
