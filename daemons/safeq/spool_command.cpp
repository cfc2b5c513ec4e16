// SPDX-License-Identifier: Apache-2.0
#include "safeq/spool_command.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/http/message.hpp>
#include <safeq/spool/check.hpp>
#include <safeq/spool/reseal.hpp>
#include <safeq/store/blob_folder.hpp>
#include <safeq/store/epoch_folder.hpp>

#include "common/files.hpp"
#include "common/program.hpp"
#include "common/root_key.hpp"
#include "config/options.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

/// The status with which `verify` ends when a file is damaged; 1 is for a command that could not do its work.
constexpr int found_damage = 2;

struct State {
    std::string epoch, folder, to, out;
    std::vector<std::string> jobs;
    bool json = false, yes = false, now = false, keys = false, repair = false;
};

// By the release server that runs: it has the keys and their clock.

void epochs(Context& context, const State& state) {
    const Json all = context.call_json("release", "GET", "/admin/v1/epochs").at("epochs");
    if (state.json) {
        fmt::print("{}\n", all.dump(2));
        return;
    }
    fmt::print("{:<65} {:<9} {:<25} {:<25} {}\n", "epoch", "use", "from", "until", "ending");
    for (const Json& one : all)
        fmt::print("{:<65} {:<9} {:<25} {:<25} {}\n", one.at("id").get<std::string>(), one.at("use").get<std::string>(),
                   one.at("not_before").get<std::string>(), one.at("not_after").get<std::string>(),
                   one.at("ending").get<bool>() ? "yes" : "—");
}

void rotate(Context& context) {
    const Json made = context.call_json("release", "POST", "/admin/v1/epochs");
    fmt::print("{}\n", made.at("id").get<std::string>());
}

void show_key(Context& context, const State& state) {
    const net::HttpReply reply = require(
        context.call("release", "GET", fmt::format("/admin/v1/epochs/{}/key", http::encode_segment(state.epoch))));
    if (reply.status != 200) throw CommandFailed{"no such epoch"};
    fmt::print("{}", as_text(reply.body));
}

void destroy(Context& context, const State& state) {
    if (!state.yes)
        throw CommandFailed{
            "this can't be undone: copies and backups of what was sealed to that epoch can never be read again; repeat "
            "it "
            "with --yes"};
    const Json done = context.call_json(
        "release", "POST",
        fmt::format("/admin/v1/epochs/{}/destruction{}", http::encode_segment(state.epoch), state.now ? "?now=1" : ""));
    if (done.contains("ends")) {
        fmt::print("nothing new is sealed to it; it is destroyed after {}\n", done.at("ends").get<std::string>());
        return;
    }
    fmt::print("destroyed; {} files were re-sealed before, {} jobs can't be read any more\n",
               done.at("moved").get<std::uint64_t>(), done.at("lost").size());
    for (const Json& job : done.at("lost")) fmt::print("  {}\n", job.get<std::string>());
}

// On the files themselves.

std::filesystem::path folder_of(const Context& context, const State& state) {
    return state.folder.empty() ? context.layout.daemon("release").spool() : std::filesystem::path{state.folder};
}

/// The release server's opening keys, from its folder: it must be stopped.
struct Keys {
    crypto::SystemRandom random;
    std::unique_ptr<store::EpochFolder> folder;
    spool::EpochRing ring;

    void load(const Context& context) {
        const DaemonFolder release = context.layout.daemon("release");
        const auto options = require(from_config<ReleaseOptions>(require(read_text(release.root / "release.conf"))));
        const auto tenant = require(TenantId::parse(options.common.tenant));
        auto opened = open_epochs(release.root / "epochs", options.root_key, random);
        if (!opened && opened.error().code == Errc::locked)
            throw CommandFailed{"the release server has its keys open; stop it first"};
        folder = require(std::move(opened));
        require_done(folder->load(tenant, ring));
    }
    static void require_done(const Result<void>& done) {
        if (!done) throw CommandFailed{done.error().message()};
    }
};

