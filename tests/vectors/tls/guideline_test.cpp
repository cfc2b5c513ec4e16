// SPDX-License-Identifier: Apache-2.0
// The suites, groups and signatures of TLS 1.3 of the policies against BSI TR-02102-2 and NIST SP 800-52r2. Each
// difference is listed here with its reason, in both directions: what we have besides, by name; what we leave out, by
// family and number. A new difference fails. What else is in the data: guideline_property_test.cpp.
#include <safeq/tls/policy.hpp>

#include <algorithm>
#include <set>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <safeq/core/text.hpp>

#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::tls;

namespace {

using Names = std::set<std::string>;
/// What differs, and why. A family (ending or beginning with `*`) stands for as many names as it says.
struct Difference {
    std::string_view name;
    std::size_t count;
    std::string_view reason;
};
using Differences = std::vector<Difference>;

/// The text of every element of that name; the data has no attributes and no nesting within one name.
std::vector<std::string> elements(std::string_view xml, const std::string& tag) {
    const std::string open = "<" + tag + ">", close = "</" + tag + ">";
    std::vector<std::string> out;
    for (std::size_t at = xml.find(open); at != xml.npos; at = xml.find(open, at)) {
        at += open.size();
        const std::size_t end = xml.find(close, at);
        REQUIRE(end != xml.npos);
        out.emplace_back(xml.substr(at, end - at));
    }
    return out;
}

std::string element(std::string_view xml, const std::string& tag) {
    const auto all = elements(xml, tag);
    return all.empty() ? std::string{} : all.front();
}

/// What the checks of that kind recommend for the version.
Names recommended(std::string_view xml, const std::string& check, const std::string& item, std::string_view where) {
    Names out;
    for (const std::string& block : elements(xml, check))
        if (block.find(where) != block.npos)
            for (const std::string& name : elements(block, item)) out.insert(name);
    return out;
}

Names suites_of(const Policy& policy, Version version) {
    Names out;
    for (const Suite& s : policy.suites())
        if (s.version == version) out.emplace(s.name);
    return out;
}

Names upper_groups(const Policy& policy, bool hybrid) {
    Names out;
    for (const Group& g : policy.groups())
        if (hybrid || !g.post_quantum) {
            std::string name;
            for (const char c : g.name) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            out.insert(name);
        }
    return out;
}

bool matches(const std::string& name, std::string_view pattern) {
    const bool front = pattern.starts_with('*'), back = pattern.ends_with('*');
    if (front) pattern.remove_prefix(1);
    if (back) pattern.remove_suffix(1);
    if (front && back) return name.find(pattern) != name.npos;
    return front ? name.ends_with(pattern) : back ? name.starts_with(pattern) : name == pattern;
}

/// Holds the names of `a` that are not in `b` against the list; the first pattern that matches takes the name.
void check_difference(const Names& a, const Names& b, const Differences& listed) {
    std::vector<std::size_t> found(listed.size(), 0);
    for (const std::string& name : a) {
        if (b.contains(name)) continue;
        const auto at = std::ranges::find_if(listed, [&](const Difference& d) { return matches(name, d.name); });
        INFO("a difference without a reason: " << name);
        CHECK(at != listed.end());
        if (at != listed.end()) ++found[static_cast<std::size_t>(at - listed.begin())];
    }
    for (std::size_t i = 0; i < listed.size(); ++i) {
        INFO("listed: " << listed[i].name);
        CHECK(found[i] == listed[i].count);
        CHECK_FALSE(listed[i].reason.empty());
    }
}

constexpr std::string_view cbc_by_exception = "CBC stands in the legacy policies only: Lucky 13 and its kin";
constexpr std::string_view dhe = "no finite-field groups: often short, not negotiated in TLS 1.2 (RFC 9325, 4.1)";
constexpr std::string_view dss = "DSA is withdrawn (FIPS 186-5)";
constexpr std::string_view ccm = "CCM is for small devices; every printer with TLS 1.2 AEAD has GCM";
constexpr std::string_view fixed_dh = "static (EC)DH has no forward secrecy, and no certificate for it is issued";
constexpr std::string_view psk = "secrets shared in advance are not ours; both ends have certificates";
constexpr std::string_view chacha = "Mozilla 6.0 has ChaCha20-Poly1305, RFC 8439; needed where AES isn't in hardware";

}  // namespace

