// SPDX-License-Identifier: Apache-2.0
#include "checked_vfs.hpp"

#include <sqlite3.h>

#include <array>
#include <cstring>

#include <safeq/crypto/hash.hpp>

namespace safeq::store::sqlite {
namespace {

constexpr int page_bytes = 4096;
constexpr int smallest_page_bytes = 512;  // reads below it look at the header only
using Page = std::array<std::byte, page_bytes>;
static_assert(sizeof(sqlite3_int64) == checksum_bytes);  // the place of a page, too, stands where its checksum goes

// Ours, and behind a pointer the system's, whose size its own layer knows.
struct File {
    sqlite3_file base;
    sqlite3_file* real;
    bool main;
};

File& file_of(sqlite3_file* file) noexcept { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) noexcept { return file_of(file).real; }
// Asked each time: a test may put another one in its place.
sqlite3_vfs* system() noexcept { return sqlite3_vfs_find(nullptr); }

// Puts the page's checksum behind it; false without memory, for nothing may be thrown through SQLite.
bool add_checksum(Page& page, sqlite3_int64 offset) noexcept {
    std::byte* const end = page.data() + page_bytes - checksum_bytes;
    std::memcpy(end, &offset, sizeof offset);
    try {
        const crypto::Sha256Digest digest = crypto::sha256(page);
        std::memcpy(end, digest.data(), checksum_bytes);
        return true;
    } catch (...) {
        return false;
    }
}

bool is_page(int count, sqlite3_int64 offset) noexcept { return count == page_bytes && offset % page_bytes == 0; }

int close(sqlite3_file* file) {
    const int result = real(file)->pMethods == nullptr ? SQLITE_OK : real(file)->pMethods->xClose(real(file));
    sqlite3_free(real(file));
    return result;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    const int result = real(file)->pMethods->xRead(real(file), to, count, offset);
    if (result != SQLITE_OK || !file_of(file).main || count < smallest_page_bytes) return result;
    if (!is_page(count, offset)) return SQLITE_IOERR_DATA;
    Page page;
    std::memcpy(page.data(), to, page.size());
    if (!add_checksum(page, offset)) return SQLITE_IOERR_NOMEM;
    return std::memcmp(page.data(), to, page.size()) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    if (!file_of(file).main) return real(file)->pMethods->xWrite(real(file), from, count, offset);
    if (!is_page(count, offset)) return SQLITE_IOERR_WRITE;
    Page page;
    std::memcpy(page.data(), from, page.size());
    if (!add_checksum(page, offset)) return SQLITE_IOERR_NOMEM;
    return real(file)->pMethods->xWrite(real(file), page.data(), count, offset);
}

const sqlite3_io_methods* methods() noexcept {
    static const sqlite3_io_methods instance = [] {
        sqlite3_io_methods out{};
        out.iVersion = 1;
        out.xClose = &close;
        out.xRead = &read;
        out.xWrite = &write;
        out.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); };
        out.xSync = [](sqlite3_file* f, int flags) { return real(f)->pMethods->xSync(real(f), flags); };
        out.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); };
        out.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
        out.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
        out.xCheckReservedLock = [](sqlite3_file* f, int* held) {
            return real(f)->pMethods->xCheckReservedLock(real(f), held);
        };
        out.xFileControl = [](sqlite3_file* f, int what, void* argument) {
            return real(f)->pMethods->xFileControl(real(f), what, argument);
        };
        out.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
        out.xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); };
        return out;
    }();
    return &instance;
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    sqlite3_vfs* const below = system();
    File& ours = file_of(file);
    ours.base.pMethods = nullptr;
    ours.main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    ours.real = static_cast<sqlite3_file*>(sqlite3_malloc(below->szOsFile));
    if (ours.real == nullptr) return SQLITE_NOMEM;
    std::memset(ours.real, 0, static_cast<std::size_t>(below->szOsFile));
    const int result = below->xOpen(below, name, ours.real, flags, out_flags);
    // With methods set, SQLite closes the file also after a failed opening.
    ours.base.pMethods = methods();
    return result;
}

}  // namespace

const char* checked_vfs() noexcept {
    static sqlite3_vfs instance = [] {
        sqlite3_vfs out{};
        out.iVersion = 2;
        out.szOsFile = static_cast<int>(sizeof(File));
        out.mxPathname = system()->mxPathname;
        out.zName = "safeq-checked";
        out.xOpen = &open;
        out.xDelete = [](sqlite3_vfs*, const char* name, int sync) { return system()->xDelete(system(), name, sync); };
        out.xAccess = [](sqlite3_vfs*, const char* name, int flags, int* result) {
            return system()->xAccess(system(), name, flags, result);
        };
        out.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* full) {
            return system()->xFullPathname(system(), name, size, full);
        };
        out.xRandomness = [](sqlite3_vfs*, int size, char* bytes) {
            return system()->xRandomness(system(), size, bytes);
        };
        out.xSleep = [](sqlite3_vfs*, int microseconds) { return system()->xSleep(system(), microseconds); };
        out.xCurrentTime = [](sqlite3_vfs*, double* now) { return system()->xCurrentTime(system(), now); };
        out.xGetLastError = [](sqlite3_vfs*, int size, char* text) {
            return system()->xGetLastError(system(), size, text);
        };
        out.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* now) {
            return system()->xCurrentTimeInt64(system(), now);
        };
        return out;
    }();
    static const bool registered = sqlite3_vfs_register(&instance, 0) == SQLITE_OK;
    return registered ? instance.zName : nullptr;
}

}  // namespace safeq::store::sqlite
