// SPDX-License-Identifier: Apache-2.0
#include "safeq/report_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/core/text.hpp>

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

// A member for people: empty where it is null or missing.
std::string shown(const Json& row, const char* key) {
    const auto it = row.find(key);
    if (it == row.end() || it->is_null()) return {};
    return it->is_string() ? escape_for_log(it->get<std::string>(), 60) : it->dump();
}

void jobs(const Context& context, bool json, bool csv) {
    if (csv) {
        const net::HttpReply reply = require(context.call("report", "GET", "/admin/v1/jobs.csv"));
        fmt::print("{}", as_text(reply.body));
        return;
    }
    const Json answer = context.call_json("report", "GET", "/admin/v1/jobs");
    if (json) {
        fmt::print("{}\n", answer.dump(2));
        return;
    }
    fmt::print("{:<25} {:<16} {:<28} {:>6} {:<16} {}\n", "when", "who", "what", "pages", "where", "outcome");
    for (const Json& row : answer.at("jobs"))
        fmt::print("{:<25} {:<16} {:<28} {:>6} {:<16} {}\n", shown(row, "accepted"), shown(row, "user"),
                   shown(row, "title"), shown(row, "pages"), shown(row, "device"), shown(row, "outcome"));
}

void status(const Context& context) {
    for (const Json& log : context.call_json("report", "GET", "/admin/v1/status").at("logs"))
        fmt::print("{:<8} {:>10} entries  {}\n", log.at("log").get<std::string>(),
                   log.at("entries").get<std::uint64_t>(),
                   log.at("problem").is_null() ? "followed and verified" : log.at("problem").get<std::string>());
}

}  // namespace

void add_report_command(CLI::App& app, Context& context) {
    CLI::App* report = app.add_subcommand("report", "Who, what, when, where")->require_subcommand(1);
    struct Form {
        bool json = false, csv = false;
    };
    auto form = std::make_shared<Form>();
    CLI::App* list = report->add_subcommand("jobs", "Jobs, the latest first");
    list->add_flag("--json", form->json, "As JSON");
    list->add_flag("--csv", form->csv, "As CSV")->excludes("--json");
    list->callback([&context, form] { jobs(context, form->json, form->csv); });
    report->add_subcommand("status", "How far each log has been followed, and whether it is sound")
        ->callback([&context] { status(context); });
}

}  // namespace safeq::daemon
