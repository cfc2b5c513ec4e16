// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace safeq::store::sqlite {

/// What a page gives up for its checksum.
inline constexpr int checksum_bytes = 8;

/// The name of a layer between SQLite and the system's files, registered at the first call: each page of a database
/// ends with a checksum over it and its place (the first 8 bytes of a SHA-256), made when it is written and checked
/// when it is read, so that a bit that flipped on the disk is an error (SQLITE_IOERR_DATA) and never an answer. SQLite
/// itself has none but in the write-ahead log. Against accidents: who can write the file can make the checksums too.
/// *Requires*: pages of 4096 bytes with `checksum_bytes` reserved (SQLITE_FCNTL_RESERVE_BYTES), an exclusive lock
/// (there is no shared memory here). *Threads*: any. *Errors*: null without memory.
[[nodiscard]] const char* checked_vfs() noexcept;

}  // namespace safeq::store::sqlite
