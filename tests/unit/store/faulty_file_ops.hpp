// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>

#include "passing_file_ops.hpp"

namespace safeq::test {

/// Does what the system does, until the n-th call; from there on every changing call fails, as if the power had gone,
/// or only that one, as a full disk or a bad sector does. One thread at a time.
class FaultyFileOps final : public PassingFileOps {
public:
    enum class Fault {
        power,       ///< nothing changes any more: what follows fails with EIO
        once,        ///< this call fails with `number`, the next ones work
        short_write  ///< like `power`, but the write that meets it still writes half
    };

    explicit FaultyFileOps(std::size_t nth = 0, Fault fault = Fault::power, int number = EIO) noexcept
        : nth_{nth}, fault_{fault}, number_{number} {}

    void arm(std::size_t nth, Fault fault = Fault::power, int number = EIO) noexcept {
        calls_ = 0;
        trace_.clear();
        nth_ = nth;
        fault_ = fault;
        number_ = number;
    }
    /// The changing calls since `arm`, a letter each: c(reate) m(kdir) w(rite) f(sync) r(ename) u(nlink).
    [[nodiscard]] const std::string& trace() const noexcept { return trace_; }
    /// What the file system says is free; nothing: what it is.
    std::optional<std::uint64_t> free_bytes;

    /// Changing calls so far.
    [[nodiscard]] std::size_t calls() const noexcept { return calls_; }

    int openat(int folder, const char* name, int flags, mode_t mode) noexcept override {
        if ((flags & O_CREAT) != 0 && fails('c')) return -1;
        return PassingFileOps::openat(folder, name, flags, mode);
    }
    int mkdirat(int folder, const char* name, mode_t mode) noexcept override {
        return fails('m') ? -1 : PassingFileOps::mkdirat(folder, name, mode);
    }
    ssize_t write(int file, const void* bytes, std::size_t count) noexcept override {
        if (fails('w')) {
            if (fault_ != Fault::short_write || calls_ != nth_) return -1;
            return PassingFileOps::write(file, bytes, count / 2 == 0 ? count : count / 2);
        }
        return PassingFileOps::write(file, bytes, count);
    }
    int fsync(int file) noexcept override { return fails('f') ? -1 : PassingFileOps::fsync(file); }
    int fstatvfs(int file, struct statvfs& out) noexcept override {
        const int done = PassingFileOps::fstatvfs(file, out);
        if (free_bytes) {
            out.f_frsize = 1;
            out.f_bavail = *free_bytes;
        }
        return done;
    }
    int renameat(int folder, const char* from, int to_folder, const char* to) noexcept override {
        return fails('r') ? -1 : PassingFileOps::renameat(folder, from, to_folder, to);
    }
    int unlinkat(int folder, const char* name) noexcept override {
        return fails('u') ? -1 : PassingFileOps::unlinkat(folder, name);
    }

private:
    bool fails(char what) noexcept {
        const std::size_t call = ++calls_;
        trace_.push_back(what);
        if (nth_ == 0 || call < nth_ || (fault_ == Fault::once && call > nth_)) return false;
        errno = number_;
        return true;
    }

    std::size_t calls_ = 0;
    std::string trace_;
    std::size_t nth_;
    Fault fault_;
    int number_;
};

}  // namespace safeq::test
