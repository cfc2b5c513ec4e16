// SPDX-License-Identifier: Apache-2.0
// Under test: tls::ExceptionTable::lint, parse, choose.
// Property: a table comes out, or a refusal with its line; each exception is one that the format allows (a named device
// once, a reason, a day within a year), allows nothing that the weakest policy doesn't, and isn't chosen from its day
// on; written anew, a line each, the table reads as the same.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>

#include <safeq/core/text.hpp>
#include <safeq/tls/exceptions.hpp>

using namespace safeq;
using namespace safeq::tls;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

const Time now{std::chrono::sys_days{std::chrono::November / 22 / 2026}};

std::string line_of(const DeviceException& entry) {
    const std::string day = to_rfc3339(Time{entry.end}).substr(0, 10);
    return entry.device.text() + " " + entry.policy_name + (entry.tls13_off ? " no-tls1.3" : "") + " until " + day +
           " because " + entry.reason + "\n";
}

bool same(const DeviceException& a, const DeviceException& b) {
    return a.device == b.device && a.policy_name == b.policy_name && a.tls13_off == b.tls13_off && a.end == b.end &&
           a.reason == b.reason && describe(*a.policy) == describe(*b.policy);
}

// Nothing gets in that isn't in the weakest policy of all, and nothing that needs no exception.
void check_entry(const DeviceException& entry) {
    require(!entry.device.nil() && entry.line >= 1);
    require(entry.tls13_off || entry.policy->exception_only());
    require(entry.tls13_off != entry.policy->allows(Version::v1_3));
    require(!entry.reason.empty() && entry.reason.size() <= 200);
    require(check_name(entry.reason, 200, "reason").has_value());
    require(Time{entry.end} <= now + ExceptionTable::longest);
    require(check(*entry.policy, true) == PolicyFault::none);
    for (const Suite& s : entry.policy->suites()) require(obsolete_mfd_2026.find_suite(s.code) != nullptr);
    if (!entry.policy_name.starts_with("obsolete")) require(check(*entry.policy, false) == PolicyFault::none);
}

void check_choice(const ExceptionTable& table, const DeviceException& entry) {
    const PolicyRef strict{&modern_2026};
    const Time times[]{now, Time{entry.end} - std::chrono::milliseconds{1}, Time{entry.end}};
    for (const Time time : times) {
        const ManualClock clock{time};
        const auto choice = table.choose(entry.device, strict, clock);
        require(choice.has_value() && choice->use.has_value());
        const bool holds = time < Time{entry.end};
        require((choice->use->outcome == ExceptionOutcome::used) == holds);
        require(choice->policy.get() == (holds ? entry.policy : strict).get());
        require(choice->use->reason == entry.reason && choice->use->device == entry.device);
    }
    require(!table.choose(entry.device, PolicyRef{&legacy_mfd_2026}, ManualClock{now}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static const std::array<PolicyRef, 2> own{
        parse_policy("name third-floor\nfrom intermediate-2026\nremove group secp256r1\n").value(),
        parse_policy("name annex\nfrom legacy-mfd-2026\nforbid certificate ecdsa\n").value()};
    const auto report = ExceptionTable::lint(text, own, now);
    bool refused = false;
    for (const Finding& finding : report.findings) {
        refused = refused || finding.severity == Severity::refused;
        require(finding.line >= 1 && finding.line <= 10'001 && !finding.text.empty());
        require(check_name(finding.text, finding.text.size(), "finding").has_value());
    }
    require(std::ranges::is_sorted(report.findings, {}, &Finding::line));
    require(refused == !report.table.has_value());
    require(ExceptionTable::parse(text, own, now).has_value() == !refused);
    if (refused) return 0;

    std::string canonical;
    std::set<DeviceId> devices;
    const auto entries = report.table->entries();
    for (const DeviceException& entry : entries) {
        check_entry(entry);
        check_choice(*report.table, entry);
        require(devices.insert(entry.device).second);
        canonical += line_of(entry);
        // What the file says is what is taken: the line stands in it, but for the letters' case of an id.
        require(text.find(" until " + line_of(entry).substr(line_of(entry).find(" until ") + 7)) != text.npos);
    }
    const auto again = ExceptionTable::parse(canonical, own, now);
    require(again.has_value() && std::ranges::equal(again->entries(), entries, same));
    for (std::size_t i = 0; i < entries.size(); ++i) require(again->entries()[i].line == i + 1);
    return 0;
}
