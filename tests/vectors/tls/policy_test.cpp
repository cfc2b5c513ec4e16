// SPDX-License-Identifier: Apache-2.0
// Every field of Mozilla's guidelines against our policies: equal, or listed here with what is ours and why. A field
// that is not known here fails.
#include <safeq/tls/policy.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <safeq/tls/render.hpp>

#include "differences.hpp"
#include "safeq/authority_folder.hpp"
#include "support/vectors.hpp"
#include "tls/policy_adapter.hpp"

using namespace safeq;
using namespace safeq::tls;
using test::Difference;
using test::Differences;
using test::more_and_less;
using test::Names;

namespace {

constexpr std::string_view no_responder =
    "our authority has no responder; each end has its revocation list, without which nobody is let in";
constexpr std::string_view p521 = "SHA-512 goes with P-521, which no policy has";
constexpr std::string_view renewed_by_hand =
    "our own authority's, whose certificates reach some terminals by hand; `safeq tls renew --within` renews the rest "
    "as "
    "often as a timer likes";

constexpr Difference differences[]{
    {"certificate_signatures", "modern", "-ecdsa-with-SHA512", p521},
    {"certificate_signatures", "intermediate",
     "+rsassaPss +sha384WithRSAEncryption +sha512WithRSAEncryption -ecdsa-with-SHA512",
     "SHA-512 goes with P-521, which no policy has; longer hashes and the better padding of RSA are as good"},
    {"certificate_signatures", "obsolete-mfd",
     "+ecdsa-with-SHA256 +ecdsa-with-SHA384 +rsassaPss +sha384WithRSAEncryption +sha512WithRSAEncryption",
     "a device's certificate may be better than the oldest browsers need"},
    {"certificate_types", "obsolete-mfd", "+ecdsa",
     "a device's certificate may be better than the oldest browsers need"},
    {"ciphers.iana", "obsolete-mfd", "-TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3DES has 64-bit blocks (Sweet32)"},
    {"ciphers.openssl", "obsolete-mfd", "-DES-CBC3-SHA", "3DES has 64-bit blocks (Sweet32)"},
    {"dh_param_size", "intermediate obsolete-mfd", "none",
     "no finite-field groups: often short, not negotiated in TLS 1.2 (RFC 9325, 4.1); its own suites need none either"},
    {"maximum_certificate_lifespan", "modern intermediate obsolete-mfd", "397", renewed_by_hand},
    {"recommended_certificate_lifespan", "modern intermediate obsolete-mfd", "397", renewed_by_hand},
    {"ocsp_staple", "modern intermediate obsolete-mfd", "no", no_responder},
    {"server_preferred_order", "modern intermediate", "yes",
     "theirs lets the client choose what its processor does best; ours takes a 256-bit key where both have one"},
    {"tls_curves", "modern intermediate obsolete-mfd", "+SecP384r1MLKEM1024",
     "besides, for those who may use NIST's parts only; the rest in Mozilla's order"},
    {"tls_versions", "obsolete-mfd", "-TLSv1 -TLSv1.1", "nothing below TLS 1.2 (RFC 8996); such a device gets nothing"},
};

/// Mozilla writes curves as OpenSSL does.
std::string mozilla_name(const Group& group) {
    if (group == catalogue::secp256r1) return "prime256v1";
    return group == catalogue::x25519 ? "X25519" : std::string{group.name};
}

std::string mozilla_name(const SignatureScheme& scheme) {
    if (scheme.name.starts_with("rsa_pss_rsae_")) return "rsassaPss";
    if (scheme == catalogue::ecdsa_secp256r1_sha256) return "ecdsa-with-SHA256";
    if (scheme == catalogue::ecdsa_secp384r1_sha384) return "ecdsa-with-SHA384";
    if (scheme == catalogue::rsa_pkcs1_sha256) return "sha256WithRSAEncryption";
    if (scheme == catalogue::rsa_pkcs1_sha384) return "sha384WithRSAEncryption";
    if (scheme == catalogue::rsa_pkcs1_sha512) return "sha512WithRSAEncryption";
    return "unknown: " + std::string{scheme.name};
}

template <class Range, class Name>
Names names(const Range& range, const Name& name) {
    Names out;
    for (const auto& entry : range) out.insert(name(entry));
    return out;
}

Names suites(const Policy& policy, Version version) {
    Names out;
    for (const Suite& suite : policy.suites())
        if (suite.version == version) out.emplace(suite.name);
    return out;
}

Names openssl_suites(const Policy& policy) {
    const auto settings = openssl_settings(policy, RenderGroups::all);
    REQUIRE(settings);
    Names out;
    std::istringstream in{settings->cipher_string};
    for (std::string name; std::getline(in, name, ':');)
        if (!name.starts_with('@')) out.insert(name);
    return out;
}

std::string curves(const Policy& policy, const nlohmann::json& theirs) {
    const auto wanted = theirs.get<std::vector<std::string>>();
    std::vector<std::string> both;
    Names ours;
    for (const Group& group : policy.groups()) {
        const std::string name = mozilla_name(group);
        ours.insert(name);
        if (std::ranges::find(wanted, name) != wanted.end()) both.push_back(name);
    }
    const std::string other = more_and_less(ours, Names{wanted.begin(), wanted.end()});
    return both == wanted ? other : other + " in another order";
}

std::string number(std::size_t ours, const nlohmann::json& theirs) {
    return theirs.is_number() && theirs.get<std::size_t>() == ours ? "" : std::to_string(ours);
}

std::string yes_or_no(bool ours, const nlohmann::json& theirs) {
    return theirs.get<bool>() == ours ? "" : ours ? "yes" : "no";
}

/// What is ours where it is not theirs; else empty.
using Compare = std::function<std::string(const Policy&, const nlohmann::json&)>;

const std::map<std::string, Compare>& fields() {
    using Json = nlohmann::json;
    static const auto lifespan = [](const Policy&, const Json& theirs) {
        const auto ours = static_cast<std::size_t>(daemon::certificate_lifetime.count());
        return theirs.is_number() && ours <= theirs.get<std::size_t>() ? "" : std::to_string(ours);
    };
    static const std::map<std::string, Compare> all{
        {"certificate_curves",
         [](const Policy& policy, const Json& theirs) {
             const Names known{"prime256v1", "secp384r1"};  // the curves of keys that `Credentials` takes
             CHECK(policy.min_ec_bits() == 256);
             return more_and_less(known, theirs.get<Names>());
         }},
        {"certificate_signatures",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(
                 names(policy.signature_schemes(), [](const SignatureScheme& s) { return mozilla_name(s); }),
                 theirs.get<Names>());
         }},
        {"certificate_types",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(
                 names(policy.signature_schemes(), [](const SignatureScheme& s) { return s.rsa ? "rsa" : "ecdsa"; }),
                 theirs.get<Names>());
         }},
        {"ciphers.iana",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(suites(policy, Version::v1_2), theirs.get<Names>());
         }},
        {"ciphers.openssl",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(openssl_suites(policy), theirs.get<Names>());
         }},
        {"ciphersuites",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(suites(policy, Version::v1_3), theirs.get<Names>());
         }},
        {"dh_param_size",
         [](const Policy& policy, const Json& theirs) {
             for (const Group& group : policy.groups()) CHECK_FALSE(group.name.starts_with("ffdhe"));
             return theirs.is_null() ? "" : "none";
         }},
        {"ecdh_param_size",
         [](const Policy& policy, const Json& theirs) { return number(policy.min_ec_bits(), theirs); }},
        {"hsts_min_age",
         [](const Policy&, const Json& theirs) {
             const std::string age = "max-age=" + theirs.dump() + "\"";
             return test::read_source("daemons/report/pages.cpp").contains(age) ? "" : "another";
         }},
        {"maximum_certificate_lifespan", lifespan},
        {"recommended_certificate_lifespan", lifespan},
        {"ocsp_staple",
         [](const Policy& policy, const Json& theirs) {
             return yes_or_no(PolicyAdapter{&policy, ClientAuth::none}.support_cert_status_message(), theirs);
         }},
        // Which browsers are served follows from the rest.
        {"oldest_clients", [](const Policy&, const Json&) { return ""; }},
        {"rsa_key_size",
         [](const Policy& policy, const Json& theirs) {
             const bool rsa = std::ranges::any_of(policy.signature_schemes(), &SignatureScheme::rsa);
             return !rsa && theirs.is_null() ? "" : number(policy.min_rsa_bits(), theirs);
         }},
        {"server_preferred_order",
         [](const Policy& policy, const Json& theirs) {
             return yes_or_no(PolicyAdapter{&policy, ClientAuth::none}.server_uses_own_ciphersuite_preferences(),
                              theirs);
         }},
        {"tls_curves", curves},
        {"tls_versions",
         [](const Policy& policy, const Json& theirs) {
             return more_and_less(
                 names(policy.versions(), [](Version v) { return v == Version::v1_3 ? "TLSv1.3" : "TLSv1.2"; }),
                 theirs.get<Names>());
         }},
    };
    return all;
}

