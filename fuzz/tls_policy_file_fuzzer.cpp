// SPDX-License-Identifier: Apache-2.0
// Under test: tls::lint_policy, tls::parse_policy, tls::policy_file, tls::Derivation, tls::check.
// Property: a policy comes out, or a refusal with its line; a policy passes the check, holds nothing that its base
// doesn't, lowers no minimum, and has one canonical file, which gives the same policy again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <safeq/core/text.hpp>
#include <safeq/tls/policy_file.hpp>

using namespace safeq;
using namespace safeq::tls;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const LintReport report = lint_policy(text);
    bool refused = false;
    for (const Finding& finding : report.findings) {
        refused = refused || finding.severity == Severity::refused;
        require(finding.line >= 1 && finding.line <= 1001 && !finding.text.empty());
        require(check_name(finding.text, finding.text.size(), "finding").has_value());
    }
    require(std::ranges::is_sorted(report.findings, {}, &Finding::line));
    require(refused == (report.policy == nullptr));
    require(parse_policy(text).has_value() == !refused);
    if (refused) return 0;

    const Policy& policy = *report.policy;
    const auto base = find_policy(policy.base());
    require(base.has_value());
    require(check(policy, *base == &obsolete_mfd_2026) == PolicyFault::none);
    require(policy.exception_only() == (*base)->exception_only());
    require(policy.extended_master_secret() == (*base)->extended_master_secret());
    require(policy.secure_renegotiation() == (*base)->secure_renegotiation());
    for (const Version v : policy.versions()) require((*base)->allows(v));
    for (const Suite& s : policy.suites()) {
        const Suite* const original = (*base)->find_suite(s.code);
        require(original != nullptr && *original == s);
    }
    for (const Group& g : policy.groups()) require((*base)->find_group(g.code) != nullptr);
    for (const SignatureScheme& s : policy.signature_schemes()) require((*base)->allows_signature(s.code));
    require(policy.min_rsa_bits() >= (*base)->min_rsa_bits() && policy.min_ec_bits() >= (*base)->min_ec_bits());
    require(policy.tickets().lifetime <= (*base)->tickets().lifetime);
    require(policy.tickets().key_lifetime <= (*base)->tickets().key_lifetime);

    const std::string canonical = policy_file(policy);
    const auto again = parse_policy(canonical);
    require(again.has_value());
    require(describe(**again) == describe(policy));
    require(policy_file(**again) == canonical);
    return 0;
}
