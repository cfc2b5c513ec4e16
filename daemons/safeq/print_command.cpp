// SPDX-License-Identifier: Apache-2.0
#include "safeq/print_command.hpp"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/document/format.hpp>
#include <safeq/http/basic_auth.hpp>
#include <safeq/net/ipp_client.hpp>
#include <safeq/net/listen_address.hpp>

#include "common/files.hpp"
#include "config/options.hpp"
#include "safeq/secrets.hpp"
#include "safeq/tls_command.hpp"

namespace safeq::daemon {
namespace {

struct State {
    std::filesystem::path file;
    std::string user, uri, title, format, tls_policy{tls::modern_2026.name()};
    int copies = 1;
};

// The printer's address of this installation, from the intake's configuration.
std::string own_printer(const Context& context) {
    const std::string text = require(read_text(context.layout.daemon("intake").root / "intake.conf"));
    const IntakeOptions intake = require(from_config<IntakeOptions>(text));
    const std::uint16_t port = require(net::ListenAddress::parse(intake.listen_ipps)).port;
    return fmt::format("ipps://{}:{}/ipp/print", intake.host_name, port);
}

std::string detect_format(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    Bytes head(document::sniff_bytes);
    in.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    return std::string{document::mime_type(document::sniff(head))};
}

void print(const Context& context, const State& state) {
    SystemClock clock;
    crypto::SystemRandom random;
    const std::string uri = state.uri.empty() ? own_printer(context) : state.uri;
    const net::HttpTarget target = require(net::HttpTarget::https(uri, nullptr));
    const std::string authority = require(read_text(context.layout.shared() / "ca.pem"));
    const std::string crl = require(read_text(context.layout.shared() / "crl.pem"));
    const auto anchors = require(tls::TrustAnchors::from_pem({authority}, {crl}, tls::Revocation::required));
    const auto tls_context =
        require(tls::ClientContext::create({.policy = policy_for_pathway(context, "--tls-policy", state.tls_policy),
                                            .server_name = target.endpoint.host,
                                            .check = tls::Anchored{.anchors = anchors, .name = target.endpoint.host},
                                            .own = nullptr,
                                            .alpn = {}}));
    std::string authorization;
    if (!state.user.empty()) {
        const crypto::Secret password = require(ask_secret("Password of " + state.user));
        authorization = require(http::encode_basic(state.user, password));
    }
    const auto client = require(net::IppClient::create(
        {.uri = uri, .user_name = state.user, .authorization = authorization}, tls_context, clock, random));

    std::ifstream in{state.file, std::ios::binary};
    if (!in) throw CommandFailed{state.file.string() + " can't be read"};
    const std::uint64_t size = std::filesystem::file_size(state.file);
    Bytes buffer(256 * 1024);
    const bool show = isatty(STDERR_FILENO) != 0;
    ipp::JobTicket ticket{.job_name = state.title.empty() ? state.file.filename().string() : state.title,
                          .document_name = state.file.filename().string(),
                          .document_format = state.format.empty() ? detect_format(state.file) : state.format};
    ticket.copies = state.copies;
    const auto job = client->submit({.ticket = std::move(ticket),
                                     .bytes = size,
                                     .next = [&]() -> Result<ByteView> {
                                         in.read(reinterpret_cast<char*>(buffer.data()),
                                                 static_cast<std::streamsize>(buffer.size()));
                                         if (in.bad()) return fail(Errc::io_failed, state.file.string());
                                         return ByteView{buffer}.subspan(0, static_cast<std::size_t>(in.gcount()));
                                     },
                                     .progress =
                                         [&](std::uint64_t sent) {
                                             if (show)
                                                 fmt::print(stderr, "\r{:3} %", size == 0 ? 100 : sent * 100 / size);
                                         }});
    if (show) fmt::print(stderr, "\r      \r");
    if (!job && job.error().code == Errc::credential_wrong)
        throw CommandFailed{"denied: the printer does not know this name and password"};
    const ipp::RemoteJob taken = require(job);
    fmt::print("accepted as job {}, held until its owner signs in at a device\n", taken.id);
    if (taken.uuid.starts_with("urn:uuid:")) fmt::print("{}\n", taken.uuid.substr(9));
}

}  // namespace

void add_print_command(CLI::App& app, Context& context) {
    auto state = std::make_shared<State>();
    CLI::App* command =
        app.add_subcommand("print", "Print a document: it waits, encrypted, until its owner signs in at a device");
    command->add_option("FILE", state->file, "PDF, PWG raster or JPEG")->required()->check(CLI::ExistingFile);
    command->add_option("--user", state->user, "Whose it is; the password is asked for, or read from standard input");
    command->add_option("--uri", state->uri,
                        "Printer address, for example a personal one; default: this installation's");
    command->add_option("--tls-policy", state->tls_policy, "By which TLS policy: a name, or a policy file")
        ->capture_default_str();
    command->add_option("--title", state->title, "What the job is called; default: the file's name");
    command->add_option("--format", state->format, "MIME type; default: by content");
    command->add_option("--copies", state->copies, "How many")->check(CLI::Range(1, 999))->capture_default_str();
    command->callback([&context, state] { print(context, *state); });
}

}  // namespace safeq::daemon
