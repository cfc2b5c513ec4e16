// SPDX-License-Identifier: Apache-2.0
#include "safeq/job_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/http/message.hpp>

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

struct State {
    std::string id;
    bool all = false, json = false;
};

void list(Context& context, const State& state) {
    const Json jobs =
        context.call_json("release", "GET", state.all ? "/admin/v1/jobs?all=1" : "/admin/v1/jobs").at("jobs");
    if (state.json) {
        fmt::print("{}\n", jobs.dump(2));
        return;
    }
    fmt::print("{:<37} {:<16} {:<25} {:<18} {:>6} {:>12}\n", "job", "state", "created", "format", "pages", "bytes");
    for (const Json& job : jobs)
        fmt::print("{:<37} {:<16} {:<25} {:<18} {:>6} {:>12}\n", job.at("id").get<std::string>(),
                   job.at("state").get<std::string>(), job.at("created").get<std::string>(),
                   job.at("format").get<std::string>(),
                   job.at("pages").is_null() ? "?" : std::to_string(job.at("pages").get<unsigned>()),
                   job.at("bytes").get<std::uint64_t>());
}

void cancel(Context& context, const State& state) {
    const Json job = context.call_json("release", "DELETE", "/admin/v1/jobs/" + http::encode_segment(state.id));
    fmt::print("{} {}\n", job.at("state").get<std::string>(), job.at("id").get<std::string>());
}

void restrict_job(Context& context, const std::string& id, bool restricted) {
    const Json job = context.call_json("release", restricted ? "PUT" : "DELETE",
                                       "/admin/v1/jobs/" + http::encode_segment(id) + "/restriction");
    fmt::print("{} {}\n", restricted ? "restricted" : "lifted", job.at("id").get<std::string>());
}

}  // namespace

void add_job_command(CLI::App& app, Context& context) {
    auto state = std::make_shared<State>();
    CLI::App* job = app.add_subcommand("job", "Jobs that wait: list, show, cancel, restrict; never what is in them")
                        ->require_subcommand(1);
    CLI::App* list_jobs = job->add_subcommand("list", "Jobs that wait or are uncertain, oldest first");
    list_jobs->add_flag("--all", state->all, "Also those that have ended");
    list_jobs->add_flag("--json", state->json, "As JSON");
    list_jobs->callback([&context, state] { list(context, *state); });
    CLI::App* show = job->add_subcommand("show", "One job");
    show->add_option("ID", state->id, "As `list` shows it")->required();
    show->callback([&context, state] {
        fmt::print("{}\n",
                   context.call_json("release", "GET", "/admin/v1/jobs/" + http::encode_segment(state->id)).dump(2));
    });
    CLI::App* give_up = job->add_subcommand("cancel", "Give up a job that waits: its documents are deleted");
    give_up->add_option("ID", state->id, "As `list` shows it")->required();
    give_up->callback([&context, state] { cancel(context, *state); });
    CLI::App* freeze = job->add_subcommand(
        "restrict", "Freeze a job (GDPR, article 18): neither shown to its owner nor released, deleted or expired");
    freeze->add_option("ID", state->id, "As `list` shows it")->required();
    freeze->callback([&context, state] { restrict_job(context, state->id, true); });
    CLI::App* lift = job->add_subcommand("unrestrict", "Lift the restriction of a job");
    lift->add_option("ID", state->id, "As `list` shows it")->required();
    lift->callback([&context, state] { restrict_job(context, state->id, false); });
}

}  // namespace safeq::daemon