void load(const Context& context, spool::IntakeTable& intakes) {
    Keys::require_done(load_intakes(context.layout.shared() / intakes_public, intakes));
}

void stat(const Context& context, const State& state) {
    struct Sum {
        std::uint64_t files = 0, bytes = 0;
    };
    const auto folder = require(store::BlobFolder::open_to_read(folder_of(context, state)));
    std::map<std::string, Sum> by_epoch;
    Json rows = Json::array();
    for (const spool::BlobName& name : require(folder->list())) {
        const auto source = folder->open(name);
        if (!source && source.error().code == Errc::not_found) continue;  // gone meanwhile
        const auto file = source ? spool::inspect(**source) : std::unexpected(source.error());
        if (!file) {
            rows.push_back(Json{{"file", name.text()}, {"error", file.error().message()}});
            continue;
        }
        Sum& sum = by_epoch[file->epoch().text()];
        ++sum.files;
        sum.bytes += file->file_bytes;
        rows.push_back(Json{{"file", name.text()},
                            {"bytes", file->file_bytes},
                            {"document_bytes", file->layout.plaintext_bytes},
                            {"epoch", file->epoch().text()},
                            {"intake", file->header().intake.text()},
                            {"created", to_rfc3339(file->header().created)}});
    }
    if (state.json) {
        fmt::print("{}\n", rows.dump(2));
        return;
    }
    for (const Json& row : rows) {
        if (row.contains("error"))
            fmt::print("{}: {}\n", row.at("file").get<std::string>(), row.at("error").get<std::string>());
        else
            fmt::print("{:<60} {:>14} {} {}\n", row.at("file").get<std::string>(), row.at("bytes").get<std::uint64_t>(),
                       row.at("created").get<std::string>(), row.at("epoch").get<std::string>().substr(0, 16));
    }
    for (const auto& [epoch, sum] : by_epoch)
        fmt::print("epoch {}: {} files, {} bytes\n", epoch.substr(0, 16), sum.files, sum.bytes);
}

void verify(const Context& context, const State& state) {
    spool::IntakeTable intakes;
    load(context, intakes);
    Keys keys;
    if (state.keys) keys.load(context);
    const auto path = folder_of(context, state);
    auto opened = state.repair ? store::BlobFolder::open(path) : store::BlobFolder::open_to_read(path);
    if (!opened && opened.error().code == Errc::locked)
        throw CommandFailed{"a server has the spool open; stop it before --repair"};
    const auto folder = require(std::move(opened));
    std::size_t files = 0, damaged = 0, unreadable = 0, unread = 0;
    std::set<JobId> broken;
    for (const spool::BlobName& name : require(folder->list())) {
        auto source = folder->open(name);
        if (!source && source.error().code == Errc::not_found) continue;
        ++files;
        // A disk that fails at one file says nothing about the next, and moving is no repair for it.
        const auto checked =
            source ? spool::check_file(*std::move(source), name, intakes, state.keys ? &keys.ring : nullptr)
                   : std::unexpected(source.error());
        if (!checked) {
            ++unread;
            fmt::print("{}: can't be read: {}\n", name.text(), checked.error().message());
            continue;
        }
        const spool::FileReport& report = *checked;
        if (report.unreadable) {
            ++unreadable;
            fmt::print("{}: can't be opened: {}\n", name.text(), report.unreadable->message());
        }
        if (!report.damage) continue;
        ++damaged;
        fmt::print("{}: damaged at offset {}: {}\n", name.text(), report.damage->offset,
                   report.damage->error.message());
        broken.insert(name.job);
    }
    // Whole jobs: what is left of one is no good without the rest, and would be taken for something else.
    for (const spool::BlobName& name : state.repair ? require(folder->list()) : std::vector<spool::BlobName>{}) {
        if (!broken.contains(name.job)) continue;
        Keys::require_done(folder->set_aside(name));
        fmt::print("{}: moved to {}\n", name.text(), (path / "quarantine").string());
    }
    fmt::print("{} files, {} damaged, {} without their key; {}\n", files, damaged, unreadable,
               state.keys ? "every byte was authenticated" : "bodies were not opened (see --keys)");
    if (unread != 0) fmt::print("{} of them the disk didn't read\n", unread);
    if (damaged + unread != 0) throw CLI::RuntimeError{found_damage};
}

