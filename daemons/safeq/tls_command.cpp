// SPDX-License-Identifier: Apache-2.0
#include "safeq/tls_command.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/core/text.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/tls/policy_file.hpp>
#include <safeq/tls/policy_ref.hpp>
#include <safeq/tls/render.hpp>
#include <safeq/tls/suite_registry.hpp>

#include "common/policies.hpp"
#include "safeq/authority_folder.hpp"
#include "safeq/context.hpp"
#include "safeq/tls_scan.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;
using tls::Policy;

// What the linters take at most, and one byte more to see that it is over.
constexpr std::size_t most_policy_bytes = std::size_t{64} * 1024 + 1, most_table_bytes = std::size_t{1024} * 1024 + 1;

std::string read_for_linter(const std::string& path, std::size_t most_bytes) {
    std::ifstream file{path, std::ios::binary};
    std::string text(most_bytes, '\0');
    if (!file || std::filesystem::is_directory(path)) throw CommandFailed{path + ": can't be read"};
    file.read(text.data(), static_cast<std::streamsize>(most_bytes));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

std::string hex(std::uint16_t code) { return fmt::format("0x{:04x}", code); }

std::string_view key_exchange_name(tls::KeyExchange exchange) {
    switch (exchange) {
        case tls::KeyExchange::tls13: return "ephemeral (TLS 1.3)";
        case tls::KeyExchange::ecdhe_ecdsa: return "ephemeral, ECDSA certificate";
        case tls::KeyExchange::ecdhe_rsa: return "ephemeral, RSA certificate";
        case tls::KeyExchange::rsa: return "static, RSA certificate";
    }
    return "";
}

Json to_json(const tls::Suite& s) {
    return {{"name", s.name},
            {"code", hex(s.code)},
            {"version", name(s.version)},
            {"level", name(s.level)},
            {"forward_secrecy", s.forward_secrecy()},
            {"aead", s.aead()},
            {"reason", s.reason}};
}

Json to_json(const Policy& policy) {
    Json out{{"name", policy.name()},
             {"alias", policy.alias()},
             {"from", policy.base().empty() ? Json{} : Json(policy.base())},
             {"purpose", policy.purpose()},
             {"exception_only", policy.exception_only()}};
    for (const tls::Version v : policy.versions())
        out["versions"].push_back({{"name", name(v)}, {"reason", reason(v)}});
    for (const tls::Suite& s : policy.suites()) out["suites"].push_back(to_json(s));
    for (const tls::Group& g : policy.groups())
        out["groups"].push_back(
            {{"name", g.name}, {"code", hex(g.code)}, {"post_quantum", g.post_quantum}, {"reason", g.reason}});
    for (const tls::SignatureScheme& s : policy.signature_schemes())
        out["signatures"].push_back({{"name", s.name}, {"code", hex(s.code)}, {"reason", s.reason}});
    out["keys"] = {{"min_rsa_bits", policy.min_rsa_bits()},
                   {"min_ec_bits", policy.min_ec_bits()},
                   {"rsa_reason", policy.rsa_reason()},
                   {"ec_reason", policy.ec_reason()}};
    out["extended_master_secret"] = {{"required", policy.extended_master_secret()},
                                     {"reason", policy.master_secret_reason()}};
    out["secure_renegotiation"] = {{"required", policy.secure_renegotiation()},
                                   {"reason", policy.renegotiation_reason()}};
    out["tickets"] = {{"seconds", policy.tickets().lifetime.count()},
                      {"key_seconds", policy.tickets().key_lifetime.count()},
                      {"reason", policy.tickets().reason}};
    return out;
}

void list(bool json) {
    Json rows = Json::array();
    for (const Policy* const policy : tls::all_policies()) {
        if (json) {
            rows.push_back({{"name", policy->name()},
                            {"alias", policy->alias()},
                            {"purpose", policy->purpose()},
                            {"exception_only", policy->exception_only()}});
            continue;
        }
        fmt::print("{:<18} {:<13} {}{}\n", policy->name(), policy->alias(), policy->purpose(),
                   policy->exception_only() ? " (by an exception only)" : "");
    }
    if (json) fmt::print("{}\n", rows.dump(2));
}

void show(const std::string& policy_name, bool json) {
    const tls::PolicyRef policy = policy_from(policy_name);
    if (json) fmt::print("{}\n", to_json(*policy).dump(2));
    else fmt::print("{}", describe(*policy));
}

const tls::Suite* catalogued(const std::string& text) {
    for (const tls::Suite& s : tls::obsolete_mfd_2026.suites())
        if (ascii_iequals(s.name, text) || ascii_iequals(hex(s.code), text)) return &s;
    return nullptr;
}

void explain(const std::string& text, bool json) {
    const tls::Suite* const suite = catalogued(text);
    std::vector<std::string_view> listed;
    if (suite != nullptr)
        for (const Policy* const policy : tls::all_policies())
            if (policy->find_suite(suite->code) != nullptr) listed.push_back(policy->name());
    if (suite == nullptr) {
        const std::string_view why = tls::why_rejected(text);
        if (why.empty())
            throw CommandFailed{escape_for_log(text, 80) + ": no such suite; give its IANA name or 0xNNNN"};
        if (json)
            fmt::print("{}\n", Json{{"name", escape_for_log(text, 80)}, {"policies", listed}, {"reason", why}}.dump(2));
        else fmt::print("{}\n  in no policy: {}\n", escape_for_log(text, 80), why);
        return;
    }
    if (json) {
        Json out = to_json(*suite);
        out["key_exchange"] = key_exchange_name(suite->key_exchange);
        out["policies"] = listed;
        fmt::print("{}\n", out.dump(2));
        return;
    }
    fmt::print(
        "{} ({}), {}\n  level         {}\n  key exchange  {}\n  encryption    {}\n  reason        {}\n  policies      "
        "{}\n",
        suite->name, hex(suite->code), name(suite->version), name(suite->level), key_exchange_name(suite->key_exchange),
        suite->aead() ? "authenticated in one piece (AEAD)" : "CBC and HMAC", suite->reason, fmt::join(listed, " "));
}

// What a linter found; `sound` is empty when it was refused.
void tell_findings(const std::string& path, std::span<const tls::Finding> findings, const std::string& sound,
                   bool json) {
    if (json) {
        Json rows = Json::array();
        for (const tls::Finding& f : findings)
            rows.push_back({{"line", f.line},
                            {"severity", f.severity == tls::Severity::refused ? "refused" : "advice"},
                            {"text", f.text}});
        fmt::print("{}\n", Json{{"accepted", !sound.empty()}, {"findings", rows}}.dump(2));
    } else {
        for (const tls::Finding& f : findings)
            fmt::print("{}:{}: {}: {}\n", path, f.line, f.severity == tls::Severity::refused ? "refused" : "advice",
                       f.text);
    }
    if (!sound.empty() && !json) fmt::print("{}: {}\n", path, sound);
}

void lint(const std::string& path, bool json) {
    const tls::LintReport report = tls::lint_policy(read_for_linter(path, most_policy_bytes));
    tell_findings(path, report.findings, report.policy ? std::string{report.policy->name()} + " is sound" : "", json);
    if (!report.policy) throw CommandFailed{path + ": the policy is refused"};
}

void lint_exceptions(const std::string& path, const std::filesystem::path& policies, bool json) {
    const TlsPolicies known = require(TlsPolicies::read(policies));
    const auto report =
        tls::ExceptionTable::lint(read_for_linter(path, most_table_bytes), known.own(), SystemClock{}.now());
    const std::size_t count = report.table ? report.table->entries().size() : 0;
    tell_findings(path, report.findings,
                  report.table ? fmt::format("{} exception{}, sound", count, count == 1 ? "" : "s") : "", json);
    if (!report.table) throw CommandFailed{path + ": the table is refused"};
}

// The lines of a description without those that name the policy.
std::vector<std::string> lines_of(const Policy& policy) {
    std::vector<std::string> out;
    std::istringstream text{describe(policy)};
    for (std::string line; std::getline(text, line);)
        if (!line.starts_with("policy ") && !line.starts_with("alias ") && !line.starts_with("from "))
            out.push_back(line);
    return out;
}

// A longest common subsequence; descriptions have some fifty lines.
std::vector<std::pair<char, std::string>> difference(const std::vector<std::string>& a,
                                                     const std::vector<std::string>& b) {
    std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    std::vector<std::pair<char, std::string>> out;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) ++i, ++j;
        else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) out.emplace_back('-', a[i++]);
        else out.emplace_back('+', b[j++]);
    }
    return out;
}

