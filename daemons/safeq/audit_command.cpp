// SPDX-License-Identifier: Apache-2.0
#include "safeq/audit_command.hpp"

#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/proof_file.hpp>
#include <safeq/audit/unwitnessed.hpp>
#include <safeq/core/text.hpp>
#include <safeq/store/log_folder.hpp>

#include "common/files.hpp"
#include "safeq/audit_export.hpp"

namespace safeq::daemon {
namespace {

using audit::SignedCheckpoint;

struct Log {
    std::unique_ptr<audit::LogReader> reader;
    crypto::NoteKey key;

    [[nodiscard]] std::string checkpoint() const {
        return std::string{as_text(require(reader->read(audit::checkpoint_path)))};
    }
};

// A log's files are read beside its running daemon: whoever may read them can verify them.
Result<Log> open(const Context& context, const std::string& name) {
    SAFEQ_TRY(auto reader, store::read_log_folder(context.layout.daemon(name).log()));
    SAFEQ_TRY(auto key,
              read_note_key(context.layout.shared() / (name == "intake" ? intake_log_public : release_log_public)));
    return Log{.reader = std::move(reader), .key = std::move(key)};
}

audit::Cosigner read_witness(const std::filesystem::path& file) {
    const crypto::NoteKey key = require(read_note_key(file));
    return {key.name, key.key};
}

// What the report daemon cosigned last, as old as the log's own checkpoint, or older; and when.
struct Cosigned {
    SignedCheckpoint checkpoint;
    Time at;
};

Result<Cosigned> witnessed(const Context& context, const std::string& name, const crypto::NoteKey& key) {
    SAFEQ_TRY(const net::HttpReply reply, context.call("report", "GET", "/admin/v1/logs/" + name + "/checkpoint"));
    if (reply.status != 200) return fail(Errc::unavailable, name, "the report has not witnessed it yet");
    SAFEQ_TRY(SignedCheckpoint checkpoint, SignedCheckpoint::open(as_text(reply.body), key));
    SAFEQ_TRY(const crypto::NoteKey witness, read_note_key(context.layout.shared() / witness_public));
    SAFEQ_TRY(const Time at, audit::verify_cosignature(checkpoint, {witness.name, witness.key}));
    return Cosigned{std::move(checkpoint), at};
}

struct Verify {
    std::vector<std::string> logs = {};
    std::string since = {};
    bool with_witness = false;
    std::int64_t witness_within = 60;  ///< seconds
};

struct Verified {
    SignedCheckpoint now;
    std::optional<Cosigned> cosigned = {};
    std::optional<audit::Unwitnessed> unwitnessed = {};
};

constexpr int unwitnessed_status = 2;

// Nothing is older than the empty tree, which every log continues.
Result<void> continues(const Log& log, const SignedCheckpoint& older, const SignedCheckpoint& now) {
    if (older.checkpoint.head.size == 0) return {};
    SAFEQ_TRY_VOID(audit::prove_growth(*log.reader, log.key, older, now.encode()));
    return {};
}

Result<Verified> verify_one(const Context& context, const std::string& name, const Verify& wanted) {
    SAFEQ_TRY(const Log log, open(context, name));
    // Asked for first, so that the log is ahead of it.
    std::optional<Cosigned> cosigned;
    if (wanted.with_witness) {
        SAFEQ_TRY(cosigned, witnessed(context, name, log.key));
    }
    SAFEQ_TRY(SignedCheckpoint now, audit::verify_log(*log.reader, log.key));
    Verified out{.now = std::move(now)};
    if (!wanted.since.empty()) {
        SAFEQ_TRY(const std::string text, read_text(wanted.since));
        SAFEQ_TRY(const SignedCheckpoint kept, SignedCheckpoint::open(text, log.key));
        SAFEQ_TRY_VOID(continues(log, kept, out.now));
    }
    if (cosigned) {
        SAFEQ_TRY_VOID(continues(log, cosigned->checkpoint, out.now));
        SAFEQ_TRY(out.unwitnessed, audit::find_unwitnessed(*log.reader, out.now.checkpoint,
                                                           cosigned->checkpoint.checkpoint, cosigned->at));
        out.cosigned = std::move(cosigned);
    }
    return out;
}

// What there is to warn of; empty where all is well.
std::string show(const std::string& name, const Verified& seen, std::chrono::seconds within) {
    const audit::TreeHead& head = seen.now.checkpoint.head;
    fmt::print("{}: verified, {} entries, checkpoint {}\n", name, head.size, to_base64(head.root));
    if (!seen.cosigned) return {};
    fmt::print("{}: cosigned {} of {} entries, at {}\n", name, seen.cosigned->checkpoint.checkpoint.head.size,
               head.size, to_rfc3339(seen.cosigned->at));
    if (!seen.unwitnessed || SystemClock{}.now() - seen.unwitnessed->since <= within) return {};
    return fmt::format("{}: WARNING: {} entries wait to be cosigned since {}, for over {} s", name,
                       seen.unwitnessed->entries, to_rfc3339(seen.unwitnessed->since), within.count());
}

void verify(const Context& context, const Verify& wanted) {
    const std::vector<std::string> both{"intake", "release"};
    if (!wanted.since.empty() && wanted.logs.size() != 1)
        throw CommandFailed{"--since needs the one log whose checkpoint it is"};
    // One log that doesn't verify hides nothing about the next.
    std::string told;
    const auto tell = [&](const std::string& line) { told += (told.empty() || line.empty() ? "" : "\n") + line; };
    int status = unwitnessed_status;
    for (const std::string& name : wanted.logs.empty() ? both : wanted.logs) {
        const auto seen = verify_one(context, name, wanted);
        if (seen) {
            tell(show(name, *seen, std::chrono::seconds{wanted.witness_within}));
        } else {
            tell(fmt::format("{}: NOT verified: {}", name, seen.error().message()));
            status = 1;
        }
    }
    if (!told.empty()) throw CommandFailed{told, status};
}

struct Prove {
    std::string log = {};
    std::optional<std::uint64_t> index = {};
    std::string since = {};
    bool with_witness = false;
};

void prove(const Context& context, const Prove& wanted) {
    if (wanted.index.has_value() == !wanted.since.empty())
        throw CommandFailed{"either INDEX, to prove an entry, or --since, to prove that the log only grew"};
    const Log log = require(open(context, wanted.log));
    const std::string checkpoint =
        wanted.with_witness ? require(witnessed(context, wanted.log, log.key)).checkpoint.encode() : log.checkpoint();
    if (wanted.index) {
        fmt::print("{}", require(audit::prove_entry(*log.reader, log.key, checkpoint, *wanted.index)).encode());
        return;
    }
    const SignedCheckpoint old = require(SignedCheckpoint::open(require(read_text(wanted.since)), log.key));
    fmt::print("{}", require(audit::prove_growth(*log.reader, log.key, old, checkpoint)).encode());
}

struct Check {
    std::string file = {}, key = {}, since = {};
    std::vector<std::string> witnesses = {};
};

// Offline: nothing but the files named is read.
void check_proof(const Check& wanted) {
    const crypto::NoteKey key = require(read_note_key(wanted.key));
    const std::string text = require(read_text(wanted.file));
    audit::WitnessPolicy policy;
    for (const std::string& file : wanted.witnesses) policy.witnesses.push_back(read_witness(file));
    policy.quorum = policy.witnesses.size();
    SignedCheckpoint checkpoint;
    if (wanted.since.empty()) {
        const audit::ProofFile proof = require(audit::ProofFile::parse(text));
        checkpoint = require(audit::check_proof(proof, key));
        require(audit::verify_quorum(checkpoint, policy));
        fmt::print("verified: entry {} of {}, which has {} entries\n{}\n", proof.index, key.name,
                   checkpoint.checkpoint.head.size, escape_for_log(as_text(proof.entry), proof.entry.size()));
    } else {
        const SignedCheckpoint old = require(SignedCheckpoint::open(require(read_text(wanted.since)), key));
        checkpoint = require(audit::check_growth(require(audit::AddCheckpoint::parse(text)), old, key));
        require(audit::verify_quorum(checkpoint, policy));
        fmt::print("verified: {} grew from {} to {} entries and nothing in it has changed\n", key.name,
                   old.checkpoint.head.size, checkpoint.checkpoint.head.size);
    }
    for (const audit::Cosigner& witness : policy.witnesses)
        fmt::print("cosigned by {} at {}\n", witness.name,
                   to_rfc3339(require(audit::verify_cosignature(checkpoint, witness))));
}

void show(std::uint64_t index, ByteView entry) {
    const auto record = audit::Record::parse(entry);
    if (!record) {
        fmt::print("{:>8} {}\n", index, escape_for_log(as_text(entry), entry.size()));
        return;
    }
    std::string line = fmt::format("{:>8} {} {:<22}", index, to_rfc3339(record->at), record->kind.text());
    if (record->job) line += " job=" + record->job->text();
    if (record->subject) line += " subject=" + record->subject->text();
    if (record->device) line += " device=" + record->device->text();
    for (const audit::Field& field : record->fields) {
        const auto* number = std::get_if<std::uint64_t>(&field.value);
        line += fmt::format(" {}={}", field.name,
                            number != nullptr
                                ? std::to_string(*number)
                                : escape_for_log(std::get<std::string>(field.value), audit::max_field_text_bytes));
    }
    for (const audit::SealedField& field : record->personal) line += fmt::format(" {}=(sealed)", field.name);
    fmt::print("{}\n", line);
}

struct Tail {
    std::string log = {};
    std::uint64_t count = 10;
    bool follow = false;
};

// Every entry is proved before it is shown, and every checkpoint to continue the one before.
void tail(const Context& context, const Tail& wanted) {
    const Log log = require(open(context, wanted.log));
    std::string note = log.checkpoint();
    SignedCheckpoint now = require(SignedCheckpoint::open(note, log.key));
    std::uint64_t next = now.checkpoint.head.size - std::min(wanted.count, now.checkpoint.head.size);
    for (;;) {
        for (; next < now.checkpoint.head.size; ++next)
            show(next, require(audit::prove_entry(*log.reader, log.key, note, next)).entry);
        if (!wanted.follow) return;
        std::fflush(stdout);
        std::this_thread::sleep_for(std::chrono::seconds{1});
        note = log.checkpoint();
        SignedCheckpoint newer = require(SignedCheckpoint::open(note, log.key));
        require(continues(log, now, newer));
        now = std::move(newer);
    }
}

void erase_subject(const Context& context, const std::string& who) {
    const auto answer = context.call_json(
        "release", "POST", fmt::format("/admin/v1/users/{}/erasure", context.segment("users", "subject", who)), "{}");
    fmt::print("erased {}\n", answer.at("subject").get<std::string>());
}

CLI::Option* add_log(CLI::App* command, std::string& log) {
    return command->add_option("LOG", log, "intake or release")
        ->required()
        ->check(CLI::IsMember({"intake", "release"}));
}

void add_proofs(CLI::App* audit, Context& context) {
    auto wanted = std::make_shared<Prove>();
    CLI::App* prove_entry = audit->add_subcommand(
        "prove", "Write a proof that an entry is in the log, or that the log only grew; it verifies offline");
    add_log(prove_entry, wanted->log);
    prove_entry->add_option("INDEX", wanted->index, "The entry's number, from 0");
    prove_entry->add_option("--since", wanted->since, "A checkpoint of the log that was kept: prove growth from it")
        ->check(CLI::ExistingFile);
    prove_entry->add_flag("--witnessed", wanted->with_witness, "With the checkpoint that the report has cosigned");
    prove_entry->callback([&context, wanted] { prove(context, *wanted); });

    auto check = std::make_shared<Check>();
    CLI::App* check_file = audit->add_subcommand("check-proof", "Verify a proof file, with the log's public key alone");
    check_file->add_option("FILE", check->file, "What `prove` wrote")->required()->check(CLI::ExistingFile);
    check_file->add_option("--key", check->key, "The log's public key: public/release-log.vkey of its installation")
        ->required()
        ->check(CLI::ExistingFile);
    check_file->add_option("--witness", check->witnesses, "Public key of a witness who must have cosigned; repeatable")
        ->check(CLI::ExistingFile);
    check_file->add_option("--since", check->since, "The older checkpoint, for a proof of growth")
        ->check(CLI::ExistingFile);
    check_file->callback([check] { check_proof(*check); });
}

void add_tail(CLI::App* audit, Context& context) {
    auto last = std::make_shared<Tail>();
    CLI::App* show_last = audit->add_subcommand("tail", "Show the last entries, each proved to be in the log");
    add_log(show_last, last->log);
    show_last->add_option("-n,--lines", last->count, "How many")->check(CLI::Range(0, 100'000))->capture_default_str();
    show_last->add_flag("-f,--follow", last->follow, "Go on with what is added, until interrupted");
    show_last->callback([&context, last] { tail(context, *last); });
}

}  // namespace

void add_audit_command(CLI::App& app, Context& context) {
    CLI::App* audit = app.add_subcommand("audit", "The tamper-evident logs: verify, prove, read, export, erase")
                          ->require_subcommand(1);

    auto wanted = std::make_shared<Verify>();
    CLI::App* verify_logs =
        audit->add_subcommand("verify", "Verify every entry, tile and signature, from the first entry on");
    verify_logs->add_option("LOG", wanted->logs, "intake, release; default: both")
        ->check(CLI::IsMember({"intake", "release"}));
    verify_logs->add_option("--since", wanted->since, "A checkpoint of the log that was kept: it must continue it")
        ->check(CLI::ExistingFile);
    verify_logs->add_flag("--witnessed", wanted->with_witness, "It must also continue what the report has cosigned");
    verify_logs
        ->add_option("--witness-within", wanted->witness_within,
                     "With --witnessed: warn of entries that the report hasn't cosigned after so many seconds")
        ->check(CLI::Range(0, 366 * 24 * 3600))
        ->capture_default_str();
    verify_logs->footer("Exit status: 0 all is well; 1 a log doesn't verify; 2 they verify, but with a warning");
    verify_logs->callback([&context, wanted] { verify(context, *wanted); });

    add_proofs(audit, context);
    add_tail(audit, context);
    add_audit_export_command(*audit, context);

    auto who = std::make_shared<std::string>();
    auto sure = std::make_shared<bool>(false);
    CLI::App* erase = audit->add_subcommand(
        "erase-subject", "Erase a person: what logs, databases and backups hold about them can't be read ever again");
    erase->add_option("WHO", *who, "User name or subject id")->required();
    erase->add_flag("--yes", *sure, "Really: nobody can undo it")->required();
    erase->callback([&context, who, sure] { erase_subject(context, *who); });
}

}  // namespace safeq::daemon
