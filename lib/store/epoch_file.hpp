// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/spool/root_keys.hpp>
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

/// The file: a line that names the format, then everything else wrapped by the root key of the table's generation, so
/// that not one bit of it can be changed unnoticed. One table has one plaintext form. *Errors*: those of the root keys.
[[nodiscard]] Result<Bytes> encode(const EpochTable& table, spool::RootKeys& roots);

/// *Errors*: `bad_version`; those of the root keys, `authentication_failed`; `malformed`, `not_canonical`, `too_many`.
[[nodiscard]] Result<EpochTable> decode_epoch_table(ByteView file, std::uint64_t generation, spool::RootKeys& roots);

/// The file that says below which number lists of epochs may have been numbered already.
[[nodiscard]] std::string encode_sequence(std::uint64_t bound);

/// Accepts exactly what `encode_sequence` writes. *Errors*: `malformed`.
[[nodiscard]] Result<std::uint64_t> decode_sequence(std::string_view file);

}  // namespace safeq::store
