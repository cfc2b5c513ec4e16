// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include <safeq/store/account_store.hpp>
#include <safeq/store/database.hpp>
#include <safeq/store/device_store.hpp>
#include <safeq/store/job_repository.hpp>
#include <safeq/store/pairing_store.hpp>
#include <safeq/store/refresh_store.hpp>
#include <safeq/store/revocation_store.hpp>
#include <safeq/store/throttle_store.hpp>
#include <safeq/store/token_store.hpp>

namespace safeq::store {

/// The release database and what it keeps, opened at once. `SubjectKeys` and `ReplayStore`, which need more than the
/// database, are made beside it.
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
    RefreshStore refresh{*database_};
    RevocationStore revocations{*database_};
    PairingStore pairings{*database_};
    ThrottleStore throttle{*database_};
    DeviceStore devices{*database_};

    [[nodiscard]] Database& database() noexcept { return *database_; }

private:
    explicit ReleaseStores(std::unique_ptr<Database> database) noexcept : database_{std::move(database)} {}
};

}  // namespace safeq::store
