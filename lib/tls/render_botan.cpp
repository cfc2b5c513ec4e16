// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <botan/tls_ciphersuite.h>
#include <botan/tls_policy.h>
#include <botan/tls_signature_scheme.h>
#include <botan/tls_version.h>

#include <crypto/seam.hpp>
#include <safeq/tls/render.hpp>
#include <tls/policy_adapter.hpp>

namespace safeq::tls {

namespace {

/// Code points of what a backend's policy allows; the order of suites is the backend's own.
struct Allowed {
    std::set<std::uint16_t> suites;
    std::vector<std::uint16_t> groups, signatures;

    friend bool operator==(const Allowed&, const Allowed&) = default;
};

Allowed allowed_by(const Botan::TLS::Policy& policy) {
    Allowed out;
    for (const auto& [allows, version] :
         {std::pair{policy.allow_tls12(), Botan::TLS::Protocol_Version{Botan::TLS::Protocol_Version::TLS_V12}},
          std::pair{policy.allow_tls13(), Botan::TLS::Protocol_Version{Botan::TLS::Protocol_Version::TLS_V13}}})
        if (allows)
            for (const std::uint16_t code : policy.ciphersuite_list(version)) out.suites.insert(code);
    for (const auto group : policy.key_exchange_groups()) out.groups.push_back(group.wire_code());
    for (const auto scheme : policy.allowed_signature_schemes()) out.signatures.push_back(scheme.wire_code());
    return out;
}

const char* yes_or_no(bool value) { return value ? "true" : "false"; }

Result<std::string> write_and_read_back(const Policy& policy, RenderGroups groups) {
    const PolicyAdapter ours{&policy, ClientAuth::none};
    Allowed expected = allowed_by(ours);
    expected.groups.clear();
    std::vector<std::string> group_names, scheme_names;
    for (const Group& group : policy.groups())
        if (groups == RenderGroups::all || !group.post_quantum) {
            expected.groups.push_back(group.code);
            group_names.push_back(Botan::TLS::Group_Params{group.code}.to_string().value_or(std::string{group.name}));
        }
    if (group_names.empty()) return fail(Errc::unsupported, std::string{policy.name()}, "it has no classical group");
    for (const auto scheme : ours.allowed_signature_schemes()) scheme_names.push_back(scheme.to_string());
    // The backend takes a static key exchange for a signature method of its own.
    std::vector<std::string> methods = ours.allowed_signature_methods();
    if (std::ranges::any_of(policy.suites(), [](const Suite& s) { return !s.forward_secrecy(); }))
        methods.emplace_back("IMPLICIT");
    std::string out =
        fmt::format("allow_tls12 = {}\nallow_tls13 = {}\nallow_dtls12 = false\n", yes_or_no(ours.allow_tls12()),
                    yes_or_no(ours.allow_tls13())) +
        fmt::format("ciphers = {}\nmacs = {}\nkey_exchange_methods = {}\n", fmt::join(ours.allowed_ciphers(), " "),
                    fmt::join(ours.allowed_macs(), " "), fmt::join(ours.allowed_key_exchange_methods(), " ")) +
        fmt::format("signature_methods = {}\nsignature_hashes = {}\n", fmt::join(methods, " "),
                    fmt::join(ours.allowed_signature_hashes(), " ")) +
        fmt::format("signature_schemes = {0}\nacceptable_signature_schemes = {0}\nkey_exchange_groups = {1}\n",
                    fmt::join(scheme_names, " "), fmt::join(group_names, " ")) +
        fmt::format("minimum_rsa_bits = {}\nminimum_ecdsa_group_size = {}\n", ours.minimum_rsa_bits(),
                    ours.minimum_ecdsa_group_size()) +
        fmt::format(
            "allow_insecure_renegotiation = false\nallow_client_initiated_renegotiation = false\n"
            "allow_server_initiated_renegotiation = false\nserver_uses_own_ciphersuite_preferences = true\n"
            "negotiate_encrypt_then_mac = true\nrequire_extended_master_secret = {}\n",
            yes_or_no(ours.require_extended_master_secret()));
    const Allowed made = allowed_by(Botan::TLS::Text_Policy{out});
    if (made == expected) return out;
    for (const Suite& s : obsolete_mfd_2026.suites())
        if (made.suites.contains(s.code) != expected.suites.contains(s.code))
            return fail(
                Errc::unsupported, std::string{policy.name()},
                fmt::format("a text policy can't {} {}", made.suites.contains(s.code) ? "leave out" : "have", s.name));
    return fail(Errc::unsupported, std::string{policy.name()}, "a text policy reads back as something else");
}

}  // namespace

Result<std::string> botan_policy(const Policy& policy, RenderGroups groups) {
    return crypto::at_seam("TLS policy for Botan", Errc::unsupported,
                           [&] { return write_and_read_back(policy, groups); });
}

}  // namespace safeq::tls
