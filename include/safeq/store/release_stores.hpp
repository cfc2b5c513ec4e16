// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include <safeq/store/account_store.hpp>
#include <safeq/store/database.hpp>
#include <safeq/store/device_store.hpp>
#include <safeq/store/job_repository.hpp>
#include <safeq/store/throttle_store.hpp>
#include <safeq/store/token_store.hpp>

namespace safeq::store {

/// The release database and what it keeps, opened at once. Subject keys need a key of their own: see `SubjectKeys`.
/// *Threads*: safe from several threads; destroy only when no call is running.
class ReleaseStores final {
    std::unique_ptr<Database> database_;  // first, because the others borrow it

public:
    /// *Errors*: as `Database::open`.
    [[nodiscard]] static Result<std::unique_ptr<ReleaseStores>> open(const std::filesystem::path& path) {
        SAFEQ_TRY(auto database, Database::open(path, Database::Purpose::release));
        return std::unique_ptr<ReleaseStores>{new ReleaseStores{std::move(database)}};
    }
    ReleaseStores(const ReleaseStores&) = delete;
    ReleaseStores& operator=(const ReleaseStores&) = delete;
    ~ReleaseStores() = default;

    JobRepository jobs{*database_};
    AccountStore accounts{*database_};
    TokenStore tokens{*database_};
    ThrottleStore throttle{*database_};
    DeviceStore devices{*database_};

    [[nodiscard]] Database& database() noexcept { return *database_; }

private:
    explicit ReleaseStores(std::unique_ptr<Database> database) noexcept : database_{std::move(database)} {}
};

}  // namespace safeq::store
