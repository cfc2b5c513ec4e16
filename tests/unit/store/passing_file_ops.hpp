// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/file_ops.hpp>

namespace safeq::test {

/// The system's calls; a test overrides those that it watches or lets fail, and calls these for the rest.
class PassingFileOps : public store::FileOps {
public:
    int openat(int folder, const char* name, int flags, mode_t mode) noexcept override {
        return system_.openat(folder, name, flags, mode);
    }
    int mkdirat(int folder, const char* name, mode_t mode) noexcept override {
        return system_.mkdirat(folder, name, mode);
    }
    ssize_t write(int file, const void* bytes, std::size_t count) noexcept override {
        return system_.write(file, bytes, count);
    }
    ssize_t pread(int file, void* bytes, std::size_t count, std::int64_t offset) noexcept override {
        return system_.pread(file, bytes, count, offset);
    }
    int fsync(int file) noexcept override { return system_.fsync(file); }
    int begin_sync(int file, std::int64_t offset, std::int64_t count) noexcept override {
        return system_.begin_sync(file, offset, count);
    }
    int fstat(int file, struct stat& out) noexcept override { return system_.fstat(file, out); }
    int fstatvfs(int file, struct statvfs& out) noexcept override { return system_.fstatvfs(file, out); }
    int renameat(int folder, const char* from, int to_folder, const char* to) noexcept override {
        return system_.renameat(folder, from, to_folder, to);
    }
    int unlinkat(int folder, const char* name) noexcept override { return system_.unlinkat(folder, name); }
    int close(int file) noexcept override { return system_.close(file); }

private:
    store::FileOps& system_ = store::system_file_ops();
};

}  // namespace safeq::test
