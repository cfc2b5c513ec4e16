// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/audit/personal.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// The subject keys of one tenant, each wrapped (AES-KWP) together with tenant and subject, so that no row can be put
/// in another's place. They lie in a database of their own: what is sealed under them is copied by the day, and a copy
/// that held the keys as well would outlast an erasure. Of this database the last copy alone is to be kept. *Requires*:
/// databases, clock and randomness outlive it. *Threads*: safe from several threads.
class SubjectKeys final : public audit::SubjectKeys {
public:
    /// `root` wraps the keys; it lies outside the database. `sealed`: where what they seal is kept, if that is another;
    /// the destruction of a key empties its write-ahead log, too.
    SubjectKeys(Database& database, TenantId tenant, crypto::WrapKey root, const Clock& clock, Random& random,
                Database* sealed = nullptr) noexcept
        : database_{database},
          tenant_{tenant},
          root_{std::move(root)},
          clock_{clock},
          random_{random},
          sealed_{sealed} {}

    /// Moves the tenant's keys here that `former` holds, as release databases did before they had their own: copied and
    /// durable before they are deleted there. May be repeated; a key that is here already, or was destroyed, stays so.
    [[nodiscard]] Result<void> adopt(Database& former);

    /// The subject's key; a fresh one where there is none yet, durable when this returns.
    /// *Errors*: `key_destroyed`: an erased person gets no second key; `invalid_argument` for a nil id;
    /// `authentication_failed` when `root` didn't wrap it.
    [[nodiscard]] Result<audit::SubjectKey> create(SubjectId subject);

    /// *Errors*: `key_unknown`, `key_destroyed`, `authentication_failed`.
    [[nodiscard]] Result<audit::SubjectKey> key(SubjectId subject) override;

    /// Destroys the key, in its database and in the write-ahead logs; that and when stays on record. One that is
    /// destroyed already is no error, so a call that failed may be repeated. Best effort, as for every file.
    /// *Errors*: `key_unknown`.
    [[nodiscard]] Result<void> destroy(SubjectId subject);

private:
    Database& database_;
    TenantId tenant_;
    crypto::WrapKey root_;
    const Clock& clock_;
    Random& random_;
    Database* sealed_;
};

}  // namespace safeq::store
