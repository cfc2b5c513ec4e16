// SPDX-License-Identifier: Apache-2.0
#include "safeq/report_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/core/text.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/key_folder.hpp>

#include "safeq/auditor_password.hpp"
#include "safeq/secrets.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

// A member for people: empty where it is null or missing.
std::string shown(const Json& row, const char* key) {
    const auto it = row.find(key);
    if (it == row.end() || it->is_null()) return {};
    return it->is_string() ? escape_for_log(it->get<std::string>(), 60) : it->dump();
}

// "3", or "3x2" for two copies of three pages.
std::string pages(const Json& row) {
    const std::string copies = shown(row, "copies");
    return shown(row, "pages") + (copies.empty() || copies == "1" ? "" : "x" + copies);
}

// The daemon answers page by page, the latest first.
Json all_jobs(const Context& context) {
    Json out{{"jobs", Json::array()}};
    std::string path = "/admin/v1/jobs";
    for (;;) {
        Json page = context.call_json("report", "GET", path);
        Json& rows = page.at("jobs");
        if (rows.empty()) return out;
        path = "/admin/v1/jobs?after=" + rows.back().at("job").get<std::string>();
        for (Json& row : rows) out["jobs"].push_back(std::move(row));
    }
}

void jobs(const Context& context, bool json, bool csv) {
    if (csv) {
        const net::HttpReply reply = require(context.call("report", "GET", "/admin/v1/jobs.csv"));
        fmt::print("{}", as_text(reply.body));
        return;
    }
    const Json answer = all_jobs(context);
    if (json) {
        fmt::print("{}\n", answer.dump(2));
        return;
    }
    fmt::print("{:<25} {:<16} {:<28} {:>6} {:<16} {}\n", "when", "who", "what", "pages", "where", "outcome");
    for (const Json& row : answer.at("jobs"))
        fmt::print("{:<25} {:<16} {:<28} {:>6} {:<16} {}\n", shown(row, "accepted"), shown(row, "user"),
                   shown(row, "title"), pages(row), shown(row, "device"), shown(row, "outcome"));
}

void status(const Context& context) {
    const Json answer = context.call_json("report", "GET", "/admin/v1/status");
    for (const Json& log : answer.at("logs")) {
        const std::string verified =
            log.at("verified").is_null() ? "not verified yet" : "verified " + shown(log, "verified");
        fmt::print("{:<8} {:>10} entries  {}{}{}\n", shown(log, "log"), log.at("entries").get<std::uint64_t>(),
                   verified, log.at("tampered").get<bool>() ? "  TAMPERED WITH, not followed any further" : "",
                   log.at("problem").is_null() ? "" : "  " + escape_for_log(log.at("problem").get<std::string>()));
    }
}

// With the folder's files, not through the server: it has no place for a secret that changes while it runs.
void password(const Context& context) {
    const DaemonFolder report = context.layout.daemon("report");
    const auto keys = require(store::KeyFolder::open(report.keys()));
    const crypto::Secret secret = require(ask_secret("Password of the auditor"));
    crypto::SystemRandom random;
    if (const auto stored = store_auditor_password(*keys, secret, random); !stored)
        throw CommandFailed{stored.error().message()};
    std::filesystem::remove(report.root / "auditor.txt");
    fmt::print(stderr, "It counts from the next start of safeq-report.\n");
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
    report
        ->add_subcommand("password",
                         "Give the auditor another password, read from the terminal or the first line of "
                         "standard input, from the next start of safeq-report on")
        ->callback([&context] { password(context); });
}

}  // namespace safeq::daemon
