// SPDX-License-Identifier: Apache-2.0
#include "safeq/audit_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/tile.hpp>
#include <safeq/store/log_folder.hpp>

#include "common/files.hpp"

namespace safeq::daemon {
namespace {

struct Log {
    std::unique_ptr<audit::LogReader> reader;
    crypto::NoteKey key;
};

// A log's files are read beside its running daemon: whoever may read them can verify them.
Log open(const Context& context, const std::string& name) {
    const auto key = context.layout.shared() / (name == "intake" ? intake_log_public : release_log_public);
    return {.reader = require(store::read_log_folder(context.layout.daemon(name).log())),
            .key = require(read_note_key(key))};
}

void verify(const Context& context, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const Log log = open(context, name);
        const auto seen = audit::verify_log(*log.reader, log.key);
        if (!seen) throw CommandFailed{fmt::format("{}: NOT verified: {}", name, seen.error().message())};
        fmt::print("{}: verified, {} entries, root {}\n", name, seen->checkpoint.head.size,
                   to_base64(seen->checkpoint.head.root));
    }
}

void proof(const Context& context, const std::string& name, std::uint64_t index) {
    const Log log = open(context, name);
    const Bytes note = require(log.reader->read(audit::checkpoint_path));
    const audit::SignedCheckpoint checkpoint = require(audit::SignedCheckpoint::open(as_text(note), log.key));
    const std::uint64_t size = checkpoint.checkpoint.head.size;
    if (index >= size) throw CommandFailed{fmt::format("{} has {} entries, numbered from 0", name, size)};
    const std::uint64_t bundle = index / audit::tile_width;
    const std::vector<Bytes> entries = require(audit::read_entries(
        *log.reader,
        {.kind = audit::TileId::Kind::entries, .index = bundle, .width = audit::width_in_tree(0, bundle, size)}));
    const Bytes& entry = entries.at(index % audit::tile_width);
    audit::TileHashes hashes{*log.reader, size};
    const audit::InclusionProof path = require(audit::prove_inclusion(hashes, index, size));
    require(audit::verify_inclusion(path, audit::leaf_hash(entry), checkpoint.checkpoint.head.root));
    fmt::print("entry {}\n{}\nproof\n", index, as_text(entry));
    for (const audit::Hash& hash : path.path) fmt::print("{}\n", to_base64(hash));
    fmt::print("checkpoint\n{}verified\n", checkpoint.encode());
}

}  // namespace

void add_audit_command(CLI::App& app, Context& context) {
    CLI::App* audit = app.add_subcommand("audit", "The tamper-evident logs: verify, prove")->require_subcommand(1);

    auto names = std::make_shared<std::vector<std::string>>();
    CLI::App* verify_logs =
        audit->add_subcommand("verify", "Verify every entry, tile and signature, from the first entry on");
    verify_logs->add_option("LOG", *names, "intake, release; default: both")
        ->check(CLI::IsMember({"intake", "release"}));
    verify_logs->callback([&context, names] {
        verify(context, names->empty() ? std::vector<std::string>{"intake", "release"} : *names);
    });

    struct Wanted {
        std::string log;
        std::uint64_t index = 0;
    };
    auto wanted = std::make_shared<Wanted>();
    CLI::App* prove =
        audit->add_subcommand("proof", "Show that an entry is in the log: entry, inclusion proof, signed checkpoint");
    prove->add_option("LOG", wanted->log, "intake or release")->required()->check(CLI::IsMember({"intake", "release"}));
    prove->add_option("INDEX", wanted->index, "The entry's number, from 0")->required();
    prove->callback([&context, wanted] { proof(context, wanted->log, wanted->index); });
}

}  // namespace safeq::daemon
