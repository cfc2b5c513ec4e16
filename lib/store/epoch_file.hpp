// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/store/epoch_folder.hpp>

namespace safeq::store {

inline constexpr std::size_t max_epochs = 1024;
inline constexpr std::size_t max_destroyed_epochs = 4096;

struct EpochSeed {
    Epoch epoch;
    crypto::XwingSeed seed;
};

/// What one seeds file says.
struct EpochTable {
    std::uint64_t generation = 0;
    std::map<spool::EpochId, EpochSeed> epochs;
    std::vector<DestroyedEpoch> destroyed;  ///< in the order in which they were
};

/// The file: a line that names the format, then everything else under the root key (RFC 5649), so that not one bit of
/// it can be changed unnoticed. One table has one plaintext form.
[[nodiscard]] Bytes encode(const EpochTable& table, const crypto::WrapKey& root);

/// *Errors*: `bad_version`; `authentication_failed`; `malformed`, `not_canonical`, `too_many`.
[[nodiscard]] Result<EpochTable> decode_epoch_table(ByteView file, const crypto::WrapKey& root);

}  // namespace safeq::store