TEST_CASE("suites differ from BSI TR-02102-2 only for listed reasons", "[tls]") {
    const std::string xml = test::read_vector_file("tls/bsi.xml");
    REQUIRE(element(xml, "name") == "BSI TR-02102-2 (v2025-01)");
    const Names tls12 = recommended(xml, "cipherSuiteGuidelineCheck", "recommendedCipherSuites", "TLS12");
    const Names tls13 = recommended(xml, "cipherSuiteGuidelineCheck", "recommendedCipherSuites", "TLS13");
    REQUIRE(tls12.size() == 51);
    REQUIRE(tls13.size() == 3);
    for (const Policy* const policy : all_policies()) {
        CAPTURE(policy->name());
        check_difference(suites_of(*policy, Version::v1_3), tls13, {{"TLS_CHACHA20_POLY1305_SHA256", 1, chacha}});
        check_difference(tls13, suites_of(*policy, Version::v1_3), {{"TLS_AES_128_CCM_SHA256", 1, ccm}});
    }
    check_difference(suites_of(intermediate_2026, Version::v1_2), tls12, {{"*_CHACHA20_POLY1305_SHA256", 2, chacha}});
    const Differences never{{"TLS_DHE_DSS_*", 4, dss},  {"TLS_DH_DSS_*", 4, dss},  {"*_PSK_*", 15, psk},
                            {"*_CCM", 4, ccm},          {"TLS_DHE_RSA_*", 4, dhe}, {"TLS_DH_RSA_*", 4, fixed_dh},
                            {"TLS_ECDH_*", 8, fixed_dh}};
    Differences left_out = never;
    left_out.push_back({"*_CBC_*", 4, cbc_by_exception});
    check_difference(tls12, suites_of(intermediate_2026, Version::v1_2), left_out);
    check_difference(tls12, suites_of(legacy_mfd_2026, Version::v1_2), never);

    constexpr std::string_view hmac_sha1 = "devices that have nothing better; SHA-1 inside HMAC is unbroken";
    constexpr std::string_view static_rsa = "devices without elliptic curves; better than plain port 9100";
    check_difference(suites_of(legacy_mfd_2026, Version::v1_2), tls12,
                     {{"*_CHACHA20_POLY1305_SHA256", 2, chacha}, {"*_CBC_SHA", 4, hmac_sha1}});
    check_difference(
        suites_of(obsolete_mfd_2026, Version::v1_2), tls12,
        {{"*_CHACHA20_POLY1305_SHA256", 2, chacha}, {"TLS_RSA_*", 6, static_rsa}, {"*_CBC_SHA", 4, hmac_sha1}});
}

TEST_CASE("groups and signatures differ from BSI TR-02102-2 only for listed reasons", "[tls]") {
    const std::string xml = test::read_vector_file("tls/bsi.xml");
    constexpr std::string_view hybrid =
        "the data names no hybrid group yet; a hybrid is no weaker than its classical half (TR-02102-1 wants hybrids)";
    constexpr std::string_view x25519 = "RFC 7748, Mozilla 6.0: what every client offers first; constant time";
    constexpr std::string_view few =
        "P-521 and Brainpool curves are hardly offered by clients; fewer parts, fewer faults";
    for (const char* const version : {"<tls13>false", "<tls13>true"}) {
        const Names groups = recommended(xml, "namedGroupsGuidelineCheck", "recommendedGroups", version);
        REQUIRE(groups.size() == 8);
        for (const Policy* const policy : all_policies()) {
            check_difference(upper_groups(*policy, true), groups, {{"*MLKEM*", 2, hybrid}, {"X25519", 1, x25519}});
            check_difference(groups, upper_groups(*policy, true),
                             {{"SECP521R1", 1, few}, {"BRAINPOOL*", 3, few}, {"FFDHE*", 2, dhe}});
        }
    }

    // Names as the data has them: an ECDSA scheme of TLS 1.3 without its curve.
    const Names schemes =
        recommended(xml, "signatureAndHashAlgorithmsGuidelineCheck", "recommendedAlgorithms", "<tls13>true");
    REQUIRE(schemes.size() == 12);
    const auto named_as_there = [](const Policy& policy) {
        Names out;
        for (const SignatureScheme& s : policy.signature_schemes()) {
            if (s == catalogue::ecdsa_secp256r1_sha256) out.insert("ECDSA_SHA256");
            else if (s == catalogue::ecdsa_secp384r1_sha384) out.insert("ECDSA_SHA384");
            else {
                std::string name;
                for (const char c : s.name) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
                out.insert(name);
            }
        }
        return out;
    };
    constexpr std::string_view pkcs1 = "for TLS 1.2 and certificates, where BSI recommends it too (other checks)";
    constexpr std::string_view pss_pss = "certificates with PSS keys are hardly issued";
    check_difference(named_as_there(intermediate_2026), schemes, {{"RSA_PKCS1_*", 3, pkcs1}});
    check_difference(schemes, named_as_there(intermediate_2026),
                     {{"RSA_PSS_PSS_*", 3, pss_pss}, {"ECDSA_SHA512", 1, few}, {"ECDSA_BRAINPOOL_*", 3, few}});
    constexpr std::string_view only_ecdsa = "modern is for our own ends, which have ECDSA certificates";
    check_difference(named_as_there(modern_2026), schemes, {});
    check_difference(schemes, named_as_there(modern_2026),
                     {{"RSA_PSS_*", 6, only_ecdsa}, {"ECDSA_SHA512", 1, few}, {"ECDSA_BRAINPOOL_*", 3, few}});
}

