// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/policy_file.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <safeq/core/text.hpp>
#include <safeq/tls/derive.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} * 1024, max_lines = 1000, max_line_bytes = 4096;

using Words = std::vector<std::string_view>;

Words split(std::string_view line) {
    Words words;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::optional<std::size_t> number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > 1'000'000'000) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return value;
}

std::optional<Hash> hash_named(std::string_view text) {
    if (text == "sha1") return Hash::sha1;
    if (text == "sha256") return Hash::sha256;
    if (text == "sha384") return Hash::sha384;
    if (text == "sha512") return Hash::sha512;
    return std::nullopt;
}

std::optional<Level> level_named(std::string_view text) {
    for (const Level level : {Level::obsolete, Level::legacy, Level::good, Level::strong})
        if (name(level) == text) return level;
    return std::nullopt;
}

/// Reads the lines one after another; each is a step of the derivation.
class Linter {
public:
    LintReport run(std::string_view text) {
        if (text.size() > max_file_bytes) return refused_whole("the file is larger than 64 KiB");
        if (!text.ends_with('\n')) return refused_whole("the last line has no end; the file may be cut short");
        text.remove_suffix(1);
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            if (++line_ > max_lines) return refused_whole("more than 1,000 lines");
            read_line(text.substr(at, end - at));
            at = end + 1;
        }
        finish();
        return std::move(report_);
    }

