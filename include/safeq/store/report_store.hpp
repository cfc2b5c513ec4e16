// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/report/report_store.hpp>
#include <safeq/store/database.hpp>

namespace safeq::store {

/// The report database. *Requires*: a database of `Purpose::report`, which outlives it and its units of work.
/// Sums are exact up to 2^53, and stop at 2^63 - 1. *Threads*: safe from several threads; a unit of work holds the
/// database until it ends.
class ReportStore final : public report::ReportStore {
public:
    explicit ReportStore(Database& database) noexcept : database_{database} {}

    [[nodiscard]] Result<std::unique_ptr<report::ReportUnit>> begin() override;
    [[nodiscard]] Result<report::LogPosition> position(const std::string& origin) override;
    [[nodiscard]] Result<std::optional<report::JobRow>> job(TenantId tenant, JobId job) override;
    [[nodiscard]] Result<std::vector<report::JobRow>> jobs(const report::JobQuery& query) override;
    [[nodiscard]] Result<std::vector<report::Total>> totals(const report::TotalsQuery& query) override;
    [[nodiscard]] Result<std::optional<report::UserRow>> user(TenantId tenant, SubjectId subject) override;
    [[nodiscard]] Result<std::optional<report::DeviceRow>> device(TenantId tenant, DeviceId device) override;

private:
    Database& database_;
};

}  // namespace safeq::store