TEST_CASE("suites differ from NIST SP 800-52r2 only for listed reasons", "[tls]") {
    const std::string xml = test::read_vector_file("tls/nist.xml");
    REQUIRE(element(xml, "name") == "NIST SP 800-52r2");
    const Names tls12 = recommended(xml, "cipherSuiteGuidelineCheck", "recommendedCipherSuites", "TLS12");
    const Names tls13 = recommended(xml, "cipherSuiteGuidelineCheck", "recommendedCipherSuites", "TLS13");
    REQUIRE(tls12.size() == 66);
    REQUIRE(tls13.size() == 4);
    constexpr std::string_view not_nist = "no NIST algorithm; Mozilla 6.0 and RFC 9325 have it. An operator removes it";
    for (const Policy* const policy : all_policies()) {
        CAPTURE(policy->name());
        check_difference(suites_of(*policy, Version::v1_3), tls13, {{"TLS_CHACHA20_POLY1305_SHA256", 1, not_nist}});
        check_difference(tls13, suites_of(*policy, Version::v1_3), {{"TLS_AES_128_CCM*", 2, ccm}});
    }
    for (const Policy* const policy : {&intermediate_2026, &legacy_mfd_2026, &obsolete_mfd_2026}) {
        CAPTURE(policy->name());
        check_difference(suites_of(*policy, Version::v1_2), tls12, {{"*_CHACHA20_POLY1305_SHA256", 2, not_nist}});
    }
    const Differences never{{"*_CCM", 6, ccm},           {"*_CCM_8", 6, ccm},      {"TLS_DHE_RSA_*", 6, dhe},
                            {"TLS_DHE_DSS_*", 6, dss},   {"TLS_DH_DSS_*", 6, dss}, {"TLS_DH_RSA_*", 6, fixed_dh},
                            {"TLS_ECDH_*", 12, fixed_dh}};
    check_difference(tls12, suites_of(obsolete_mfd_2026, Version::v1_2), never);
    Differences left_out = never;
    left_out.push_back({"TLS_RSA_*", 6, "no forward secrecy; in the obsolete policy only"});
    check_difference(tls12, suites_of(legacy_mfd_2026, Version::v1_2), left_out);
    left_out.push_back({"*_CBC_*", 8, cbc_by_exception});
    check_difference(tls12, suites_of(intermediate_2026, Version::v1_2), left_out);
}

TEST_CASE("groups differ from NIST SP 800-52r2 only for listed reasons", "[tls]") {
    const std::string xml = test::read_vector_file("tls/nist.xml");
    const Names groups = recommended(xml, "namedGroupsGuidelineCheck", "recommendedGroups", "");
    const Names required = recommended(xml, "namedGroupsGuidelineCheck", "requiredGroups", "");
    REQUIRE(groups.size() == 17);
    REQUIRE(required == Names{"SECP256R1", "SECP384R1"});
    constexpr std::string_view hybrid = "of 2019; ML-KEM is FIPS 203 since 2024, and hybrids are SP 800-56C";
    constexpr std::string_view x25519 = "SP 800-186 has the curve since 2023, SP 800-52r2 is older";
    constexpr std::string_view short_groups = "P-224 and binary curves: RFC 8422 and RFC 8446 have dropped them";
    constexpr std::string_view few = "P-521 is hardly offered by clients; fewer parts, fewer faults";
    for (const Policy* const policy : all_policies()) {
        const Names ours = upper_groups(*policy, true);
        check_difference(ours, groups, {{"*MLKEM*", 2, hybrid}, {"X25519", 1, x25519}});
        check_difference(
            groups, ours,
            {{"SECP224R1", 1, short_groups}, {"SECT*", 8, short_groups}, {"FFDHE*", 5, dhe}, {"SECP521R1", 1, few}});
        check_difference(required, ours, {});
    }
}
