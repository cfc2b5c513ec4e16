// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/auth/throttle.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// The counters of the throttle in the release database. *Requires*: the database outlives it.
/// *Threads*: safe from several threads.
class ThrottleStore final : public auth::ThrottleStore {
public:
    explicit ThrottleStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<std::vector<auth::ThrottleEntry>> load() override;
    [[nodiscard]] Result<void> save(std::span<const auth::ThrottleEntry> changes) override;

private:
    Database& database_;
};

}  // namespace safeq::store
