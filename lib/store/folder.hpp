// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// The failure that `errno` means, of what was done to `what`.
[[nodiscard]] Error system_error(int number, std::string what, std::string_view action);

/// An open file; closed at the end of its scope.
class File {
public:
    File() noexcept = default;
    File(FileOps& ops, int descriptor) noexcept : ops_{&ops}, descriptor_{descriptor} {}
    File(File&& other) noexcept : ops_{other.ops_}, descriptor_{std::exchange(other.descriptor_, -1)} {}
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    FileOps* ops_ = nullptr;
    int descriptor_ = -1;
};

/// Who may have rights on a secret file.
enum class SecretRights {
    owner,               ///< this process's user, or root, and nobody else
    systemd_credential,  ///< the same; and a file of root's may let its group read
};

/// A folder held by its descriptor, so that no renaming above it leads elsewhere. Names are single components.
class Folder {
public:
    /// Makes the folder with mode 0700, durably, if it is missing. *Errors*: `permission` also when it belongs to
    /// somebody else, or others may write to it.
    [[nodiscard]] static Result<Folder> open(const std::filesystem::path& path, FileOps& ops);
    /// The same below this one.
    [[nodiscard]] Result<Folder> open_below(const std::string& name) const;

    /// Takes the folder for this process, until the file that it returns is closed. *Errors*: `locked`.
    [[nodiscard]] Result<File> lock() const;

    [[nodiscard]] Result<File> create(const std::string& name) const;  ///< new, for writing, mode 0600
    [[nodiscard]] Result<File> open_to_read(const std::string& name) const;
    [[nodiscard]] Result<void> write_all(const File& file, const std::string& name, ByteView bytes) const;
    [[nodiscard]] Result<void> sync(const File& file, const std::string& name) const;
    [[nodiscard]] Result<void> sync() const;
    /// Lets the system begin with what a later `sync` waits for. It may fail without a word: `sync` tells.
    void begin_sync(const File& file, std::uint64_t offset, std::size_t bytes) const noexcept;
    [[nodiscard]] Result<void> rename(const std::string& from, const Folder& to_folder, const std::string& to) const;
    /// A file that isn't there is no error.
    [[nodiscard]] Result<void> unlink(const std::string& name) const;
    [[nodiscard]] bool exists(const std::string& name) const noexcept;
    [[nodiscard]] Result<std::size_t> read_at(const File& file, const std::string& name, std::uint64_t offset,
                                              MutableByteView out) const;
    [[nodiscard]] Result<struct stat> status(const File& file, const std::string& name) const;

    /// What is free for this process in the folder's file system.
    [[nodiscard]] Result<std::uint64_t> free_bytes() const;

    /// A small secret file: only its owner has rights on it. *Errors*: `permission`, `too_large`, `not_found`.
    [[nodiscard]] Result<crypto::Secret> read_secret(const std::string& name, std::size_t max_bytes,
                                                     SecretRights rights = SecretRights::owner) const;
    /// Whole or not at all, durable when it returns, in place of an older one.
    [[nodiscard]] Result<void> replace(const std::string& name, ByteView bytes) const;
    /// Overwrites, then unlinks, durably.
    [[nodiscard]] Result<void> overwrite_and_unlink(const std::string& name) const;

    /// The names of all regular files, in ascending order.
    [[nodiscard]] Result<std::vector<std::string>> files() const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] FileOps& ops() const noexcept { return *ops_; }

private:
    Folder(FileOps& ops, std::filesystem::path path, File folder) noexcept
        : ops_{&ops}, path_{std::move(path)}, folder_{std::move(folder)} {}
    [[nodiscard]] static Result<Folder> open_at(FileOps& ops, int parent, const char* name, std::filesystem::path path,
                                                bool& made);
    [[nodiscard]] static Result<void> sync_above(FileOps& ops, const std::filesystem::path& path);
    [[nodiscard]] std::unexpected<Error> failure(const std::string& name, std::string_view action) const;

    FileOps* ops_;
    std::filesystem::path path_;
    File folder_;
};

/// A file that takes the place of an older one, step by step, so that several share the syncs of their folder: written,
/// `sync`, `rename`, and the folder's own sync. What isn't renamed is gone with the object. The folder outlives it.
class Replacement {
public:
    /// Written under another name.
    [[nodiscard]] static Result<Replacement> write(const Folder& folder, std::string name, ByteView bytes);
    Replacement(Replacement&& other) noexcept = default;
    Replacement& operator=(Replacement&&) = delete;
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    ~Replacement();

    [[nodiscard]] Result<void> sync();
    [[nodiscard]] Result<void> rename();

private:
    struct Unfinished {
        const Folder* folder;
        std::string name, unfinished;
        File file;
    };
    explicit Replacement(Unfinished state) : state_{std::make_unique<Unfinished>(std::move(state))} {}

    std::unique_ptr<Unfinished> state_;  // null: renamed, or moved away
};

/// What unfinished files are named while they are written.
inline constexpr std::string_view unfinished_suffix = ".new";

}  // namespace safeq::store
