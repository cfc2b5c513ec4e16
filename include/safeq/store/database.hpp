// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <safeq/core/error.hpp>

namespace safeq::store {

/// One SQLite file, opened by this process alone, through one connection behind one mutex. Write-ahead log with
/// `synchronous=FULL`: what is committed survives a power cut. After an error of the file system nothing more is read
/// or written through it until it is opened anew.
class Database final {
public:
    /// Which tables the file has.
    enum class Purpose {
        release,   ///< jobs, intents, accounts, tokens, throttle, devices
        report,    ///< projections of the logs
        subjects,  ///< subject keys: apart, so that copies of the others hold no key that could be destroyed here
    };

    /// Opens or makes the file (0600), checks it, and brings an older schema up to date.
    /// *Errors*: `locked` when another process has it; `permission` when others may read it; `bad_version` when it was
    /// written by a newer version; `config_invalid` when it is a database of another purpose; `malformed` when it is
    /// damaged or no database; `not_found` when its folder is missing; `io_failed`, `disk_full`.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Purpose purpose);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// For the adapters of this room.
    struct Impl;
    /// The connection, for them.
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }

private:
    explicit Database(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::store
