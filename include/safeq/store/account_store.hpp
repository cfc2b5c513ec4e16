// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/auth/account.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// Accounts and their cards in the release database. *Requires*: the database outlives it.
/// *Threads*: safe from several threads.
class AccountStore final : public auth::CredentialStore {
public:
    explicit AccountStore(Database& database) noexcept : database_{database} {}

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

private:
    Database& database_;
};

}  // namespace safeq::store
