// SPDX-License-Identifier: Apache-2.0
#include "config/options.hpp"

#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/core/id.hpp>
#include <safeq/core/text.hpp>
#include <safeq/net/http_client.hpp>
#include <safeq/net/listen_address.hpp>

namespace safeq::daemon {
namespace {

constexpr std::size_t max_config_bytes = 64 * 1024;

std::unexpected<Error> wrong(std::string option, std::string why) {
    return fail(Errc::config_invalid, std::move(option), std::move(why));
}

constexpr std::uint64_t most_mib = std::uint64_t{16} << 20;  // 16 TiB

bool is_root_key(std::string_view text) {
    const auto rest = [&](std::string_view prefix) {
        return text.starts_with(prefix) ? text.substr(prefix.size()) : "";
    };
    const std::string_view credential = rest("credential:");
    return text == "files" || rest("passphrase-file:").starts_with('/') || text.starts_with("pkcs11:") ||
           (!credential.empty() && credential.find('/') == std::string_view::npos && credential.front() != '.');
}

/// The checks of an options type, collected so that the first fault is the one that is told.
class Checks {
public:
    template <class Id>
    Checks& id(const char* option, const std::string& text) {
        if (!Id::parse(text)) add(option, "not an id");
        return *this;
    }
    Checks& listen(const char* option, const std::string& text) {
        if (!net::ListenAddress::parse(text)) add(option, "expected IP-ADDRESS:PORT");
        return *this;
    }
    Checks& url(const char* option, const std::string& text, std::string_view scheme) {
        if (!text.starts_with(scheme) || !plain(text) || !net::HttpTarget::https(text, nullptr))
            add(option, fmt::format("expected {}HOST:PORT", scheme));
        return *this;
    }
    Checks& host_name(const char* option, const std::string& text) {
        bool good = !text.empty() && text.size() <= 253;
        for (const char c : text)
            good = good &&
                   ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.');
        if (!good) add(option, "not a host name");
        return *this;
    }
    Checks& text(const char* option, const std::string& text, std::size_t max_bytes) {
        if (text.empty() || text.size() > max_bytes || !plain(text))
            add(option, fmt::format("expected 1 to {} bytes of text without control characters or quotes", max_bytes));
        return *this;
    }
    Checks& path(const char* option, const std::string& text) {
        if (!text.empty()) return this->text(option, text, 4096);
        return *this;
    }
    // Whether there is such a policy is seen when the operator's own ones are read.
    Checks& policy(const char* option, const std::string& name) { return this->text(option, name, 64); }
    Checks& that(const char* option, bool good, const char* why) {
        if (!good) add(option, why);
        return *this;
    }
    [[nodiscard]] Result<void> result() const {
        if (fault_) return std::unexpected(*fault_);
        return {};
    }

private:
    // What can stand in a line of the file and comes back as it was.
    static bool plain(const std::string& text) {
        return check_name(text, text.size(), "option") && text.find_first_of("\"'`\\") == std::string::npos;
    }
    void add(const char* option, std::string why) {
        if (!fault_) fault_ = Error{Errc::config_invalid, option, std::move(why)};
    }
    std::optional<Error> fault_;
};

Checks check_common(const CommonOptions& options) {
    Checks out;
    out.id<TenantId>("tenant", options.tenant)
        .id<InstanceId>("instance", options.instance)
        .path("data", options.data)
        .path("public", options.shared)
        .path("tls-policies", options.tls_policies)
        .policy("tls-policy-daemons", options.tls_policy_daemons);
    return out;
}

Result<void> check(const IntakeOptions& options) {
    return check_common(options.common)
        .listen("listen-ipps", options.listen_ipps)
        .listen("listen-https", options.listen_https)
        .url("release", options.release, "https://")
        .host_name("host-name", options.host_name)
        .text("printer-name", options.printer_name, 127)
        .policy("tls-policy-clients", options.tls_policy_clients)
        .that("user-jobs", options.user_jobs <= 1'000'000, "expected at most 1000000")
        .that("user-mib", options.user_mib <= most_mib, "expected at most 16777216")
        .that("free-floor-mib", options.free_floor_mib <= most_mib, "expected at most 16777216")
        .that("max-document-mib", options.max_document_mib > 0 && options.max_document_mib <= 1024 * 1024,
              "expected 1 to 1048576")
        .result();
}

Result<void> check(const ReleaseOptions& options) {
    return check_common(options.common)
        .listen("listen-terminals", options.listen_terminals)
        .listen("listen-daemons", options.listen_daemons)
        .url("printer", options.printer, "ipps://")
        .policy("tls-policy-terminals", options.tls_policy_terminals)
        .policy("tls-policy-devices", options.tls_policy_devices)
        .path("tls-exceptions", options.tls_exceptions)
        .path("password-blocklist", options.password_blocklist)
        .text("root-key", options.root_key, 2048)
        .that("root-key", is_root_key(options.root_key),
              "expected files, passphrase-file:PATH, credential:NAME, or pkcs11:…")
        .that("free-floor-mib", options.free_floor_mib <= most_mib, "expected at most 16777216")
        .that("hold-hours", options.hold_hours >= 1 && options.hold_hours <= 24 * 90, "expected 1 to 2160")
        .that("favourite-days", options.favourite_days >= 1 && options.favourite_days <= 366, "expected 1 to 366")
        .that("ended-days", options.ended_days >= 1 && options.ended_days <= 366, "expected 1 to 366")
        .result();
}

Result<void> check(const ReportOptions& options) {
    return check_common(options.common)
        .listen("listen-https", options.listen_https)
        .url("intake", options.intake, "https://")
        .url("release", options.release, "https://")
        .policy("tls-policy-people", options.tls_policy_people)
        .that("interval",
              std::isfinite(options.interval_seconds) && options.interval_seconds >= 0.1 &&
                  options.interval_seconds <= 3600,
              "expected 0.1 to 3600 seconds")
        .result();
}

void add_common(CLI::App& app, CommonOptions& options) {
    app.set_version_flag("--version", version);
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.add_option("--data", options.data,
                   "Folder with tls/, keys/ and the data; default: that of the configuration file");
    app.add_option("--public", options.shared,
                   "Folder with the installation's public keys; default: `public` beside the data folder");
    app.add_option("--tenant", options.tenant, "The tenant's id")->required();
    app.add_option("--instance", options.instance, "This daemon's id")->required();
    app.add_option(
        "--tls-policies", options.tls_policies,
        "Folder with the operator's own TLS policies, *.policy; default: `tls-policies` in the public folder");
    app.add_option("--tls-policy-daemons", options.tls_policy_daemons, "TLS policy between servers of ours")
        ->capture_default_str();
    app.add_flag("--verbose", options.verbose, "Log more; never secrets or document titles");
}

void describe_floor(CLI::App& app, std::uint64_t& mib) {
    app.add_option("--free-floor-mib", mib,
                   "What documents leave free on the spool's disk, in MiB, for the log and the database")
        ->capture_default_str();
}

void describe(CLI::App& app, IntakeOptions& options) {
    app.description(
        "Takes print jobs in over IPPS, seals them as they arrive, and hands them over to the release server.\n"
        "It can write documents and never read them back.");
    add_common(app, options.common);
    app.add_option("--listen-ipps", options.listen_ipps, "Address of the printer, IP:PORT")->capture_default_str();
    app.add_option("--listen-https", options.listen_https, "Address for the report server (mutual TLS), IP:PORT")
        ->capture_default_str();
    app.add_option("--release", options.release, "The release server's address for daemons, https://HOST:PORT")
        ->required();
    app.add_option("--host-name", options.host_name, "The name by which clients reach the printer")
        ->capture_default_str();
    app.add_option("--printer-name", options.printer_name, "What clients see as the printer's name")
        ->capture_default_str();
    app.add_option("--tls-policy-clients", options.tls_policy_clients,
                   "TLS policy of the printer: see `safeq tls list`")
        ->capture_default_str();
    app.add_flag("--tls-tickets", options.tls_tickets,
                 "Give printing clients session tickets. Off: CUPS 2.4 over GnuTLS takes one for a broken connection");
    app.add_option("--max-document-mib", options.max_document_mib, "Largest document, in MiB")->capture_default_str();
    app.add_option("--user-jobs", options.user_jobs, "How many jobs of one person may wait; 0 for any number")
        ->capture_default_str();
    app.add_option("--user-mib", options.user_mib, "How much of one person's may wait, in MiB; 0 for any amount")
        ->capture_default_str();
    describe_floor(app, options.free_floor_mib);
}

void describe(CLI::App& app, ReleaseOptions& options) {
    app.description(
        "Holds the opening keys, who people are and what state jobs are in; lets a document go to the device at which\n"
        "its owner has signed in.");
    add_common(app, options.common);
    app.add_option("--listen-terminals", options.listen_terminals, "Address for terminals (mutual TLS), IP:PORT")
        ->capture_default_str();
    app.add_option("--listen-daemons", options.listen_daemons,
                   "Address for intake and report servers (mutual TLS), IP:PORT")
        ->capture_default_str();
    app.add_option("--printer", options.printer, "What personal printer addresses begin with, ipps://HOST:PORT")
        ->capture_default_str();
    app.add_option("--tls-policy-terminals", options.tls_policy_terminals, "TLS policy of the terminals' listener")
        ->capture_default_str();
    app.add_option("--tls-policy-devices", options.tls_policy_devices, "TLS policy towards devices")
        ->capture_default_str();
    app.add_option("--tls-exceptions", options.tls_exceptions,
                   "Table of devices that may be talked to by weaker policies, each with a reason and a last day");
    app.add_option(
        "--root-key", options.root_key,
        "What wraps the epoch keys: files, passphrase-file:PATH, credential:NAME (systemd), or a PKCS#11 URI");
    describe_floor(app, options.free_floor_mib);
    app.add_option("--hold-hours", options.hold_hours, "How long a job waits for its owner, 1 to 2160")
        ->capture_default_str();
    app.add_option("--favourite-days", options.favourite_days, "How long a favourite is kept, 1 to 366")
        ->capture_default_str();
    app.add_option("--ended-days", options.ended_days,
                   "How long a job's row stays when it has ended, 1 to 366; the log and the report keep what they have")
        ->capture_default_str();
    app.add_option(
        "--password-blocklist", options.password_blocklist,
        "File of passwords that nobody may choose: one a line, lower case, as `LC_ALL=C sort -u` orders them");
}

void describe(CLI::App& app, ReportOptions& options) {
    app.description(
        "Follows the logs of intake and release, verifies and cosigns them, and shows who printed what, when and "
        "where.");
    add_common(app, options.common);
    app.add_option("--listen-https", options.listen_https, "Address of the report's pages, IP:PORT")
        ->capture_default_str();
    app.add_option("--intake", options.intake, "The intake's address, https://HOST:PORT")->required();
    app.add_option("--release", options.release, "The release server's address for daemons, https://HOST:PORT")
        ->required();
    app.add_option("--tls-policy-people", options.tls_policy_people, "TLS policy of the pages: see `safeq tls list`")
        ->capture_default_str();
    app.add_option("--interval", options.interval_seconds, "Seconds between two looks at each log, 0.1 to 3600")
        ->capture_default_str();
}

std::string line(std::string_view name, std::string_view value) { return fmt::format("{}=\"{}\"\n", name, value); }

std::string common_lines(const CommonOptions& options) {
    std::string out = line("tenant", options.tenant) + line("instance", options.instance);
    if (!options.data.empty()) out += line("data", options.data);
    if (!options.shared.empty()) out += line("public", options.shared);
    if (!options.tls_policies.empty()) out += line("tls-policies", options.tls_policies);
    out += line("tls-policy-daemons", options.tls_policy_daemons);
    if (options.verbose) out += "verbose=true\n";
    return out;
}

}  // namespace

template <class Options>
Result<std::optional<Options>> from_command_line(int argc, const char* const* argv) {
    Options options;
    CLI::App app;
    describe(app, options);
    app.set_config("--config", "", "Configuration file, as `safeq init` writes it: one option a line, name=value",
                   true);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        app.exit(asked);
        return std::nullopt;
    } catch (const CLI::Error& error) {
        return wrong("options", error.what());
    }
    options.common.config = app.get_config_ptr()->template as<std::string>();
    SAFEQ_TRY_VOID(check(options));
    return options;
}

