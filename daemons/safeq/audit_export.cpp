// SPDX-License-Identifier: Apache-2.0
#include "safeq/audit_export.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/audit/follower.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/net/http_client.hpp>
#include <safeq/store/log_folder.hpp>

#include "common/files.hpp"
#include "safeq/tls_command.hpp"

namespace safeq::daemon {
namespace {

struct Export {
    std::string log = {}, format = {}, state = {};
    std::uint64_t from = 0, to = audit::max_tree_size;
    audit::SyslogSource source = {};
    std::string collector = {}, authorities = {}, crl = {}, identity = {};
    std::string tls_policy{tls::intermediate_2026.name()};
};

// Where an export goes.
class Output {
public:
    virtual ~Output() = default;
    [[nodiscard]] virtual Result<void> write(std::string_view text) = 0;
    [[nodiscard]] virtual Result<void> finish() = 0;
};

class StandardOutput final : public Output {
public:
    Result<void> write(std::string_view text) override {
        if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
        return fail(Errc::io_failed, "standard output");
    }
    Result<void> finish() override {
        if (std::fflush(stdout) == 0) return {};
        return fail(Errc::io_failed, "standard output");
    }
};

// RFC 5425. A collector doesn't acknowledge; when it has ended the connection after us, it has read everything. Where
// it fails before that, the export has failed, and what was sent comes again with the next.
class Collector final : public Output {
public:
    static Result<std::unique_ptr<Output>> connect(const Context& context, const Export& wanted) {
        SAFEQ_TRY(const net::HttpTarget target, net::HttpTarget::https("https://" + wanted.collector, nullptr));
        SAFEQ_TRY(const std::string authorities, read_text(wanted.authorities));
        // Who names a list wants it heeded, also on the day on which it is over.
        std::string crl;
        if (!wanted.crl.empty()) {
            SAFEQ_TRY(crl, read_text(wanted.crl));
        }
        SAFEQ_TRY(auto anchors, tls::TrustAnchors::from_pem(
                                    {authorities}, {crl},
                                    wanted.crl.empty() ? tls::Revocation::when_known : tls::Revocation::required));
        std::shared_ptr<const tls::Credentials> own;
        if (!wanted.identity.empty()) {
            SAFEQ_TRY(TlsFiles files, read_tls(wanted.identity));
            own = std::move(files.credentials);
        }
        SAFEQ_TRY(auto tls_context,
                  tls::ClientContext::create(
                      {.policy = policy_for_pathway(context, "--tls-policy", wanted.tls_policy),
                       .server_name = {},
                       .check = tls::Anchored{.anchors = std::move(anchors), .name = target.endpoint.host},
                       .own = std::move(own),
                       .alpn = {}}));
        auto out = std::make_unique<Collector>();
        SAFEQ_TRY(out->stream_,
                  net::ClientStream::connect(target.endpoint, std::move(tls_context), out->clock_, out->random_, {}));
        return out;
    }
    Result<void> write(std::string_view text) override { return stream_->write(as_bytes(text)); }
    Result<void> finish() override { return stream_->finish(); }

private:
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::unique_ptr<net::ClientStream> stream_;
};

Result<std::string> line_of(const Export& wanted, const audit::ExportedEntry& entry) {
    if (wanted.format == "csv") return audit::to_csv_line(entry);
    if (wanted.format == "jsonl") return audit::to_json_line(entry);
    SAFEQ_TRY(const std::string message, audit::to_syslog(entry, wanted.source));
    return audit::frame_syslog(message);
}

Result<audit::FollowerState> read_state(const std::string& file) {
    if (file.empty()) return audit::FollowerState{};
    const auto text = read_text(file);
    if (text) return audit::FollowerState::parse(*text);
    if (text.error().code == Errc::not_found) return audit::FollowerState{};
    return std::unexpected(text.error());
}

// Only what has been proved to be in the log leaves; where a state is kept, only what follows on the last time.
Result<void> run(const Context& context, const Export& wanted) {
    SAFEQ_TRY(const auto reader, store::read_log_folder(context.layout.daemon(wanted.log).log()));
    SAFEQ_TRY(
        const crypto::NoteKey key,
        read_note_key(context.layout.shared() / (wanted.log == "intake" ? intake_log_public : release_log_public)));
    SAFEQ_TRY(audit::FollowerState state, read_state(wanted.state));
    std::unique_ptr<Output> out = std::make_unique<StandardOutput>();
    if (!wanted.collector.empty()) {
        SAFEQ_TRY(out, Collector::connect(context, wanted));
    }
    if (wanted.format == "csv" && state.seen.size() == 0) SAFEQ_TRY_VOID(out->write(audit::csv_header()));
    audit::Follower follower{key, std::move(state)};
    const auto take = [&](const audit::FollowedEntries& taken) -> Result<void> {
        for (std::size_t i = 0; i < taken.entries.size(); ++i) {
            const std::uint64_t index = taken.first + i;
            if (index < wanted.from || index >= wanted.to) continue;
            SAFEQ_TRY(const std::string text, line_of(wanted, {key.name, index, taken.entries[i]}));
            SAFEQ_TRY_VOID(out->write(text));
        }
        return {};
    };
    SAFEQ_TRY_VOID(follower.follow(*reader, take));
    SAFEQ_TRY_VOID(out->finish());
    if (wanted.state.empty()) return {};
    return write_text(wanted.state, follower.state().encode(), 0600);
}

void check_options(const Export& wanted) {
    if (!wanted.state.empty() && (wanted.from != 0 || wanted.to != audit::max_tree_size))
        throw CommandFailed{"with --state there is no --from and no --to: it goes on where it ended"};
    if (wanted.collector.empty()) return;
    if (wanted.format != "syslog") throw CommandFailed{"a collector takes --format syslog"};
    if (wanted.authorities.empty()) throw CommandFailed{"--to-host needs --ca: nothing is sent to a stranger"};
}

}  // namespace

void add_audit_export_command(CLI::App& audit, Context& context) {
    auto out = std::make_shared<Export>();
    CLI::App* write = audit.add_subcommand("export", "Write verified entries for other systems");
    write->add_option("LOG", out->log, "intake or release")->required()->check(CLI::IsMember({"intake", "release"}));
    write->add_option("--format", out->format, "jsonl, csv, or syslog (RFC 5424, framed by RFC 5425)")
        ->required()
        ->check(CLI::IsMember({"jsonl", "csv", "syslog"}));
    write->add_option("--from", out->from, "The first entry's number")->capture_default_str();
    write->add_option("--to", out->to, "The number before which to end");
    write->add_option("--state", out->state,
                      "A file that remembers how far the last export came: only what is new is written, and the log "
                      "must continue what was seen");
    write->add_option("--host", out->source.host_name, "For syslog: this machine's full name")->capture_default_str();
    write->add_option("--enterprise", out->source.enterprise, "For syslog: your IANA private enterprise number")
        ->capture_default_str();
    write->add_option("--to-host", out->collector, "For syslog: send over TLS to HOST:PORT, not to standard output");
    write->add_option("--ca", out->authorities, "Whose certificate the collector must have (PEM)")
        ->check(CLI::ExistingFile);
    write->add_option("--crl", out->crl, "That authority's revocation list (PEM): must be there, and current")
        ->check(CLI::ExistingFile)
        ->needs("--ca");
    write
        ->add_option("--tls-policy", out->tls_policy,
                     "By which TLS policy the collector is talked to: a name, or a policy file")
        ->capture_default_str();
    write
        ->add_option("--identity", out->identity,
                     "Our own certificate: a folder with cert.pem, key.pem, ca.pem, crl.pem")
        ->check(CLI::ExistingDirectory);
    write->callback([&context, out] {
        check_options(*out);
        require(run(context, *out));
    });
}

}  // namespace safeq::daemon