/// Compares a configuration, whose nested fields are written "ciphers.iana".
std::size_t compare(const Policy& policy, const nlohmann::json& theirs, const std::string& within, Differences& found) {
    std::size_t compared = 0;
    for (const auto& [key, value] : theirs.items()) {
        const std::string field = within + key;
        if (value.is_object()) {
            compared += compare(policy, value, field + ".", found);
            continue;
        }
        INFO("a field that is not known here: " << field);
        REQUIRE(fields().contains(field));
        ++compared;
        const std::string ours = fields().at(field)(policy, value);
        if (!ours.empty()) found[{field, std::string{policy.alias()}}] = ours;
    }
    return compared;
}

}  // namespace

TEST_CASE("our policies are Mozilla's of guidelines 5.8 and 6.0, but for differences with a reason", "[tls]") {
    // Mozilla has dropped "old" in 6.0; obsolete-mfd comes next to it.
    const std::map<std::string, const Policy*> ours{
        {"modern", &modern_2026}, {"intermediate", &intermediate_2026}, {"old", &obsolete_mfd_2026}};
    Differences found;
    std::size_t compared = 0;
    for (const char* const version : {"5.8", "6.0"}) {
        const auto guidelines = nlohmann::json::parse(test::read_vector_file("tls/" + std::string{version} + ".json"));
        REQUIRE(guidelines["version"] == std::stod(version));
        CHECK(guidelines["configurations"].size() == (std::string_view{version} == "6.0" ? 2 : 3));
        for (const auto& [name, theirs] : guidelines["configurations"].items()) {
            CAPTURE(version, name);
            REQUIRE(ours.contains(name));
            const Policy& policy = *ours.at(name);
            CHECK((name == "old" || name == policy.alias()));
            const std::size_t fields_compared = compare(policy, theirs, "", found);
            CHECK(fields_compared == fields().size());
            compared += fields_compared;
        }
    }
    CHECK(compared == 5 * fields().size());
    test::check_listed(found, differences);
}