template <class Options>
Result<Options> from_config(std::string_view text) {
    if (text.size() > max_config_bytes) return fail(Errc::too_large, "configuration");
    Options options;
    CLI::App app;
    describe(app, options);
    try {
        std::istringstream lines{std::string{text}};
        app.parse_from_stream(lines);
    } catch (const CLI::Error& error) {
        return wrong("options", error.what());
    }
    SAFEQ_TRY_VOID(check(options));
    return options;
}

std::string to_config(const IntakeOptions& options) {
    return common_lines(options.common) + line("listen-ipps", options.listen_ipps) +
           line("listen-https", options.listen_https) + line("release", options.release) +
           line("host-name", options.host_name) + line("printer-name", options.printer_name) +
           line("tls-policy-clients", options.tls_policy_clients) +
           (options.tls_tickets ? std::string{"tls-tickets=true\n"} : std::string{}) +
           line("max-document-mib", fmt::format("{}", options.max_document_mib)) +
           line("user-jobs", fmt::format("{}", options.user_jobs)) +
           line("user-mib", fmt::format("{}", options.user_mib)) +
           line("free-floor-mib", fmt::format("{}", options.free_floor_mib));
}

std::string to_config(const ReleaseOptions& options) {
    return common_lines(options.common) + line("listen-terminals", options.listen_terminals) +
           line("listen-daemons", options.listen_daemons) + line("printer", options.printer) +
           line("tls-policy-terminals", options.tls_policy_terminals) +
           line("tls-policy-devices", options.tls_policy_devices) +
           (options.tls_exceptions.empty() ? std::string{} : line("tls-exceptions", options.tls_exceptions)) +
           line("free-floor-mib", fmt::format("{}", options.free_floor_mib)) +
           line("hold-hours", fmt::format("{}", options.hold_hours)) +
           line("favourite-days", fmt::format("{}", options.favourite_days)) +
           line("ended-days", fmt::format("{}", options.ended_days)) +
           (options.password_blocklist.empty() ? std::string{}
                                               : line("password-blocklist", options.password_blocklist)) +
           line("root-key", options.root_key);
}

std::string to_config(const ReportOptions& options) {
    return common_lines(options.common) + line("listen-https", options.listen_https) + line("intake", options.intake) +
           line("release", options.release) + line("tls-policy-people", options.tls_policy_people) +
           line("interval", fmt::format("{}", options.interval_seconds));
}

template Result<std::optional<IntakeOptions>> from_command_line(int, const char* const*);
template Result<std::optional<ReleaseOptions>> from_command_line(int, const char* const*);
template Result<std::optional<ReportOptions>> from_command_line(int, const char* const*);
template Result<IntakeOptions> from_config(std::string_view);
template Result<ReleaseOptions> from_config(std::string_view);
template Result<ReportOptions> from_config(std::string_view);

}  // namespace safeq::daemon