void diff(const std::string& a, const std::string& b, bool json) {
    const auto lines = difference(lines_of(*policy_from(a)), lines_of(*policy_from(b)));
    if (json) {
        Json out{{"removed", Json::array()}, {"added", Json::array()}};
        for (const auto& [sign, line] : lines) out[sign == '-' ? "removed" : "added"].push_back(line);
        fmt::print("{}\n", out.dump(2));
        return;
    }
    for (const auto& [sign, line] : lines) fmt::print("{} {}\n", sign, line);
}

void add_certificate_commands(CLI::App& tls_app, Context& context) {
    struct Form {
        unsigned within = 0;
        std::string file;
    };
    const auto form = std::make_shared<Form>();
    CLI::App* const renew = tls_app.add_subcommand(
        "renew",
        "Renew the certificates of this installation and its revocation list, by its own authority; keys stay");
    CLI::Option* const within =
        renew->add_option("--within", form->within, "Only what ends within so many days")->check(CLI::Range(1, 3650));
    renew->callback([form, within, &context] {
        crypto::SystemRandom random;
        const auto days = within->count() > 0 ? std::optional{std::chrono::days{form->within}} : std::nullopt;
        fmt::print("{}", require(renew_certificates(context.layout, days, SystemClock{}, random)).text());
    });
    CLI::App* const revoke = tls_app.add_subcommand(
        "revoke",
        "Put a certificate of this installation on its revocation list, and its former ones for the same key");
    revoke->add_option("FILE", form->file, "The certificate, PEM")->required();
    revoke->callback([form, &context] {
        crypto::SystemRandom random;
        fmt::print("{}", require(revoke_certificate(context.layout, form->file, SystemClock{}, random)).text());
    });
}

}  // namespace

