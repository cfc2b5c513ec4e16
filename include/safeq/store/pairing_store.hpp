// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/database.hpp>
#include <safeq/token/pairing_store.hpp>

namespace safeq::store {

/// Pending pairings of devices in the release database. *Requires*: the database outlives it. *Threads*: safe from
/// several threads.
class PairingStore final : public token::PairingStore {
public:
    explicit PairingStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<void> put(const token::PairingRecord& record) override;
    [[nodiscard]] Result<token::PairingRecord> attempt(TenantId tenant, DeviceId device) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, DeviceId device, token::PairingId id) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, DeviceId device) override;
    [[nodiscard]] Result<std::size_t> erase_expired(Time now) override;

private:
    Database& database_;
};

}  // namespace safeq::store
