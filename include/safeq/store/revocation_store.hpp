// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/database.hpp>
#include <safeq/token/revocation.hpp>

namespace safeq::store {

/// Revocations of tokens in the release database: what was withdrawn stays so over a restart. *Requires*: the database
/// outlives it, and the guard begins with its `clock_marks`. *Threads*: safe from several threads.
class RevocationStore final : public token::RevocationStore {
public:
    explicit RevocationStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<void> add(const token::Revocation& revocation) override;
    [[nodiscard]] Result<std::optional<Time>> issued_until(const token::RevocationKey& key) override;
    [[nodiscard]] Result<std::size_t> forget(Time now, const token::ClockMarks& marks) override;

private:
    Database& database_;
};

}  // namespace safeq::store
