// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/file_ops.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace safeq::store {
namespace {

class SystemFileOps final : public FileOps {
public:
    int openat(int folder, const char* name, int flags, mode_t mode) noexcept override {
        return ::openat(folder, name, flags, mode);
    }
    int mkdirat(int folder, const char* name, mode_t mode) noexcept override { return ::mkdirat(folder, name, mode); }
    ssize_t write(int file, const void* bytes, std::size_t count) noexcept override {
        return ::write(file, bytes, count);
    }
    ssize_t pread(int file, void* bytes, std::size_t count, std::int64_t offset) noexcept override {
        return ::pread(file, bytes, count, offset);
    }
    int fsync(int file) noexcept override { return ::fsync(file); }
    int begin_sync(int file, std::int64_t offset, std::int64_t count) noexcept override {
        return ::sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
    }
    int fstat(int file, struct stat& out) noexcept override { return ::fstat(file, &out); }
    int fstatvfs(int file, struct statvfs& out) noexcept override { return ::fstatvfs(file, &out); }
    int renameat(int folder, const char* from, int to_folder, const char* to) noexcept override {
        return ::renameat(folder, from, to_folder, to);
    }
    int unlinkat(int folder, const char* name) noexcept override { return ::unlinkat(folder, name, 0); }
    int close(int file) noexcept override { return ::close(file); }
};

}  // namespace

FileOps& system_file_ops() noexcept {
    static SystemFileOps ops;
    return ops;
}

}  // namespace safeq::store
