// SPDX-License-Identifier: Apache-2.0
#include <safeq/report/export.hpp>

namespace safeq::report {

std::string_view Shown::display() const noexcept {
    switch (state) {
        case State::known: return text;
        case State::absent: return "";
        case State::erased: return "(erased)";
        case State::unavailable: return "(unavailable)";
        case State::restricted: return "(restricted)";
    }
    return "";
}

Result<Shown> Report::open(const std::optional<SealedText>& sealed) const {
    if (!sealed) return Shown{};
    const Result<audit::SubjectKey> key = keys_.key(sealed->field.subject);
    Result<std::string> text = key ? audit::open_personal(*key, {sealed->origin, sealed->record}, sealed->field)
                                   : std::unexpected{key.error()};
    if (text) return Shown{Shown::State::known, *std::move(text)};
    // Without memory nothing is known of the key or the text.
    if (text.error().code == Errc::out_of_memory) return std::unexpected{text.error()};
    const bool erased = text.error().code == Errc::key_destroyed;
    return Shown{erased ? Shown::State::erased : Shown::State::unavailable, {}};
}

Result<Shown> Report::user_name(TenantId tenant, SubjectId subject) const {
    SAFEQ_TRY(const std::optional<UserRow> user, store_.user(tenant, subject));
    return user ? open(user->name) : Shown{};
}

Result<std::string> Report::device_name(TenantId tenant, DeviceId device) const {
    SAFEQ_TRY(std::optional<DeviceRow> row, store_.device(tenant, device));
    return row ? std::move(row->name) : std::string{};
}

Result<std::vector<JobLine>> Report::jobs(const JobQuery& query) const {
    SAFEQ_TRY(std::vector<JobRow> rows, store_.jobs(query));
    std::vector<JobLine> lines;
    lines.reserve(rows.size());
    for (JobRow& row : rows) {
        JobLine line{.row = std::move(row), .user = {}, .title = {}, .device_name = {}};
        if (line.row.restricted) {
            line.user = line.title = {Shown::State::restricted, {}};
        } else {
            SAFEQ_TRY(line.user, open(line.row.user_name));
            if (line.user.state == Shown::State::absent && line.row.owner) {
                SAFEQ_TRY(line.user, user_name(line.row.tenant, *line.row.owner));
            }
            SAFEQ_TRY(line.title, open(line.row.title));
        }
        if (line.row.device) {
            SAFEQ_TRY(line.device_name, device_name(line.row.tenant, *line.row.device));
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

Result<std::vector<TotalLine>> Report::totals(const TotalsQuery& query) const {
    SAFEQ_TRY(const std::vector<Total> totals, store_.totals(query));
    std::vector<TotalLine> lines;
    lines.reserve(totals.size());
    for (const Total& total : totals) {
        TotalLine line{.total = total, .user = {}, .device_name = {}};
        if (total.user) {
            SAFEQ_TRY(line.user, user_name(query.filter.tenant, *total.user));
        }
        if (total.device) {
            SAFEQ_TRY(line.device_name, device_name(query.filter.tenant, *total.device));
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace safeq::report