tls::PolicyRef policy_from(const std::string& name_or_path) {
    if (const auto dated = tls::find_policy(name_or_path)) return *dated;
    if (!std::filesystem::exists(name_or_path)) throw CommandFailed{tls::find_policy(name_or_path).error().message()};
    return require(tls::parse_policy(read_for_linter(name_or_path, most_policy_bytes)));
}

tls::PolicyRef policy_for_pathway(const Context& context, const std::string& option, const std::string& name_or_path) {
    const TlsPolicies known = require(TlsPolicies::read(context.layout.policies()));
    const auto named = known.find(option, name_or_path);
    if (named) return *named;
    if (tls::find_policy(name_or_path) || !std::filesystem::exists(name_or_path))
        throw CommandFailed{named.error().message()};
    tls::PolicyRef own = policy_from(name_or_path);
    auto open = tls::for_everybody(std::move(own));
    if (!open) throw CommandFailed{option + ": " + open.error().detail};
    return *std::move(open);
}

void add_tls_command(CLI::App& app, Context& context) {
    CLI::App* const tls_app =
        app.add_subcommand("tls",
                           "Look at TLS policies (NAME is a policy's name, or a policy file); renew and revoke "
                           "certificates")
            ->require_subcommand(1);
    add_certificate_commands(*tls_app, context);
    struct Form {
        std::string name, other, policies;
        tls::RenderTarget target = tls::RenderTarget::openssl;
        bool json = false, classical = false, exceptions = false;
    };
    const auto form = std::make_shared<Form>();
    const auto add = [&](const char* verb, const char* help, const char* argument, bool json = true) {
        CLI::App* const command = tls_app->add_subcommand(verb, help);
        if (argument != nullptr) command->add_option(argument, form->name)->required();
        if (json) command->add_flag("--json", form->json, "As JSON");
        return command;
    };
    add("list", "The dated policies, the strictest first", nullptr)->callback([form] { list(form->json); });
    add("show", "A whole policy, with the reason for each entry", "NAME")->callback([form] {
        show(form->name, form->json);
    });
    add("explain", "A cipher suite: what it is made of, which policies have it and why, or why none has", "SUITE")
        ->callback([form] { explain(form->name, form->json); });
    CLI::App* const lint_app =
        add("lint", "Check a policy file or a table of exceptions, and say what is wrong line by line", "FILE");
    lint_app->add_flag("--exceptions", form->exceptions, "FILE is a table of exceptions for named devices");
    lint_app->add_option("--policies", form->policies,
                         "Where the operator's own policies stand that the table names; default: this installation's");
    lint_app->callback([form, &context] {
        if (!form->exceptions) return lint(form->name, form->json);
        lint_exceptions(form->name, form->policies.empty() ? context.layout.policies() : fs::path{form->policies},
                        form->json);
    });
    CLI::App* const diff_app = add("diff", "What the second policy has less and more than the first", "A");
    diff_app->add_option("B", form->other)->required();
    diff_app->callback([form] { diff(form->name, form->other, form->json); });
    CLI::App* const render_app = add("render", "A policy in the words of another TLS library", "NAME", false);
    const std::map<std::string, tls::RenderTarget> targets{{"openssl", tls::RenderTarget::openssl},
                                                           {"gnutls", tls::RenderTarget::gnutls},
                                                           {"botan", tls::RenderTarget::botan}};
    render_app->add_option("--for", form->target, "openssl, gnutls or botan")
        ->required()
        ->transform(CLI::Transformer(targets));
    render_app->add_flag("--classical", form->classical,
                         "Leave out hybrid groups, for OpenSSL before 3.5 and GnuTLS without ML-KEM");
    render_app->callback([form] {
        fmt::print("{}", require(tls::render(*policy_from(form->name), form->target,
                                             form->classical ? tls::RenderGroups::classical : tls::RenderGroups::all)));
    });
    add_tls_scan_command(*tls_app);
}

}  // namespace safeq::daemon
