// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/policy.hpp>

#include <array>

#include <fmt/format.h>

namespace safeq::tls {

namespace {

constexpr std::array<const Policy*, 4> policies{&modern_2026, &intermediate_2026, &legacy_mfd_2026, &obsolete_mfd_2026};

}  // namespace

std::span<const Policy* const> all_policies() noexcept { return policies; }

Result<const Policy*> find_policy(std::string_view name) {
    for (const Policy* const policy : policies)
        if (policy->name() == name || policy->alias() == name) return policy;
    std::string known;
    for (const Policy* const policy : policies) known += (known.empty() ? "" : ", ") + std::string{policy->name()};
    return fail(Errc::tls_policy_unknown, "TLS policy", "known are " + known);
}

std::string describe(const Policy& policy) {
    std::string out = fmt::format("policy {}\nalias {}\n", policy.name(), policy.alias());
    if (!policy.base().empty()) out += fmt::format("from {}\n", policy.base());
    out += fmt::format("purpose {}\nuse {}\n", policy.purpose(),
                       policy.exception_only() ? "only by an exception for a named device" : "anywhere");
    for (const Version version : policy.versions())
        out += fmt::format("version {} | {}\n", name(version), reason(version));
    for (const Suite& suite : policy.suites())
        out += fmt::format("suite {:04x} {} {} {} {} | {}\n", suite.code, suite.name, name(suite.version),
                           name(suite.level), suite.forward_secrecy() ? "forward-secrecy" : "no-forward-secrecy",
                           suite.reason);
    for (const Group& group : policy.groups())
        out += fmt::format("group {:04x} {} {} | {}\n", group.code, group.name,
                           group.post_quantum ? "post-quantum" : "classical", group.reason);
    for (const SignatureScheme& scheme : policy.signature_schemes())
        out += fmt::format("signature {:04x} {} | {}\n", scheme.code, scheme.name, scheme.reason);
    const TicketRule& tickets = policy.tickets();
    out += fmt::format("extended-master-secret {} | {}\n",
                       policy.extended_master_secret() ? "required" : "when-offered", policy.master_secret_reason());
    out += fmt::format("secure-renegotiation {} | {}\n", policy.secure_renegotiation() ? "required" : "when-offered",
                       policy.renegotiation_reason());
    return out +
           fmt::format("min-rsa-bits {} | {}\nmin-ec-bits {} | {}\n", policy.min_rsa_bits(), policy.rsa_reason(),
                       policy.min_ec_bits(), policy.ec_reason()) +
           fmt::format("ticket-seconds {} | {}\nticket-key-seconds {} | {}\n", tickets.lifetime.count(), tickets.reason,
                       tickets.key_lifetime.count(), tickets.reason);
}

}  // namespace safeq::tls
