// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/job/device.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// Devices in the release database. *Requires*: the database outlives it. *Threads*: safe from several threads.
class DeviceStore final : public job::DeviceStore {
public:
    explicit DeviceStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<void> add(const job::Device& device) override;
    [[nodiscard]] Result<void> update(const job::Device& device) override;
    [[nodiscard]] Result<job::Device> find(TenantId tenant, DeviceId id) override;
    [[nodiscard]] Result<job::Device> find_by_name(TenantId tenant, std::string_view name) override;
    [[nodiscard]] Result<job::Device> find_by_terminal(TenantId tenant,
                                                       const job::CertificateFingerprint& terminal) override;
    [[nodiscard]] Result<std::vector<job::Device>> list(TenantId tenant) override;
    [[nodiscard]] Result<void> remove(TenantId tenant, DeviceId id) override;

private:
    Database& database_;
};

}  // namespace safeq::store
