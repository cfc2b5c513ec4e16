// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/database.hpp>
#include <safeq/token/store.hpp>

namespace safeq::store {

/// Tokens, hashed, in the release database. *Requires*: the database outlives it. *Threads*: safe from several threads.
class TokenStore final : public token::TokenStore {
public:
    explicit TokenStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<void> add(const token::TokenRecord& record) override;
    [[nodiscard]] Result<void> add_within(const token::TokenRecord& record, std::size_t most) override;
    [[nodiscard]] Result<void> replace(const token::TokenRecord& record) override;
    [[nodiscard]] Result<token::TokenRecord> find(TenantId tenant, const token::TokenHash& hash) override;
    [[nodiscard]] Result<void> slide(TenantId tenant, token::TokenId id, Time idle_deadline) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, token::TokenId id) override;
    [[nodiscard]] Result<std::size_t> erase_at(TenantId tenant, DeviceId device) override;
    [[nodiscard]] Result<std::vector<token::TokenRecord>> list(TenantId tenant, SubjectId subject,
                                                               token::TokenKind kind) override;
    [[nodiscard]] Result<std::size_t> erase_expired(Time now) override;

private:
    Database& database_;
};

}  // namespace safeq::store
