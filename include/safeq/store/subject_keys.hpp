// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/audit/personal.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// The subject keys of one tenant in the release database, each wrapped (AES-KWP) together with tenant and subject, so
/// that no row can be put in another's place. *Requires*: database, clock and randomness outlive it.
/// *Threads*: safe from several threads.
class SubjectKeys final : public audit::SubjectKeys {
public:
    /// `root` wraps the keys; it lies outside the database.
    SubjectKeys(Database& database, TenantId tenant, crypto::WrapKey root, const Clock& clock, Random& random) noexcept
        : database_{database}, tenant_{tenant}, root_{std::move(root)}, clock_{clock}, random_{random} {}

    /// The subject's key; a fresh one where there is none yet, durable when this returns.
    /// *Errors*: `key_destroyed`: an erased person gets no second key; `invalid_argument` for a nil id;
    /// `authentication_failed` when `root` didn't wrap it.
    [[nodiscard]] Result<audit::SubjectKey> create(SubjectId subject);

    /// *Errors*: `key_unknown`, `key_destroyed`, `authentication_failed`.
    [[nodiscard]] Result<audit::SubjectKey> key(SubjectId subject) override;

    /// Destroys the key, in the database and in its write-ahead log; that and when stays on record. One that is
    /// destroyed already is no error, so a call that failed may be repeated. Best effort, as for every file.
    /// *Errors*: `key_unknown`.
    [[nodiscard]] Result<void> destroy(SubjectId subject);

private:
    Database& database_;
    TenantId tenant_;
    crypto::WrapKey root_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace safeq::store