private:
    LintReport refused_whole(std::string why) {
        report_.findings.push_back({std::max<std::size_t>(line_, 1), Severity::refused, std::move(why)});
        return std::move(report_);
    }

    void say(Severity severity, std::string text) { report_.findings.push_back({line_, severity, std::move(text)}); }
    void refuse(std::string text) { say(Severity::refused, std::move(text)); }

    void take(const Result<void>& step) {
        if (!step) refuse(step.error().where + ": " + step.error().detail);
    }

    void read_line(std::string_view line) {
        if (line.size() > max_line_bytes) return refuse("the line is longer than 4,096 bytes");
        if (const auto clean = check_name(line, max_line_bytes, "the line"); !clean)
            return refuse(clean.error().message());
        if (line.empty() || line.starts_with('#')) return;
        const Words words = split(line);
        if (std::ranges::find(words, "") != words.end())
            return refuse("words are set apart by one space each; none stands at the begin or end of a line");
        const bool heading = words[0] == "name" || words[0] == "from" || words[0] == "purpose";
        if (heading && !headings_.insert(std::string{words[0]}).second)
            return refuse(fmt::format("a second `{}`; there is one", words[0]));
        if (words[0] == "name") return read_name(words);
        if (words[0] == "from") return read_from(words);
        if (!derivation_) {
            if (!hopeless_) refuse("`name NAME` and `from POLICY` come first");
            hopeless_ = true;
            return;
        }
        if (words[0] == "purpose")
            return take(derivation_->set_purpose(line.substr(std::min<std::size_t>(8, line.size()))));
        apply(words);
        const PolicyFault fault = derivation_->fault();
        if (fault == PolicyFault::none) faulty_since_ = 0;
        else if (faulty_since_ == 0) faulty_since_ = line_;
    }

    void read_name(const Words& words) {
        if (words.size() != 2) return refuse("`name NAME`, one word");
        if (derivation_) return refuse("`name` stands before `from`");
        name_ = words[1];
    }

    void read_from(const Words& words) {
        hopeless_ = true;
        if (words.size() != 2) return refuse("`from POLICY`, one word");
        const auto base = find_policy(words[1]);
        if (!base) return refuse("from " + escape_for_log(words[1], 80) + ": " + base.error().detail);
        if ((*base)->name() != words[1])
            return refuse(fmt::format("{} is an alias that moves with the years; write {}", words[1], (*base)->name()));
        base_ = *base;
        derivation_.emplace(**base);
        hopeless_ = false;
        if (name_.empty()) return refuse("`name NAME` comes before `from`");
        take(derivation_->set_name(name_));
        if ((*base)->exception_only())
            say(Severity::advice,
                fmt::format("{} is for named devices only, and so is what derives from it", words[1]));
    }

    void apply(const Words& words) {
        const std::string_view verb = words[0];
        if (verb == "add" || verb == "allow")
            return refuse(
                fmt::format("`{}` would widen {}; a derived policy only narrows it. Derive from a wider policy instead",
                            verb, base_->name()));
        if (verb == "order") {
            if (words.size() < 3) return refuse("`order suites|groups|signatures NAME...`");
            return apply_order(words[1], {words.begin() + 2, words.end()});
        }
        if (verb != "remove" && verb != "forbid" && verb != "min" && verb != "max")
            return refuse("`" + escape_for_log(verb, 40) +
                          "` is none of: name from purpose remove forbid order min max");
        if (words.size() != 3) return refuse(fmt::format("`{}` takes two words: what, and a value", verb));
        if (verb == "remove") return apply_remove(words[1], words[2]);
        if (verb == "forbid") return apply_forbid(words[1], words[2]);
        if (verb == "min") return apply_min(words[1], words[2]);
        return apply_max(words[1], words[2]);
    }

    void apply_remove(std::string_view what, std::string_view value) {
        if (what == "suite") return take(derivation_->remove_suite(value));
        if (what == "group") return take(derivation_->remove_group(value));
        if (what == "signature") return take(derivation_->remove_signature(value));
        if (what == "version")
            return refuse(
                "TLS 1.2 goes by `min version tls1.3`; TLS 1.3 is switched off by an exception for a named device "
                "only");
        refuse("`remove suite|group|signature NAME`");
    }

    void apply_forbid(std::string_view what, std::string_view value) {
        std::size_t taken = 0;
        if (what == "hash") {
            const auto hash = hash_named(value);
            if (!hash) return refuse("hashes are sha1, sha256, sha384 and sha512; weaker ones are in no policy");
            taken = derivation_->forbid(*hash);
        } else if (what == "certificate") {
            if (value != "rsa" && value != "ecdsa") return refuse("`forbid certificate rsa|ecdsa`");
            taken = derivation_->forbid(value == "rsa" ? CertificateKey::rsa : CertificateKey::ecdsa);
        } else {
            return refuse("`forbid hash NAME` or `forbid certificate rsa|ecdsa`; a suite or group goes by `remove`");
        }
        if (taken == 0) say(Severity::advice, fmt::format("nothing that is left uses {}", value));
    }

    void apply_order(std::string_view what, const Words& names) {
        if (what == "suites") return take(derivation_->order_suites(names));
        if (what == "groups") return take(derivation_->order_groups(names));
        if (what == "signatures") return take(derivation_->order_signatures(names));
        refuse("`order suites|groups|signatures NAME...`");
    }

    void apply_min(std::string_view what, std::string_view value) {
        if (what == "version") {
            if (value == "tls1.2") return take(derivation_->raise_version(Version::v1_2));
            if (value == "tls1.3") return take(derivation_->raise_version(Version::v1_3));
            return refuse("versions are tls1.2 and tls1.3; nothing under TLS 1.2 is in any policy");
        }
        if (what == "level") {
            const auto level = level_named(value);
            if (!level) return refuse("levels are obsolete, legacy, good and strong");
            return take(derivation_->raise_level(*level));
        }
        const auto bits = number(value);
        if (what != "rsa-bits" && what != "ec-bits") return refuse("`min version|level|rsa-bits|ec-bits VALUE`");
        if (!bits) return refuse("not a number of bits");
        take(what == "rsa-bits" ? derivation_->raise_rsa_bits(*bits) : derivation_->raise_ec_bits(*bits));
    }

    void apply_max(std::string_view what, std::string_view value) {
        const auto seconds = number(value);
        if (what != "ticket-seconds" && what != "ticket-key-seconds")
            return refuse("`max ticket-seconds|ticket-key-seconds VALUE`");
        if (!seconds) return refuse("not a number of seconds");
        const std::chrono::seconds lifetime{static_cast<std::chrono::seconds::rep>(*seconds)};
        take(what == "ticket-seconds" ? derivation_->lower_ticket_lifetime(lifetime)
                                      : derivation_->lower_ticket_key_lifetime(lifetime));
    }

    void finish() {
        if (!derivation_) {
            if (!hopeless_) refuse("`name NAME` and `from POLICY` are missing");
            return;
        }
        if (faulty_since_ != 0) {
            line_ = faulty_since_;
            refuse("from here on the policy is below the floor: " + std::string{explain(derivation_->fault())});
            std::ranges::stable_sort(report_.findings, {}, &Finding::line);
        }
        const auto bad = [](const Finding& f) { return f.severity == Severity::refused; };
        if (std::ranges::any_of(report_.findings, bad)) return;
        auto made = derivation_->finish();
        if (!made) return refuse(made.error().message());
        const auto hybrid = [](const Group& g) { return g.post_quantum; };
        if (std::ranges::none_of((*made)->groups(), hybrid))
            say(Severity::advice,
                "no hybrid group is left: traffic recorded today opens to a quantum computer one day");
        report_.policy = *std::move(made);
    }

    LintReport report_;
    std::optional<Derivation> derivation_;
    const Policy* base_ = nullptr;
    std::string name_;
    std::set<std::string> headings_;
    std::size_t line_ = 0, faulty_since_ = 0;
    bool hopeless_ = false;  ///< what has no base was told of once
};

