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
#include <safeq/store/subject_keys.hpp>
#include <safeq/store/throttle_store.hpp>
#include <safeq/store/token_store.hpp>

namespace safeq::store {

/// The release database and what it keeps for one tenant, opened at once, with the subject keys in `subjects.db` beside
/// it. `ReplayStore`, which needs more, is made beside them. *Threads*: safe from several threads; destroy only when no
/// call is running.
class ReleaseStores final {
    std::unique_ptr<Database> database_;  // first, because the others borrow them
    std::unique_ptr<Database> keys_;

public:
    /// Whose database it is, and what its stores need.
    struct Parts {
        TenantId tenant;
        const crypto::WrapKey& root;  ///< of the subject keys; it lies outside the databases
        const Clock& clock;
        Random& random;
    };

    /// *Requires*: clock and randomness outlive it. *Errors*: as `Database::open`.
    [[nodiscard]] static Result<std::unique_ptr<ReleaseStores>> open(const std::filesystem::path& path,
                                                                     const Parts& parts) {
        SAFEQ_TRY(auto database, Database::open(path, Database::Purpose::release));
        SAFEQ_TRY(auto keys, Database::open(path.parent_path() / "subjects.db", Database::Purpose::subjects));
        std::unique_ptr<ReleaseStores> out{new ReleaseStores{std::move(database), std::move(keys), parts}};
        SAFEQ_TRY_VOID(out->subjects.adopt(*out->database_));
        return out;
    }
    ReleaseStores(const ReleaseStores&) = delete;
    ReleaseStores& operator=(const ReleaseStores&) = delete;
    ~ReleaseStores() = default;

    JobRepository jobs{*database_};
    SubjectKeys subjects;
    AccountStore accounts;
    TokenStore tokens{*database_};
    RefreshStore refresh{*database_};
    RevocationStore revocations{*database_};
    PairingStore pairings{*database_};
    ThrottleStore throttle{*database_};
    DeviceStore devices{*database_};

    /// For stores that are made beside these.
    [[nodiscard]] Database& database() noexcept { return *database_; }

private:
    ReleaseStores(std::unique_ptr<Database> database, std::unique_ptr<Database> keys, const Parts& parts)
        : database_{std::move(database)},
          keys_{std::move(keys)},
          subjects{*keys_, parts.tenant, parts.root.clone(), parts.clock, parts.random, database_.get()},
          accounts{*database_, subjects, parts.root, parts.random} {}
};

}  // namespace safeq::store
