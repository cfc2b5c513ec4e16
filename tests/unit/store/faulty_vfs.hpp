// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstring>

namespace safeq::test {

/// Stands between SQLite and the file system while it lives: from the n-th write, sync, truncation or removal on, they
/// all fail, as if the power had gone, or only that one. One at a time.
class FaultyVfs {
public:
    enum class Fault { power, once, full_disk };

    explicit FaultyVfs(std::size_t nth, Fault fault = Fault::power) {
        state().real = sqlite3_vfs_find("unix");
        state().calls = 0;
        state().nth = nth;
        state().fault = fault;
        vfs_ = *state().real;
        vfs_.zName = "safeq-faulty";
        vfs_.szOsFile = static_cast<int>(sizeof(Shim)) + state().real->szOsFile;
        vfs_.pNext = nullptr;
        vfs_.xOpen = &open;
        vfs_.xDelete = &remove;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyVfs() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(state().real, 1);
    }
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    [[nodiscard]] std::size_t calls() const noexcept { return state().calls; }

private:
    struct Shim {
        sqlite3_file base;
        sqlite3_file* real;
    };
    struct State {
        sqlite3_vfs* real = nullptr;
        std::size_t calls = 0;
        std::size_t nth = 0;
        Fault fault = Fault::power;
    };
    static State& state() noexcept {
        static State instance;
        return instance;
    }
    static bool fails() noexcept {
        const std::size_t call = ++state().calls;
        if (state().nth == 0 || call < state().nth) return false;
        return call == state().nth || state().fault == Fault::power;
    }
    static int failure(int otherwise) noexcept { return state().fault == Fault::full_disk ? SQLITE_FULL : otherwise; }
    static sqlite3_file* real(sqlite3_file* file) noexcept { return reinterpret_cast<Shim*>(file)->real; }

    static int remove(sqlite3_vfs*, const char* name, int sync) {
        return fails() ? failure(SQLITE_IOERR_DELETE) : state().real->xDelete(state().real, name, sync);
    }
    static int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
        auto* const shim = reinterpret_cast<Shim*>(file);
        shim->base.pMethods = nullptr;
        shim->real = reinterpret_cast<sqlite3_file*>(shim + 1);
        std::memset(shim->real, 0, static_cast<std::size_t>(state().real->szOsFile));
        const int result = state().real->xOpen(state().real, name, shim->real, flags, out);
        if (shim->real->pMethods != nullptr) shim->base.pMethods = methods();
        return result;
    }
    static const sqlite3_io_methods* methods() noexcept {
        static const sqlite3_io_methods instance = [] {
            sqlite3_io_methods m{};
            m.iVersion = 1;
            m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
            m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
                return real(f)->pMethods->xRead(real(f), to, n, at);
            };
            m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
                return fails() ? failure(SQLITE_IOERR_WRITE) : real(f)->pMethods->xWrite(real(f), from, n, at);
            };
            m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) {
                return fails() ? failure(SQLITE_IOERR_TRUNCATE) : real(f)->pMethods->xTruncate(real(f), n);
            };
            m.xSync = [](sqlite3_file* f, int flags) {
                return fails() ? failure(SQLITE_IOERR_FSYNC) : real(f)->pMethods->xSync(real(f), flags);
            };
            m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); };
            m.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
            m.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
            m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
                return real(f)->pMethods->xCheckReservedLock(real(f), out);
            };
            m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
                return real(f)->pMethods->xFileControl(real(f), op, arg);
            };
            m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
            m.xDeviceCharacteristics = [](sqlite3_file* f) {
                return real(f)->pMethods->xDeviceCharacteristics(real(f));
            };
            return m;
        }();
        return &instance;
    }

    sqlite3_vfs vfs_{};
};

}  // namespace safeq::test