template <class T>
void write_changes(std::string& out, std::string_view kind, std::span<const T> before, std::span<const T> after) {
    std::vector<std::string_view> kept, wanted;
    for (const T& entry : after) wanted.push_back(entry.name);
    for (const T& entry : before) {
        if (std::ranges::find(wanted, entry.name) != wanted.end()) kept.push_back(entry.name);
        else out += fmt::format("remove {} {}\n", kind, entry.name);
    }
    if (kept != wanted) out += fmt::format("order {}s {}\n", kind, fmt::join(wanted, " "));
}

}  // namespace

LintReport lint_policy(std::string_view text) { return Linter{}.run(text); }

Result<std::shared_ptr<const Policy>> parse_policy(std::string_view text) {
    LintReport report = lint_policy(text);
    if (report.policy) return std::move(report.policy);
    for (const Finding& finding : report.findings)
        if (finding.severity == Severity::refused)
            return fail(Errc::tls_policy_too_weak, fmt::format("TLS policy, line {}", finding.line), finding.text);
    return fail(Errc::internal, "TLS policy", "neither a policy nor a finding");
}

std::string policy_file(const Policy& policy) {
    const auto found = find_policy(policy.base());
    const Policy& base = found ? **found : policy;
    std::string out = fmt::format("name {}\nfrom {}\n", policy.name(), base.name());
    if (policy.purpose() != base.purpose()) out += fmt::format("purpose {}\n", policy.purpose());
    std::vector<Suite> before{base.suites().begin(), base.suites().end()};
    if (base.allows(Version::v1_2) && !policy.allows(Version::v1_2)) {
        out += "min version tls1.3\n";
        std::erase_if(before, [](const Suite& s) { return s.version == Version::v1_2; });
    }
    write_changes<Suite>(out, "suite", before, policy.suites());
    write_changes(out, "group", base.groups(), policy.groups());
    write_changes(out, "signature", base.signature_schemes(), policy.signature_schemes());
    if (policy.min_rsa_bits() != base.min_rsa_bits()) out += fmt::format("min rsa-bits {}\n", policy.min_rsa_bits());
    if (policy.min_ec_bits() != base.min_ec_bits()) out += fmt::format("min ec-bits {}\n", policy.min_ec_bits());
    const TicketRule &ours = policy.tickets(), &theirs = base.tickets();
    if (ours.lifetime != theirs.lifetime) out += fmt::format("max ticket-seconds {}\n", ours.lifetime.count());
    if (ours.key_lifetime != theirs.key_lifetime && ours.lifetime.count() != 0)
        out += fmt::format("max ticket-key-seconds {}\n", ours.key_lifetime.count());
    return out;
}

}  // namespace safeq::tls
