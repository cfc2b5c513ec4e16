// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <filesystem>

#include "store/checked_vfs.hpp"

namespace safeq::test {

/// Changes a database behind the room's back, with right checksums: what somebody does who means to. SQLite's result.
inline int execute_raw(const std::filesystem::path& path, const char* sql) {
    sqlite3* handle = nullptr;
    int result = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                 store::sqlite::checked_vfs());
    int reserved = store::sqlite::checksum_bytes;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    if (result == SQLITE_OK)
        result = sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) result = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
    sqlite3_close(handle);
    return result;
}

}  // namespace safeq::test
