// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/log_folder.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <safeq/audit/tile.hpp>

#include "store/folder.hpp"
#include "store/journal.hpp"

namespace safeq::store {
namespace {

constexpr std::size_t remembered_folders = 64;

// The only names that a log has: nothing else is read or written, whatever a peer asks for.
Result<void> check_path(const std::string& path) {
    if (path == audit::checkpoint_path) return {};
    if (!audit::TileId::parse(path)) return fail(Errc::not_found, "log file", "not a path of a log");
    return {};
}

Result<Bytes> read_file(FileOps& ops, const std::filesystem::path& path) {
    const int descriptor =
        ops.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0);
    if (descriptor < 0) return std::unexpected(system_error(errno, path.string(), "open"));
    const File file{ops, descriptor};
    struct stat found{};
    if (ops.fstat(descriptor, found) < 0) return std::unexpected(system_error(errno, path.string(), "look at"));
    if (!S_ISREG(found.st_mode)) return fail(Errc::permission, path.string(), "not a regular file");
    if (found.st_size < 0 || static_cast<std::uint64_t>(found.st_size) > audit::max_resource_bytes)
        return fail(Errc::too_large, path.string());
    Bytes bytes(static_cast<std::size_t>(found.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t got =
            ops.pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<std::int64_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(system_error(errno, path.string(), "read"));
        if (got == 0) return fail(Errc::io_failed, path.string(), "the file shrank while it was read");
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<Bytes> read_log_file(FileOps& ops, const std::filesystem::path& folder, const std::string& path) {
    SAFEQ_TRY_VOID(check_path(path));
    return read_file(ops, folder / path);
}

class FolderReader final : public audit::LogReader {
public:
    explicit FolderReader(std::filesystem::path path) : path_{std::move(path)} {}
    Result<Bytes> read(const std::string& path) override { return read_log_file(system_file_ops(), path_, path); }

private:
    std::filesystem::path path_;
};

class LogFolder final : public audit::LogStore {
public:
    LogFolder(Folder root, File lock, std::size_t part_bytes)
        : root_{std::move(root)}, lock_{std::move(lock)}, journal_{root_, part_bytes} {}

    Result<Bytes> read(const std::string& path) override { return read_log_file(root_.ops(), root_.path(), path); }

    Result<std::optional<audit::JournalExtent>> replay(
        const std::function<Result<void>(audit::Index, ByteView)>& entry) override {
        return journal_.replay(entry);
    }
    Result<void> append(audit::Index first, std::span<const ByteView> entries) override {
        return journal_.append(first, entries);
    }
    Result<void> ready() override { return journal_.ready(); }
    Result<void> rotate(audit::Index next) override { return journal_.rotate(next); }
    Result<void> discard(audit::Index before) override { return journal_.discard(before); }

    // Step by step, all files at each: the first sync makes durable most of what the others wait for, and whoever
    // appends to the journal meanwhile waits for fewer.
    Result<void> write(std::span<const audit::LogFile> files) override {
        if (folders_.size() >= remembered_folders) folders_.clear();
        std::set<const Folder*> folders;
        std::vector<Replacement> replacements;
        replacements.reserve(files.size());
        for (const audit::LogFile& file : files) {
            SAFEQ_TRY_VOID(check_path(file.path));
            const std::size_t slash = file.path.rfind('/');
            const Folder* folder = &root_;
            if (slash != std::string::npos) {
                SAFEQ_TRY(folder, folder_of(file.path.substr(0, slash)));
            }
            SAFEQ_TRY(Replacement replacement, Replacement::write(*folder, file.path.substr(slash + 1), file.bytes));
            replacements.push_back(std::move(replacement));
            folders.insert(folder);
        }
        for (Replacement& each : replacements) SAFEQ_TRY_VOID(each.sync());
        for (Replacement& each : replacements) SAFEQ_TRY_VOID(each.rename());
        for (const Folder* const each : folders) SAFEQ_TRY_VOID(each->sync());
        return {};
    }

    Result<void> remove_partials(const std::string& full_tile_path) override {
        SAFEQ_TRY_VOID(check_path(full_tile_path));
        const std::string name = full_tile_path + ".p";
        if (!root_.exists(name)) return {};
        SAFEQ_TRY(const Folder folder, root_.open_below(name));
        SAFEQ_TRY(const std::vector<std::string> files, folder.files());
        for (const std::string& file : files) SAFEQ_TRY_VOID(folder.unlink(file));
        folders_.erase(name);
        std::error_code ignored;  // an empty folder does no harm
        std::filesystem::remove(root_.path() / name, ignored);
        return {};
    }

private:
    // The folder of that name, with the folders above it durable.
    Result<const Folder*> folder_of(const std::string& name) {
        if (const auto at = folders_.find(name); at != folders_.end()) return &at->second;
        const std::size_t slash = name.rfind('/');
        const Folder* above = &root_;
        if (slash != std::string::npos) {
            SAFEQ_TRY(above, folder_of(name.substr(0, slash)));
        }
        SAFEQ_TRY(Folder folder, above->open_below(name.substr(slash == std::string::npos ? 0 : slash + 1)));
        SAFEQ_TRY_VOID(above->sync());
        return &folders_.emplace(name, std::move(folder)).first->second;
    }

    Folder root_;
    File lock_;
    Journal journal_;
    std::map<std::string, Folder> folders_;
};

}  // namespace

Result<std::unique_ptr<audit::LogStore>> open_log_folder(const std::filesystem::path& path) {
    return open_log_folder(path, system_file_ops());
}

Result<std::unique_ptr<audit::LogStore>> open_log_folder(const std::filesystem::path& path, FileOps& ops,
                                                         std::size_t part_bytes) {
    SAFEQ_TRY(Folder root, Folder::open(path, ops));
    SAFEQ_TRY(File lock, root.lock());
    return std::make_unique<LogFolder>(std::move(root), std::move(lock), part_bytes);
}

Result<std::unique_ptr<audit::LogReader>> read_log_folder(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) return fail(Errc::not_found, path.string(), "no such folder");
    return std::make_unique<FolderReader>(path);
}

}  // namespace safeq::store
