// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/database.hpp>
#include <safeq/token/refresh_store.hpp>

namespace safeq::store {

/// Refresh token families in the release database: a device stays signed in over a restart. *Requires*: the database
/// outlives it. *Threads*: safe from several threads.
class RefreshStore final : public token::RefreshStore {
public:
    explicit RefreshStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<void> add(const token::RefreshFamily& family) override;
    [[nodiscard]] Result<token::RefreshFamily> find(TenantId tenant, const token::TokenHash& selector) override;
    [[nodiscard]] Result<void> rotate(TenantId tenant, SessionId id, const token::TokenHash& from,
                                      const token::TokenHash& to, Time idle_deadline) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, SessionId id) override;
    [[nodiscard]] Result<std::vector<token::RefreshFamily>> list(TenantId tenant, SubjectId subject) override;
    [[nodiscard]] Result<std::size_t> erase_expired(Time now) override;

private:
    Database& database_;
};

}  // namespace safeq::store
