// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>

#include "report/cells.hpp"

namespace safeq::report {
namespace {

void add_line(std::string& out, std::initializer_list<std::string> fields) {
    std::string_view comma;
    for (const std::string& field : fields) {
        out += comma;
        out += escape_csv(field);
        comma = ",";
    }
    out += "\r\n";
}

}  // namespace

std::string jobs_csv(std::span<const JobLine> lines) {
    std::string out;
    add_line(out, {"job", "accepted", "held", "released", "ended", "user", "user_id", "title", "format", "bytes",
                   "pages", "copies", "prints", "counted_pages", "device", "device_id", "outcome"});
    for (const JobLine& line : lines) {
        const JobRow& row = line.row;
        add_line(out, {row.job.text(), cell(row.accepted), cell(row.held), cell(row.released), cell(row.ended),
                       cell(line.user.display()), cell(row.owner), cell(line.title.display()),
                       cell(std::string_view{row.format}), cell(row.bytes), cell(row.pages), cell(row.copies),
                       fmt::format("{}", row.prints), fmt::format("{}", row.counted_pages()),
                       cell(std::string_view{line.device_name}), cell(row.device), std::string{name(row.outcome)}});
    }
    return out;
}

std::string totals_csv(std::span<const TotalLine> lines, TotalsBy by) {
    std::string out;
    const std::string label{group_label(by)};
    add_line(out, {label, label + "_id", "jobs", "printed", "pages", "bytes"});
    for (const TotalLine& line : lines) {
        const Total& total = line.total;
        add_line(out,
                 {group_name(line, by), group_id(line, by), fmt::format("{}", total.jobs),
                  fmt::format("{}", total.printed), fmt::format("{}", total.pages), fmt::format("{}", total.bytes)});
    }
    return out;
}

}  // namespace safeq::report