TEST_CASE("every guideline of Mozilla's that is there is compared or superseded", "[tls]") {
    std::map<std::string, std::string> versions;  // by file
    for (const auto& entry : std::filesystem::directory_iterator{test::vector_file("tls")}) {
        if (entry.path().extension() != ".json") continue;
        const std::string file = entry.path().filename().string();
        const auto guideline = nlohmann::json::parse(test::read_vector_file("tls/" + file));
        CHECK(guideline["configurations"].size() >= 2);
        versions[file] = guideline["version"].dump();
    }
    const std::map<std::string, std::string> compared{{"5.8.json", "5.8"}, {"6.0.json", "6.0"}};
    // Older versions; the file without one in its name is from the address of what was then the newest.
    const std::map<std::string, std::string> superseded{{"server-side-tls-conf.json", "5.0"},
                                                        {"server-side-tls-conf-4.0.json", "4.0"},
                                                        {"server-side-tls-conf-5.0.json", "5.0"}};
    for (const auto& [file, version] : superseded) CHECK(std::stod(version) < 5.8);
    auto all = compared;
    all.insert(superseded.begin(), superseded.end());
    CHECK(versions == all);
}

TEST_CASE("the documentation tells each difference from Mozilla's", "[tls]") {
    const std::string page = test::read_source("docs/tls_policy.md");
    for (const Difference& row : differences) {
        INFO(row.what);
        CHECK(page.contains("`" + std::string{row.what} + "`"));
    }
}
