// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/crypto/secret.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// A secret file may be so long at most.
inline constexpr std::size_t max_key_file_bytes = 1024 * 1024;

/// Secrets as small files in a folder of their own. A file is refused when anybody but its owner may read or write it,
/// or when it belongs to somebody else than this process's user or root; the folder when others may write to it.
/// Names: 1 to 100 of `a-z 0-9 . _ -`, not beginning with a dot. *Threads*: safe from several threads.
class KeyFolder final {
public:
    /// Makes the folder (0700) if its parent is there. *Errors*: `permission`, `not_found`, `io_failed`.
    [[nodiscard]] static Result<std::unique_ptr<KeyFolder>> open(const std::filesystem::path& path,
                                                                 FileOps& ops = system_file_ops());
    ~KeyFolder();
    KeyFolder(const KeyFolder&) = delete;
    KeyFolder& operator=(const KeyFolder&) = delete;

    /// *Errors*: `not_found`; `permission` when the rights are too wide; `too_large`; `invalid_argument` for a name
    /// that is none; `io_failed`.
    [[nodiscard]] Result<crypto::Secret> read(std::string_view name) const;

    /// The same in the folder of a service's credentials (`$CREDENTIALS_DIRECTORY`), where root's files may let their
    /// group read: systemd gives the service's user an ACL, which shows as that.
    [[nodiscard]] Result<crypto::Secret> read_credential(std::string_view name) const;

    /// Writes a file whole or not at all, in place of an older one; durable when it returns.
    /// *Errors*: `disk_full`, `io_failed`, `permission`, `too_large`, `invalid_argument`.
    [[nodiscard]] Result<void> write(std::string_view name, ByteView secret);

    /// The same, but never in place of another. *Errors*: also `already_exists`.
    [[nodiscard]] Result<void> write_new(std::string_view name, ByteView secret);

    /// Overwrites the file, then unlinks it, durably; one that isn't there is no error. Best effort: a file system
    /// that copies on write, or a flash drive, may keep the old bytes.
    /// *Errors*: `io_failed`, `permission`, `invalid_argument`.
    [[nodiscard]] Result<void> destroy(std::string_view name);

    /// The names of all files, in ascending order. *Errors*: `io_failed`.
    [[nodiscard]] Result<std::vector<std::string>> list() const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept;

private:
    struct Impl;
    explicit KeyFolder(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::store
