// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/job/repository.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// Jobs and their intents in the release database. *Requires*: the database outlives it and its units of work.
/// *Threads*: safe from several threads; a unit of work holds the database until it ends. Its own thread may meanwhile
/// read through the other stores of the database (a subject's key), and write single rows, which then belong to the
/// unit; a second transaction is refused (`internal`).
class JobRepository final : public job::Repository {
public:
    explicit JobRepository(Database& database) noexcept : database_{database} {}
    [[nodiscard]] Result<std::unique_ptr<job::UnitOfWork>> begin() override;

private:
    Database& database_;
};

}  // namespace safeq::store