void reseal(const Context& context, const State& state) {
    const Bytes bytes = require(from_base64([&] {
        std::string text = require(read_text(state.to));
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return text;
    }()));
    spool::EpochPublicKey to{};
    if (bytes.size() != to.size()) throw CommandFailed{state.to + ": not an epoch's public key in base64"};
    std::ranges::copy(bytes, to.begin());
    spool::IntakeTable intakes;
    load(context, intakes);
    Keys keys;
    keys.load(context);
    const auto from = require(store::BlobFolder::open_to_read(folder_of(context, state)));
    const auto out = require(store::BlobFolder::open(state.out));
    std::size_t files = 0;
    for (const spool::BlobName& name : require(from->list())) {
        if (!state.jobs.empty() && std::ranges::find(state.jobs, name.job.text()) == state.jobs.end()) continue;
        const auto source = require(from->open(name));
        const auto file = require(spool::inspect(*source));
        const auto receipt =
            spool::reseal(*source, require(out->create(name)), file.header(), keys.ring, intakes, to, keys.random);
        if (!receipt) throw CommandFailed{name.text() + ": " + receipt.error().message()};
        ++files;
    }
    fmt::print("{} files re-sealed to epoch {} in {}\n", files, spool::EpochId::of(to).text(), state.out);
}

}  // namespace

void add_spool_command(CLI::App& app, Context& context) {
    auto state = std::make_shared<State>();
    CLI::App* spool = app.add_subcommand("spool", "Sealed documents and the keys to them; never what is in them")
                          ->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, auto act) {
        CLI::App* command = spool->add_subcommand(name, what);
        command->callback([&context, state, act] { act(context, *state); });
        return command;
    };
    const auto with_folder = [&](CLI::App* command) {
        command->add_option("DIR", state->folder, "A folder of sealed files; default: the release server's spool");
    };

    CLI::App* list = add("epochs", "The keys that are alive", epochs);
    list->add_flag("--json", state->json, "As JSON");
    add("rotate", "Begin a new epoch now", [](Context& where, const State&) { rotate(where); });
    CLI::App* key = add("key", "An epoch's public key, for another site's `reseal --to`", show_key);
    key->add_option("EPOCH", state->epoch, "As `epochs` shows it")->required();
    CLI::App* end = add("destroy", "End an epoch: what still waits is re-sealed, then its key is destroyed", destroy);
    end->add_option("EPOCH", state->epoch, "As `epochs` shows it")->required();
    end->add_flag("--yes", state->yes, "Really");
    end->add_flag(
        "--now", state->now,
        "At once, for a key that others may have; jobs that intakes have sealed to it and not handed over yet "
        "are lost");

    CLI::App* look = add("stat", "What lies in a folder: sizes, times, epochs", stat);
    with_folder(look);
    look->add_flag("--json", state->json, "As JSON");
    CLI::App* check = add("verify",
                          "Check sealed files: header, sizes and signature; with --keys every byte. Ends with status 2 "
                          "when one is damaged",
                          verify);
    with_folder(check);
    check->add_flag("--keys", state->keys, "With the release server's keys; it must be stopped");
    check->add_flag("--repair", state->repair,
                    "Move the files of jobs with a damaged one to `quarantine`; no server may have the folder");
    CLI::App* move = add("reseal", "Copy sealed files for another site: only the envelope changes", reseal);
    with_folder(move);
    move->add_option("--to", state->to, "File with the other epoch's public key, in base64")->required();
    move->add_option("--out", state->out, "Folder for the copies")->required();
    move->add_option("--job", state->jobs, "Only these jobs");
}

}  // namespace safeq::daemon
