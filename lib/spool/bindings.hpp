// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/spool/epoch.hpp>

namespace safeq::spool {

// What binds a file's parts to each other; each use has a label of its own. `fixed` is the encoded header.

/// Context of the body's key derivation.
[[nodiscard]] inline Bytes chunk_context(ByteView fixed) {
    return ByteWriter{}.text("safeq/spool/v1/ctx\n").bytes(fixed).take();
}

/// HPKE info of the sealed document key; its aad is `fixed`.
[[nodiscard]] inline Bytes key_info(const EpochId& epoch) {
    return ByteWriter{}.text("safeq/spool/v1/dek\n").bytes(epoch.bytes).take();
}

/// What the intake signs.
[[nodiscard]] inline Bytes signed_message(ByteView fixed, const Salt& salt, const Commitment& commitment) {
    return ByteWriter{}.text("safeq/spool/v1/sig\n").field(fixed).bytes(salt).bytes(commitment).take();
}

/// The times that the formats can hold: the years 1970 to 9999.
inline constexpr Time last_time{std::chrono::milliseconds{253402300799999}};
[[nodiscard]] constexpr bool can_be_written(Time time) noexcept { return time >= Time{} && time <= last_time; }

/// Whole chunks that are read or written at a time.
inline constexpr std::size_t batch_chunks = 16;

}  // namespace safeq::spool
