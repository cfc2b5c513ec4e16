// SPDX-License-Identifier: Apache-2.0
#include "folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include <safeq/core/fail_point.hpp>

namespace safeq::store {
namespace {

constexpr int plain_flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;

// The call again where a signal cut it off.
template <class Call>
auto uninterrupted(Call call) noexcept {
    for (;;) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

}  // namespace

Error system_error(int number, std::string what, std::string_view action) {
    Errc code = Errc::io_failed;
    switch (number) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG: code = Errc::disk_full; break;
        case EACCES:
        case EPERM:
        case EROFS:
        case ELOOP: code = Errc::permission; break;
        case ENOENT:
        case ENOTDIR: code = Errc::not_found; break;
        case EEXIST: code = Errc::already_exists; break;
        case EWOULDBLOCK: code = Errc::locked; break;
        case ENOMEM: code = Errc::out_of_memory; break;
        default: break;
    }
    return {code, std::move(what), fmt::format("{}: {}", action, std::strerror(number))};
}

File& File::operator=(File&& other) noexcept {
    if (this != &other) {
        if (descriptor_ >= 0) ops_->close(descriptor_);
        ops_ = other.ops_;
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) ops_->close(descriptor_);
}

std::unexpected<Error> Folder::failure(const std::string& name, std::string_view action) const {
    const int number = errno;
    return std::unexpected(system_error(number, (path_ / name).string(), action));
}

Result<Folder> Folder::open_at(FileOps& ops, int parent, const char* name, std::filesystem::path path, bool& made) {
    made = ops.mkdirat(parent, name, 0700) == 0;
    if (!made && errno != EEXIST) return std::unexpected(system_error(errno, path.string(), "make folder"));
    const int descriptor =
        uninterrupted([&] { return ops.openat(parent, name, O_RDONLY | O_DIRECTORY | plain_flags, 0); });
    if (descriptor < 0) return std::unexpected(system_error(errno, path.string(), "open folder"));
    Folder folder{ops, std::move(path), File{ops, descriptor}};
    struct stat status{};
    if (ops.fstat(descriptor, status) < 0) return folder.failure({}, "look at folder");
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return fail(Errc::permission, folder.path_.string(), "the folder belongs to somebody else");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(Errc::permission, folder.path_.string(), "others may write to the folder");
    return folder;
}

// Nothing is promised of what lies in a folder whose own name a power cut may take.
Result<void> Folder::sync_above(FileOps& ops, const std::filesystem::path& path) {
    const std::filesystem::path above = (path.has_filename() ? path : path.parent_path()).parent_path();
    const int descriptor = uninterrupted([&] {
        return ops.openat(AT_FDCWD, above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    });
    if (descriptor < 0) return std::unexpected(system_error(errno, above.string(), "open folder"));
    const File folder{ops, descriptor};
    if (ops.fsync(descriptor) < 0) return std::unexpected(system_error(errno, above.string(), "sync"));
    return {};
}

Result<Folder> Folder::open(const std::filesystem::path& path, FileOps& ops) {
    bool made = false;
    SAFEQ_TRY(Folder folder, open_at(ops, AT_FDCWD, path.c_str(), path, made));
    if (made) SAFEQ_TRY_VOID(sync_above(ops, path));
    return folder;
}

Result<Folder> Folder::open_below(const std::string& name) const {
    bool made = false;
    SAFEQ_TRY(Folder folder, open_at(*ops_, folder_.descriptor(), name.c_str(), path_ / name, made));
    if (made) SAFEQ_TRY_VOID(sync());
    return folder;
}

Result<File> Folder::lock() const {
    const int descriptor = uninterrupted(
        [&] { return ops_->openat(folder_.descriptor(), ".lock", O_RDWR | O_CREAT | plain_flags, S_IRUSR | S_IWUSR); });
    if (descriptor < 0) return failure(".lock", "open");
    File file{*ops_, descriptor};
    if (uninterrupted([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) < 0)
        return failure({}, "another process has it");
    return file;
}

Result<File> Folder::create(const std::string& name) const {
    const int descriptor = uninterrupted([&] {
        return ops_->openat(folder_.descriptor(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | plain_flags,
                            S_IRUSR | S_IWUSR);
    });
    if (descriptor < 0) return failure(name, "create");
    return File{*ops_, descriptor};
}

Result<File> Folder::open_to_read(const std::string& name) const {
    // O_NONBLOCK: a named pipe put in the file's place would otherwise stop the thread for good.
    const int descriptor = uninterrupted(
        [&] { return ops_->openat(folder_.descriptor(), name.c_str(), O_RDONLY | O_NONBLOCK | plain_flags, 0); });
    if (descriptor < 0) return failure(name, "open");
    File file{*ops_, descriptor};
    SAFEQ_TRY(const struct stat found, status(file, name));
    if (!S_ISREG(found.st_mode)) return fail(Errc::permission, (path_ / name).string(), "not a regular file");
    return file;
}

Result<struct stat> Folder::status(const File& file, const std::string& name) const {
    struct stat found{};
    if (ops_->fstat(file.descriptor(), found) < 0) return failure(name, "look at");
    return found;
}

Result<void> Folder::write_all(const File& file, const std::string& name, ByteView bytes) const {
    while (!bytes.empty()) {
        const ssize_t written =
            uninterrupted([&] { return ops_->write(file.descriptor(), bytes.data(), bytes.size()); });
        if (written < 0) return failure(name, "write");
        if (written == 0) return fail(Errc::io_failed, (path_ / name).string(), "nothing was written");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> Folder::sync(const File& file, const std::string& name) const {
    // Never tried again: after a failed fsync the kernel may have dropped the pages and report success.
    if (ops_->fsync(file.descriptor()) < 0) return failure(name, "sync");
    return {};
}

void Folder::begin_sync(const File& file, std::uint64_t offset, std::size_t bytes) const noexcept {
    (void)ops_->begin_sync(file.descriptor(), static_cast<std::int64_t>(offset), static_cast<std::int64_t>(bytes));
}

Result<void> Folder::sync() const { return sync(folder_, {}); }

Result<void> Folder::rename(const std::string& from, const Folder& to_folder, const std::string& to) const {
    if (ops_->renameat(folder_.descriptor(), from.c_str(), to_folder.folder_.descriptor(), to.c_str()) < 0)
        return failure(from, "rename");
    return {};
}

Result<void> Folder::unlink(const std::string& name) const {
    if (ops_->unlinkat(folder_.descriptor(), name.c_str()) < 0 && errno != ENOENT) return failure(name, "unlink");
    return {};
}

bool Folder::exists(const std::string& name) const noexcept {
    struct stat found{};
    return fstatat(folder_.descriptor(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<std::size_t> Folder::read_at(const File& file, const std::string& name, std::uint64_t offset,
                                    MutableByteView out) const {
    constexpr std::uint64_t most = 0x7fff'ffff'ffff'ffff;
    std::size_t done = 0;
    while (done < out.size()) {
        if (offset > most - done) return fail(Errc::io_failed, (path_ / name).string(), "an offset over 63 bits");
        const ssize_t got = uninterrupted([&] {
            return ops_->pread(file.descriptor(), out.data() + done, out.size() - done,
                               static_cast<std::int64_t>(offset + done));
        });
        if (got < 0) return failure(name, "read");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::uint64_t> Folder::free_bytes() const {
    struct statvfs found{};
    if (ops_->fstatvfs(folder_.descriptor(), found) < 0) return failure({}, "look at file system");
    return std::uint64_t{found.f_bavail} * found.f_frsize;
}

Result<crypto::Secret> Folder::read_secret(const std::string& name, std::size_t max_bytes, SecretRights rights) const {
    SAFEQ_TRY(const File file, open_to_read(name));
    SAFEQ_TRY(const struct stat found, status(file, name));
    mode_t refused = S_IRWXG | S_IRWXO;
    // systemd lets the service's user read by an ACL, whose mask stands where the group's rights are shown.
    if (rights == SecretRights::systemd_credential && found.st_uid == 0) refused &= ~mode_t{S_IRGRP};
    if ((found.st_mode & refused) != 0)
        return fail(Errc::permission, (path_ / name).string(),
                    fmt::format("mode {:04o} gives others rights on a secret; use chmod 600", found.st_mode & 07777u));
    if (found.st_uid != geteuid() && found.st_uid != 0)
        return fail(Errc::permission, (path_ / name).string(), "the secret belongs to somebody else");
    if (found.st_size < 0 || static_cast<std::uint64_t>(found.st_size) > max_bytes)
        return fail(Errc::too_large, (path_ / name).string(),
                    fmt::format("{} bytes, at most {}", found.st_size, max_bytes));
    crypto::Secret secret = crypto::Secret::zeroed(static_cast<std::size_t>(found.st_size));
    SAFEQ_TRY(const std::size_t got, read_at(file, name, 0, secret.fill()));
    if (got != secret.size())
        return fail(Errc::io_failed, (path_ / name).string(), "the file shrank while it was read");
    return secret;
}

Result<void> Folder::replace(const std::string& name, ByteView bytes) const {
    {
        SAFEQ_TRY(Replacement file, Replacement::write(*this, name, bytes));
        SAFEQ_TRY_VOID(file.sync());
        SAFEQ_TRY_VOID(file.rename());
    }
    return sync();
}

Result<Replacement> Replacement::write(const Folder& folder, std::string name, ByteView bytes) {
    const std::string unfinished = name + std::string{unfinished_suffix};
    // Left behind by a process that was stopped; it may hold part of a secret.
    if (folder.exists(unfinished)) SAFEQ_TRY_VOID(folder.overwrite_and_unlink(unfinished));
    SAFEQ_TRY(File file, folder.create(unfinished));
    Replacement out{{&folder, std::move(name), unfinished, std::move(file)}};
    SAFEQ_FAIL_POINT("file.created");
    SAFEQ_TRY_VOID(folder.write_all(out.state_->file, unfinished, bytes));
    SAFEQ_FAIL_POINT("file.written");
    return out;
}

Replacement::~Replacement() {
    if (state_) [[maybe_unused]]
        const auto cleaned = state_->folder->overwrite_and_unlink(state_->unfinished);
}

Result<void> Replacement::sync() {
    SAFEQ_TRY_VOID(state_->folder->sync(state_->file, state_->unfinished));
    SAFEQ_FAIL_POINT("file.synced");
    return {};
}

Result<void> Replacement::rename() {
    SAFEQ_TRY_VOID(state_->folder->rename(state_->unfinished, *state_->folder, state_->name));
    state_.reset();
    SAFEQ_FAIL_POINT("file.renamed");
    return {};
}

Result<void> Folder::overwrite_and_unlink(const std::string& name) const {
    const int descriptor = uninterrupted(
        [&] { return ops_->openat(folder_.descriptor(), name.c_str(), O_WRONLY | O_NONBLOCK | plain_flags, 0); });
    if (descriptor < 0 && errno == ENOENT) return {};
    if (descriptor < 0) return failure(name, "open");
    const File file{*ops_, descriptor};
    SAFEQ_TRY(const struct stat found, status(file, name));
    if (S_ISREG(found.st_mode)) {
        static constexpr std::array<std::byte, 4096> zeros{};
        for (std::uint64_t left = found.st_size < 0 ? 0 : static_cast<std::uint64_t>(found.st_size); left > 0;) {
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
            SAFEQ_TRY_VOID(write_all(file, name, ByteView{zeros}.first(part)));
            left -= part;
        }
        SAFEQ_TRY_VOID(sync(file, name));
        SAFEQ_FAIL_POINT("file.overwritten");
    }
    SAFEQ_TRY_VOID(unlink(name));
    SAFEQ_FAIL_POINT("file.unlinked");
    return sync();
}

Result<std::vector<std::string>> Folder::files() const {
    // A descriptor of its own: reading a folder moves its position.
    const int descriptor = openat(folder_.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failure({}, "open");
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{fdopendir(descriptor), &closedir};
    if (!stream) {
        ::close(descriptor);
        return failure({}, "list");
    }
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* const entry = readdir(stream.get());
        if (entry == nullptr) break;
        struct stat found{};
        if (fstatat(folder_.descriptor(), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode))
            names.emplace_back(entry->d_name);
    }
    if (errno != 0) return failure({}, "list");
    std::ranges::sort(names);
    return names;
}

}  // namespace safeq::store
