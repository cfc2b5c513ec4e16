// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/personal.hpp>
#include <safeq/report/report_store.hpp>

namespace safeq::report {

/// Something personal, as far as it may and can be shown.
struct Shown {
    /// Why there is a text, or none.
    enum class State : std::uint8_t {
        known,
        absent,       ///< no record told it
        erased,       ///< its key was destroyed
        unavailable,  ///< its key can't be had now, or doesn't open it
        restricted,   ///< the job is frozen: not told while it is
    };
    State state = State::absent;
    std::string text = {};  ///< only when known; came from outside, escape it

    /// The text, or what stands in its place: "", "(erased)", "(unavailable)", "(restricted)".
    [[nodiscard]] std::string_view display() const noexcept;

    friend bool operator==(const Shown&, const Shown&) = default;
};

/// A job with its names.
struct JobLine {
    JobRow row;
    Shown user;
    Shown title;
    std::string device_name;  ///< empty when not known
};

/// A sum with its name.
struct TotalLine {
    Total total;
    Shown user;               ///< by user
    std::string device_name;  ///< by device
};

/// Answers queries, with names where their keys still exist. *Threads*: as its ports.
class Report {
public:
    Report(ReportStore& store, audit::SubjectKeys& keys) noexcept : store_{store}, keys_{keys} {}

    /// A page of jobs with the names that can be shown. *Errors*: those of the store, `out_of_memory`;
    /// a key that can't be had is none.
    [[nodiscard]] Result<std::vector<JobLine>> jobs(const JobQuery& query) const;
    /// The sums with the names that can be shown. *Errors*: as `jobs`.
    [[nodiscard]] Result<std::vector<TotalLine>> totals(const TotalsQuery& query) const;

private:
    [[nodiscard]] Result<Shown> open(const std::optional<SealedText>& sealed) const;
    [[nodiscard]] Result<Shown> user_name(TenantId tenant, SubjectId subject) const;
    [[nodiscard]] Result<std::string> device_name(TenantId tenant, DeviceId device) const;

    ReportStore& store_;
    audit::SubjectKeys& keys_;
};

/// RFC 4180 with a head line; no field can become a formula. Control characters are written as `\xNN`.
/// @{
[[nodiscard]] std::string jobs_csv(std::span<const JobLine> lines);
[[nodiscard]] std::string totals_csv(std::span<const TotalLine> lines, TotalsBy by);
/// @}

/// `{"jobs":[…]}` and `{"by":"user","totals":[…]}`; what is not known is null, and an erased name says so beside it.
/// @{
[[nodiscard]] std::string jobs_json(std::span<const JobLine> lines);
[[nodiscard]] std::string totals_json(std::span<const TotalLine> lines, TotalsBy by);
/// @}

/// What the one page shows.
struct HtmlPage {
    std::string_view heading;
    std::string_view style_sheet;  ///< path of the style sheet; the page holds no style and no script of its own
    std::span<const JobLine> jobs;
    std::span<const TotalLine> by_user;
    std::span<const TotalLine> by_device;
    std::span<const TotalLine> by_day;
    std::string_view next_page = {};  ///< link to older jobs; empty: none
};

/// A whole HTML document, UTF-8. Nothing that came from outside is anything but text in it.
[[nodiscard]] std::string to_html(const HtmlPage& page);

}  // namespace safeq::report
