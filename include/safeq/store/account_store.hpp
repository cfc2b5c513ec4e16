// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include <safeq/audit/personal.hpp>
#include <safeq/auth/account.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// Accounts and their cards in the release database. Names lie sealed under their subject's key, and are found by a
/// MAC: who has the file alone, or a backup of it, learns no name, and with the subject's key its name is gone
/// everywhere. An account whose key was destroyed is shown as `erased-` and its subject's id. To find nobody by a name
/// or a card takes as long as to find somebody: another account is read in their place. *Requires*: what it is given
/// outlives it; an account's subject key is there before the account (`key_unknown`).
/// *Threads*: safe from several threads.
class AccountStore final : public auth::CredentialStore {
public:
    /// `root` wraps the subject keys, too; what names are found by is derived from it.
    AccountStore(Database& database, audit::SubjectKeys& keys, const crypto::WrapKey& root, Random& random)
        : database_{database},
          keys_{keys},
          lookup_key_{crypto::derive_key<crypto::HmacKey>(root.expose(), "safeq/account-names/v1")},
          random_{random} {}

    [[nodiscard]] Result<auth::Account> find_by_name(TenantId tenant, std::string_view name) override;
    [[nodiscard]] Result<auth::Account> find_by_subject(TenantId tenant, SubjectId subject) override;
    [[nodiscard]] Result<auth::Account> find_by_card(TenantId tenant, std::span<const crypto::MacTag> lookups) override;
    [[nodiscard]] Result<void> save(const auth::Account& account) override;
    [[nodiscard]] Result<void> add_all(std::span<const auth::Account> accounts) override;
    [[nodiscard]] Result<void> replace(TenantId tenant, SubjectId subject, auth::Verifier which,
                                       const auth::StoredPassword& from, const auth::PhcString& to) override;
    [[nodiscard]] Result<void> replace(TenantId tenant, SubjectId subject, const auth::CardRecord& from,
                                       const auth::CardRecord& to) override;
    [[nodiscard]] Result<std::vector<auth::Account>> list(TenantId tenant) override;
    [[nodiscard]] Result<std::vector<SubjectId>> erasing(TenantId tenant) override;

private:
    [[nodiscard]] crypto::MacTag lookup(TenantId tenant, std::string_view name) const;
    [[nodiscard]] Result<Bytes> seal(const auth::Account& account);
    [[nodiscard]] Result<void> open(auth::Account& account, ByteView sealed);
    [[nodiscard]] Result<void> find_decoy(TenantId tenant);

    Database& database_;
    audit::SubjectKeys& keys_;
    crypto::HmacKey lookup_key_;
    Random& random_;
    std::map<TenantId, SubjectId> decoys_;  // whom to read where nobody is found; under the database's lock
};

}  // namespace safeq::store
