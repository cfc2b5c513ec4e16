// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/exceptions.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/tls/derive.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_table_bytes = std::size_t{1024} * 1024, max_lines = 10'000, max_line_bytes = 1024;
constexpr std::size_t max_reason_bytes = 200;

/// The next word, taken off the line; empty at a second space or the end.
std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

Result<std::chrono::sys_days> parse_day(std::string_view text) {
    if (text.size() != 10) return fail(Errc::malformed, "until", "a day is written 2027-06-30");
    SAFEQ_TRY(const Time time, parse_rfc3339(std::string{text} + "T00:00:00.000Z"));
    return std::chrono::floor<std::chrono::days>(time);
}

Result<PolicyRef> policy_named(std::string_view name, std::span<const PolicyRef> own) {
    for (const PolicyRef& policy : own)
        if (policy->name() == name) return policy;
    SAFEQ_TRY(const Policy* const dated, find_policy(name));
    if (dated->name() != name)
        return fail(Errc::tls_policy_unknown, "policy",
                    fmt::format("{} is an alias that moves with the years; write {}", name, dated->name()));
    return PolicyRef{dated};
}

/// *Errors*: what the line breaks, the detail being a sentence.
Result<DeviceException> parse_line(std::string_view line, std::span<const PolicyRef> own, Time now) {
    constexpr auto form =
        "`DEVICE-ID POLICY [no-tls1.3] until YYYY-MM-DD because REASON`, words set apart by one space";
    DeviceException out;
    const auto device = DeviceId::parse(take_word(line));
    if (!device || device->nil()) return fail(Errc::malformed, "device", fmt::format("not a device's id; {}", form));
    out.device = *device;
    const std::string_view policy = take_word(line);
    if (policy.empty()) return fail(Errc::malformed, "line", form);
    SAFEQ_TRY(out.policy, policy_named(policy, own));
    out.policy_name = policy;
    std::string_view word = take_word(line);
    if (word == "no-tls1.3") {
        out.tls13_off = true;
        SAFEQ_TRY(out.policy, without_tls13(*out.policy));
        word = take_word(line);
    }
    if (word != "until") return fail(Errc::malformed, "line", form);
    SAFEQ_TRY(out.end, parse_day(take_word(line)));
    if (Time{out.end} > now + ExceptionTable::longest)
        return fail(Errc::config_invalid, "until",
                    "more than 366 days ahead; an exception ends within a year and is looked at again");
    if (take_word(line) != "because") return fail(Errc::malformed, "line", form);
    SAFEQ_TRY_VOID(check_name(line, max_reason_bytes, "the reason"));
    if (line.empty() || line.front() == ' ' || line.back() == ' ')
        return fail(Errc::config_invalid, "reason", "who reads the log wants to know why the device needs this");
    out.reason = line;
    if (!out.tls13_off && !out.policy->exception_only())
        return fail(Errc::config_invalid, "policy",
                    fmt::format("{} needs no exception; make it the device's policy", policy));
    return out;
}

}  // namespace

Result<PolicyRef> for_everybody(PolicyRef policy) {
    if (policy == nullptr) return fail(Errc::invalid_argument, "TLS policy", "no policy");
    if (policy->exception_only())
        return fail(
            Errc::invalid_argument, "TLS policy",
            fmt::format("{} is only for named devices, by an exception with a reason and a last day", policy->name()));
    return policy;
}

ExceptionTable::Lint ExceptionTable::lint(std::string_view text, std::span<const PolicyRef> own, Time now) {
    Lint out;
    std::size_t number = 0;
    bool refused = false;
    const auto refuse = [&](std::string why) {
        refused = true;
        out.findings.push_back({std::max<std::size_t>(number, 1), Severity::refused, std::move(why)});
    };
    ExceptionTable table;
    std::map<DeviceId, std::size_t> seen;
    if (text.size() > max_table_bytes) {
        refuse("the table is larger than 1 MiB");
        return out;
    }
    if (!text.empty() && text.back() != '\n') {
        refuse("the last line has no end; the table may be cut short");
        return out;
    }
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        if (++number > max_lines) {
            refuse("more than 10,000 lines");
            return out;
        }
        if (const auto clean = check_name(line, max_line_bytes, "the line"); !clean) {
            refuse(clean.error().message());
            continue;
        }
        if (line.empty() || line.front() == '#') continue;
        auto entry = parse_line(line, own, now);
        if (!entry) {
            refuse(entry.error().where + ": " + entry.error().detail);
            continue;
        }
        entry->line = number;
        const auto [first, fresh] = seen.emplace(entry->device, number);
        if (!fresh) refuse(fmt::format("a second exception for this device; the first is in line {}", first->second));
        else if (Time{entry->end} <= now)
            out.findings.push_back(
                {number, Severity::advice, "its time is over: the device is held to the strict policy"});
        table.entries_.push_back(*std::move(entry));
    }
    if (!refused) out.table = std::move(table);
    return out;
}

Result<ExceptionTable> ExceptionTable::parse(std::string_view text, std::span<const PolicyRef> own, Time now) {
    Lint result = lint(text, own, now);
    for (const Finding& finding : result.findings)
        if (finding.severity == Severity::refused)
            return fail(Errc::config_invalid, fmt::format("TLS exceptions, line {}", finding.line), finding.text);
    return *std::move(result.table);
}

Result<PolicyChoice> ExceptionTable::choose(const DeviceId& device, const PolicyRef& strict, const Clock& clock) const {
    SAFEQ_TRY_VOID(for_everybody(strict));
    const auto entry = std::ranges::find(entries_, device, &DeviceException::device);
    if (entry == entries_.end()) return PolicyChoice{strict, std::nullopt, std::nullopt};
    const Time now = clock.now();
    const bool holds = now < Time{entry->end};
    const PolicyRef& policy = holds ? entry->policy : strict;
    return PolicyChoice{
        policy,
        ExceptionUse{holds ? ExceptionOutcome::used : ExceptionOutcome::expired, device, entry->policy_name,
                     std::string{policy->name()}, entry->tls13_off, entry->end, entry->reason, now},
        holds ? std::optional{ExceptionLeave{policy}} : std::nullopt};
}

}  // namespace safeq::tls
