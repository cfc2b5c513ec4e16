// SPDX-License-Identifier: Apache-2.0
#include "safeq/audit_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/tile.hpp>
#include <safeq/core/text.hpp>
#include <safeq/store/log_folder.hpp>

#include "common/files.hpp"

namespace safeq::daemon {
namespace {

struct Log {
    std::unique_ptr<audit::LogReader> reader;
    crypto::NoteKey key;
};

// A log's files are read beside its running daemon: whoever may read them can verify them.
Result<Log> open(const Context& context, const std::string& name) {
    SAFEQ_TRY(auto reader, store::read_log_folder(context.layout.daemon(name).log()));
    SAFEQ_TRY(auto key,
              read_note_key(context.layout.shared() / (name == "intake" ? intake_log_public : release_log_public)));
    return Log{.reader = std::move(reader), .key = std::move(key)};
}

Result<audit::SignedCheckpoint> verify_one(const Context& context, const std::string& name) {
    SAFEQ_TRY(const Log log, open(context, name));
    return audit::verify_log(*log.reader, log.key);
}

void verify(const Context& context, const std::vector<std::string>& names) {
    // One log that doesn't verify hides nothing about the next.
    std::string failures;
    for (const std::string& name : names) {
        const auto seen = verify_one(context, name);
        if (seen) {
            fmt::print("{}: verified, {} entries, checkpoint {}\n", name, seen->checkpoint.head.size,
                       to_base64(seen->checkpoint.head.root));
        } else {
            failures +=
                fmt::format("{}{}: NOT verified: {}", failures.empty() ? "" : "\n", name, seen.error().message());
        }
    }
    if (!failures.empty()) throw CommandFailed{failures};
}

void proof(const Context& context, const std::string& name, std::uint64_t index) {
    const Log log = require(open(context, name));
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
    fmt::print("entry {}\n{}\nproof\n", index, escape_for_log(as_text(entry), entry.size()));
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
