// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>

#include "report/cells.hpp"

namespace safeq::report {
namespace {

void add_row(std::string& out, std::initializer_list<std::string> cells) {
    out += "<tr>";
    for (const std::string& each : cells) out += fmt::format("<td>{}</td>", escape_html(each));
    out += "</tr>\n";
}

void begin_table(std::string& out, std::string_view id, std::string_view caption,
                 std::initializer_list<std::string> heads) {
    out += fmt::format("<section>\n<table id=\"{}\">\n<caption>{}</caption>\n<thead>\n", id, caption);
    out += "<tr>";
    for (const std::string& head : heads) out += fmt::format("<th scope=\"col\">{}</th>", head);
    out += "</tr>\n</thead>\n<tbody>\n";
}

constexpr std::string_view end_table = "</tbody>\n</table>\n</section>\n";

void add_jobs(std::string& out, std::span<const JobLine> lines) {
    begin_table(out, "jobs", "Jobs",
                {"When", "User", "Title", "Format", "Pages", "Copies", "Bytes", "Released", "Device", "Outcome"});
    for (const JobLine& line : lines) {
        const JobRow& row = line.row;
        const std::string device =
            line.device_name.empty() ? cell(row.device) : cell(std::string_view{line.device_name});
        add_row(out, {to_rfc3339(row.when()), cell(line.user.display()), cell(line.title.display()),
                      cell(std::string_view{row.format}), cell(row.pages), cell(row.copies), cell(row.bytes),
                      cell(row.released), device, std::string{name(row.outcome)}});
    }
    out += end_table;
}

void add_totals(std::string& out, std::string_view id, std::string_view caption, std::string_view head,
                std::span<const TotalLine> lines, TotalsBy by) {
    begin_table(out, id, caption, {std::string{head}, "Jobs", "Printed", "Pages", "Bytes"});
    for (const TotalLine& line : lines) {
        const Total& total = line.total;
        add_row(out, {group_name(line, by), fmt::format("{}", total.jobs), fmt::format("{}", total.printed),
                      fmt::format("{}", total.pages), fmt::format("{}", total.bytes)});
    }
    out += end_table;
}

}  // namespace

std::string to_html(const HtmlPage& page) {
    const std::string heading = escape_html(cell(page.heading));
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>{0}</title>\n<link rel=\"stylesheet\" href=\"{1}\">\n</head>\n<body>\n<h1>{0}</h1>\n",
        heading, escape_html(page.style_sheet));
    add_jobs(out, page.jobs);
    if (!page.next_page.empty())
        out += fmt::format("<p><a rel=\"next\" href=\"{}\">Older jobs</a></p>\n", escape_html(page.next_page));
    add_totals(out, "by-user", "Totals by user", "User", page.by_user, TotalsBy::user);
    add_totals(out, "by-device", "Totals by device", "Device", page.by_device, TotalsBy::device);
    add_totals(out, "by-day", "Totals by day", "Day", page.by_day, TotalsBy::day);
    out += "</body>\n</html>\n";
    return out;
}

}  // namespace safeq::report
