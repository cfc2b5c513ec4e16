// SPDX-License-Identifier: Apache-2.0
// Every single allocation fails once of each form in which the report is asked for. Then there is no answer, or the
// right one: no title that "can't be had" because memory ran out, and no row that is missing.
#include <functional>
#include <map>

#include "support/allocation/failing_allocation.hpp"
#include "unit/report/report_world.hpp"

using namespace safeq;
using namespace safeq::report;
using audit::Kind;
using test::Ended;
using test::hold;
using test::ReportWorld;

namespace {

struct Asked : ReportWorld {
    Report report{store, keys};
    JobQuery all{.filter = {.tenant = tenant}};

    Asked() {
        audit::Record named = record(Kind::device_added);
        named.device = device;
        named.add(audit::field::name, "a device with a name that is longer than some");
        const SubjectId alice = person();
        const JobId job = JobId::make(clock, random);
        audit::Record printed = of_job(Kind::job_printed, job);
        printed.device = device;
        const JobId unnamed = JobId::make(clock, random);
        const JobId frozen = JobId::make(clock, random);
        REQUIRE(take(release, {named, added(alice, "Alice, whose name is longer than some"),
                               held(job, alice, "Plans for a year.pdf", "Alice, as she was"), printed,
                               held(frozen, alice, "frozen", "Alice"), of_job(Kind::job_restricted, frozen)}));
        REQUIRE(take(intake, {accepted(unnamed, alice)}));
    }
    [[nodiscard]] Result<std::vector<TotalLine>> totals(TotalsBy by) const {
        return report.totals({.filter = all.filter, .by = by});
    }
};

}  // namespace

TEST_CASE("HOSTILE 7: an allocation that fails while the report is read gives no wrong report", "[report][oom]") {
    const Asked asked;
    const auto jobs = [&](auto write) -> std::function<Result<std::string>()> {
        return [&asked, write]() -> Result<std::string> {
            SAFEQ_TRY(const auto lines, asked.report.jobs(asked.all));
            return write(lines);
        };
    };
    std::map<std::string, std::function<Result<std::string>()>> forms{
        {"jobs as JSON", jobs([](const std::vector<JobLine>& lines) { return jobs_json(lines); })},
        {"jobs as CSV", jobs([](const std::vector<JobLine>& lines) { return jobs_csv(lines); })},
        {"the page", [&]() -> Result<std::string> {
             SAFEQ_TRY(const auto lines, asked.report.jobs(asked.all));
             SAFEQ_TRY(const auto users, asked.totals(TotalsBy::user));
             SAFEQ_TRY(const auto devices, asked.totals(TotalsBy::device));
             SAFEQ_TRY(const auto days, asked.totals(TotalsBy::day));
             return to_html({.heading = "Who printed what",
                             .style_sheet = "/style.css",
                             .jobs = lines,
                             .by_user = users,
                             .by_device = devices,
                             .by_day = days,
                             .next_page = "/?after=1"});
         }}};
    for (const TotalsBy by : {TotalsBy::user, TotalsBy::device, TotalsBy::day}) {
        const std::string number = std::to_string(static_cast<int>(by));
        forms.emplace("totals as JSON " + number, [&asked, by]() -> Result<std::string> {
            SAFEQ_TRY(const auto lines, asked.totals(by));
            return totals_json(lines, by);
        });
        forms.emplace("totals as CSV " + number, [&asked, by]() -> Result<std::string> {
            SAFEQ_TRY(const auto lines, asked.totals(by));
            return totals_csv(lines, by);
        });
    }
    REQUIRE(forms.size() == 9);
    for (const auto& [name, form] : forms) {
        INFO(name);
        const std::string expected = *form();
        std::optional<Result<std::string>> got;
        const test::Counts counts = test::each_allocation(
            [&] {
                got = form();
                return got->has_value();
            },
            [&](Ended ended) {
                hold(ended != Ended::well || **got == expected);
                const auto again = form();
                hold(again && *again == expected);
            });
        CHECK(counts.failures > 5);
        CHECK(counts.stops * 2 < counts.failures);
    }
}
