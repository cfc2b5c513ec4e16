// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace safeq::store {

/// The calls to the file system that this room makes, one function each, so that a test can let any of them fail.
/// All behave as the POSIX functions of the same name (`begin_sync` isn't one): -1 and `errno` on failure. *Threads*:
/// safe from several threads.
class FileOps {
public:
    virtual ~FileOps() = default;

    /// As the POSIX function of this name.
    /// @{
    virtual int openat(int folder, const char* name, int flags, mode_t mode) noexcept = 0;
    virtual int mkdirat(int folder, const char* name, mode_t mode) noexcept = 0;
    virtual ssize_t write(int file, const void* bytes, std::size_t count) noexcept = 0;
    virtual ssize_t pread(int file, void* bytes, std::size_t count, std::int64_t offset) noexcept = 0;
    virtual int fsync(int file) noexcept = 0;
    /// Lets the system begin to write these bytes out, and doesn't wait for it: a later fsync has less to do. Linux
    /// has it as `sync_file_range(…, SYNC_FILE_RANGE_WRITE)`.
    virtual int begin_sync(int file, std::int64_t offset, std::int64_t count) noexcept = 0;
    virtual int fstat(int file, struct stat& out) noexcept = 0;
    virtual int fstatvfs(int file, struct statvfs& out) noexcept = 0;
    virtual int renameat(int folder, const char* from, int to_folder, const char* to) noexcept = 0;
    virtual int unlinkat(int folder, const char* name) noexcept = 0;
    virtual int close(int file) noexcept = 0;
    /// @}

protected:
    FileOps() = default;
    FileOps(const FileOps&) = default;
    FileOps& operator=(const FileOps&) = default;
};

/// The operating system's.
[[nodiscard]] FileOps& system_file_ops() noexcept;

}  // namespace safeq::store
