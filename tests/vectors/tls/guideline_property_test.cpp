// SPDX-License-Identifier: Apache-2.0
// Every check of the data of BSI TR-02102-2 and NIST SP 800-52r2 that is no list of suites, groups or signatures of
// TLS 1.3 (those are in guideline_test.cpp): what our servers do is measured, and each difference stands below with its
// reason. A check that is not known here fails, and so does a field of one.
#include <safeq/tls/policy.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "differences.hpp"
#include "guideline_data.hpp"
#include "guideline_facts.hpp"
#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::tls;
using test::Difference;
using test::Differences;
using test::Element;
using test::Facts;
using test::more_and_less;
using test::Names;

namespace {

constexpr std::string_view no_tls12 = "TLS 1.3 has no such thing, and modern has nothing older";
constexpr std::string_view no_responder =
    "our authority has no responder; each end has its revocation list, without which nobody is let in";
constexpr std::string_view not_applicable = "does not apply";

constexpr Difference bsi_differences[]{
    {"SUPPORTS_TLS_1_2", "modern", "no", "between our own programs, which all have TLS 1.3"},
    {"SUPPORTS_SECURE_RENEGOTIATION_EXTENSION", "modern", not_applicable, no_tls12},
    {"SUPPORTS_CLIENT_SIDE_SECURE_RENEGOTIATION_EXTENSION", "modern", not_applicable, no_tls12},
    {"SUPPORTS_CLIENT_SIDE_INSECURE_RENEGOTIATION", "modern", not_applicable, no_tls12},
    {"SUPPORTS_TLS_COMPRESSION", "modern", not_applicable, no_tls12},
    {"SUPPORTS_EXTENDED_MASTER_SECRET", "modern", not_applicable, no_tls12},
    {"SUPPORTS_ENCRYPT_THEN_MAC", "modern", not_applicable, no_tls12},
    {"SUPPORTS_ENCRYPT_THEN_MAC", "intermediate", "no", "only CBC has a MAC apart, and intermediate has no CBC"},
    {"TRUNCATED_HMAC", "modern", not_applicable, no_tls12},
    {"HEARTBEAT", "modern", not_applicable, no_tls12},
    {"signatureAlgorithms", "modern", not_applicable, no_tls12},
    {"signatureAlgorithms", "intermediate legacy-mfd obsolete-mfd", "+RSA_PSS -DSA",
     "RSA-PSS in TLS 1.2, too (RFC 8446, section 4.2.3), is the better padding; DSA is withdrawn (FIPS 186-5)"},
    {"hashAlgorithms", "modern", not_applicable, no_tls12},
    {"signatureAndHashAlgorithmsCertificate", "modern",
     "-ECDSA_WITH_SHA512 -RSASSA_PSS -SHA256_WITH_RSA_ENCRYPTION -SHA384_WITH_RSA_ENCRYPTION "
     "-SHA512_WITH_RSA_ENCRYPTION",
     "modern is for our own ends, which have ECDSA certificates; SHA-512 goes with P-521, which no policy has"},
    {"signatureAndHashAlgorithmsCertificate", "intermediate legacy-mfd obsolete-mfd", "-ECDSA_WITH_SHA512",
     "SHA-512 goes with P-521, which no policy has"},
    {"minimumRsaKeyLength", "intermediate legacy-mfd obsolete-mfd", "2048",
     "what public authorities sign and devices have today; an operator raises it by `min rsa-bits 3072`"},
};

constexpr Difference nist_differences[]{
    {"SUPPORTS_TLS_1_2", "modern", "no", "between our own programs, which all have TLS 1.3"},
    {"SUPPORTS_SECURE_RENEGOTIATION_EXTENSION", "modern", not_applicable, no_tls12},
    {"SUPPORTS_EXTENDED_MASTER_SECRET", "modern", not_applicable, no_tls12},
    {"SUPPORTS_CLIENT_CERTIFICATE_URL", "modern", not_applicable, no_tls12},
    {"SUPPORTS_ENCRYPT_THEN_MAC", "modern intermediate", not_applicable, "neither has CBC"},
    {"SUPPORTS_OCSP", "all", "no", no_responder},
    {"SUPPORTS_CERTIFICATE_STATUS_REQUEST", "all", "no", no_responder},
    {"SUPPORTS_CERTIFICATE_STATUS_REQUEST_V2", "all", not_applicable, no_responder},
    {"SUPPORTS_SCTS_HANDSHAKE", "all", "no", "for certificates of public authorities, as its sentence says"},
    {"SUPPORTS_TLS_FALLBACK_SCSV", "all", not_applicable, "for servers with TLS 1.1 or older and without TLS 1.3"},
    {"IGNORES_OFFERED_SIG_HASH_ALGOS", "all", "no", "the data is the wrong way round: its sentence wants them heeded"},
    {"SUPPORTS_TLS13_PSK_EXCHANGE_MODES", "legacy-mfd obsolete-mfd", not_applicable, "for servers that give tickets"},
    {"REUSABLE_TICKET", "all", not_applicable, "for servers that take early data"},
    {"EC_POINT_FORMATS", "all", not_applicable, "for static ECDH, which no policy has"},
    {"COOKIE", "all", "no", "a MAY: it is for servers that keep no state between two greetings"},
    {"certificateAgility", "all", "no", "a listener has one certificate; another key is another certificate file"},
    {"certificateSignature", "all", not_applicable, "for servers with TLS 1.1 or older"},
    {"certificateName", "all", "CN=safeq-intake",
     "names are looked for among the alternative names only (RFC 9525); the common name is for people"},
    {"keyUsage", "all", "digitalSignature", "keyAgreement is for static ECDH, which no policy has"},
};

/// Conditions are a property and its result, or several of them under `and` or `or`.
bool holds(const Element& condition, const Facts& facts) {
    for (const Element& part : condition.children) {
        const auto inner = [&](const Element& e) { return holds(e, facts); };
        if (part.tag == "or") return std::ranges::any_of(part.children, inner);
        if (part.tag == "and") return std::ranges::all_of(part.children, inner);
    }
    REQUIRE(condition.children.size() == 2);
    return facts.property(condition.child("property")) == (condition.child("result") == "TRUE");
}

Names list(const Element& check, std::string_view tag) {
    Names out;
    for (const Element& child : check.children)
        if (child.tag == tag) out.insert(child.text);
    return out;
}

/// The algorithm without its hash, as the guidelines write it.
std::string algorithm(const SignatureScheme& s) {
    return !s.rsa ? "ECDSA" : s.name.starts_with("rsa_pss") ? "RSA_PSS" : "RSA_PKCS1";
}

std::string digits(Hash hash) {
    switch (hash) {
        case Hash::sha1: return "1";
        case Hash::sha256: return "256";
        case Hash::sha384: return "384";
        case Hash::sha512: return "512";
    }
    return "";
}

std::string in_certificate(const SignatureScheme& s) {
    const std::string kind = algorithm(s);
    if (kind == "RSA_PSS") return "RSASSA_PSS";
    return kind == "ECDSA" ? "ECDSA_WITH_SHA" + digits(s.hash) : "SHA" + digits(s.hash) + "_WITH_RSA_ENCRYPTION";
}

Names names_of(const Policy& policy, const std::function<std::string(const SignatureScheme&)>& name) {
    Names out;
    for (const SignatureScheme& s : policy.signature_schemes()) out.insert(name(s));
    return out;
}

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

/// What is ours where a check wants otherwise, by what it is about.
using Ours = std::map<std::string, std::string>;

struct Kind {
    Names fields;
    std::function<std::string(const Element&)> what;
    std::function<Ours(const Element&, const Facts&)> compare;
};

Kind property(std::string field, bool (Facts::*is)(const std::string&) const) {
    const auto what = [field](const Element& check) { return check.child(field); };
    return {{field, "result"}, what, [what, is](const Element& check, const Facts& facts) -> Ours {
                const std::string name = what(check);
                const bool wanted =
                    (check.child("result") != "FALSE") != check.child("requirementLevel").ends_with("NOT");
                if ((facts.*is)(name) == wanted) return {};
                return {{name, yes_or_no(!wanted)}};
            }};
}

Kind named(std::string name, Names fields, std::function<std::string(const Element&, const Facts&)> ours) {
    return {std::move(fields), [name](const Element&) { return name; },
            [name, ours = std::move(ours)](const Element& check, const Facts& facts) -> Ours {
                const std::string found = ours(check, facts);
                if (found.empty()) return {};
                return {{name, found}};
            }};
}

Kind algorithms(std::string name, std::function<std::string(const SignatureScheme&)> spelt) {
    return named(std::move(name), {"recommendedAlgorithms"},
                 [spelt = std::move(spelt)](const Element& check, const Facts& facts) {
                     return more_and_less(names_of(facts.policy(), spelt), list(check, "recommendedAlgorithms"));
                 });
}

const auto fine = [](bool good, std::string otherwise) { return good ? std::string{} : otherwise; };
const auto elsewhere = [](const Element&, const Facts&) { return std::string{}; };  // guideline_test.cpp

const std::map<std::string, Kind>& kinds() {
    static const std::map<std::string, Kind> all{
        {"analyzedPropertyGuidelineCheck", property("property", &Facts::property)},
        {"extensionGuidelineCheck", property("requiredExtension", &Facts::extension)},
        {"cipherSuiteGuidelineCheck", named("cipherSuite", {"versions", "recommendedCipherSuites"}, elsewhere)},
        {"signatureAndHashAlgorithmsGuidelineCheck",
         named("signatureAndHashAlgorithms", {"recommendedAlgorithms", "tls13"}, elsewhere)},
        {"namedGroupsGuidelineCheck",
         named("namedGroups", {"recommendedGroups", "requiredGroups", "tls13", "minGroupCount"},
               [](const Element& check, const Facts& facts) {
                   const std::size_t count = facts.policy().groups().size();
                   return fine(count >= std::stoul(check.child("minGroupCount")), std::to_string(count));
               })},
        {"signatureAlgorithmsGuidelineCheck", algorithms("signatureAlgorithms", algorithm)},
        {"hashAlgorithmsGuidelineCheck",
         algorithms("hashAlgorithms", [](const SignatureScheme& s) { return "SHA" + digits(s.hash); })},
        {"signatureAndHashAlgorithmsCertificateGuidelineCheck",
         algorithms("signatureAndHashAlgorithmsCertificate", in_certificate)},
        {"keySizeCertGuidelineCheck",
         {{"minimumDsaKeyLength", "minimumRsaKeyLength", "minimumEcKeyLength", "minimumDhKeyLength",
           "atLeastOneCertificateShallPass"},
          [](const Element&) { return "keySizeCert"; },
          [](const Element& check, const Facts& facts) {
              Ours out;
              const auto at_least = [&](const std::string& field, std::size_t ours) {
                  if (ours < std::stoul(check.child(field))) out[field] = std::to_string(ours);
              };
              at_least("minimumRsaKeyLength", facts.policy().min_rsa_bits());
              at_least("minimumEcKeyLength", facts.policy().min_ec_bits());
              // No scheme takes a key of DSA or of finite-field Diffie-Hellman, however long.
              for (const SignatureScheme& s : facts.policy().signature_schemes())
                  CHECK((s.rsa || s.name.starts_with("ecdsa_")));
              return out;
          }}},
        {"certificateAgilityGuidelineCheck",
         named("certificateAgility", {}, [](const Element&, const Facts&) { return "no"; })},
        {"signatureAlgorithmsTypeCertificateGuidelineCheck",
         named("signatureAlgorithmsTypeCertificate", {"recommendedAlgorithms", "atLeastOneCertificateShallPass"},
               [](const Element& check, const Facts& facts) {
                   const std::string ours = facts.certificate().key_algorithm();
                   return fine(list(check, "recommendedAlgorithms").contains(ours), ours);
               })},
        {"certificateCurveGuidelineCheck",
         named("certificateCurve", {"recommendedNamedParameters", "atLeastOneCertificateShallPass"},
               [](const Element& check, const Facts& facts) {
                   REQUIRE(curve_name(*facts.x509().subject_public_key()) == "secp256r1");
                   return fine(list(check, "recommendedNamedParameters").contains("SECP256R1"), "secp256r1");
               })},
        {"certificateVersionGuidelineCheck", named("certificateVersion", {"version", "atLeastOneCertificateShallPass"},
                                                   [](const Element& check, const Facts& facts) {
                                                       const std::string ours =
                                                           "V" + std::to_string(facts.x509().x509_version());
                                                       return fine(check.child("version") == ours, ours);
                                                   })},
        {"certificateSignatureCheck", named("certificateSignature", {"atLeastOneCertificateShallPass"}, elsewhere)},
        {"certificateValidityGuidelineCheck",
         named("certificateValidity", {"days", "atLeastOneCertificateShallPass"},
               [](const Element& check, const Facts& facts) {
                   const auto days = std::chrono::ceil<std::chrono::days>(facts.certificate().not_after() -
                                                                          facts.certificate().not_before());
                   return fine(days.count() <= std::stol(check.child("days")), std::to_string(days.count()));
               })},
        {"certificateNameGuidelineCheck",
         named("certificateName", {"atLeastOneCertificateShallPass"},
               [](const Element&, const Facts& facts) {
                   const std::string& name = facts.certificate().common_name();
                   return fine(std::ranges::count(facts.certificate().dns_names(), name) == 1, "CN=" + name);
               })},
        {"keyUsageCertificateCheck", named("keyUsage", {"atLeastOneCertificateShallPass"},
                                           [](const Element&, const Facts& facts) {
                                               using Usage = Botan::Key_Constraints;
                                               REQUIRE(facts.x509().has_constraints(Usage::DigitalSignature));
                                               return fine(facts.x509().has_constraints(Usage::KeyAgreement),
                                                           "digitalSignature");
                                           })},
        {"extendedKeyUsageCertificateCheck", named("extendedKeyUsage", {"atLeastOneCertificateShallPass"},
                                                   [](const Element&, const Facts& facts) {
                                                       return fine(facts.x509().has_ex_constraint("PKIX.ServerAuth"),
                                                                   "none for servers");
                                                   })},
        {"hashAlgorithmStrengthCheck",
         named("hashAlgorithmStrength", {"minimumStrength", "atLeastOneCertificateShallPass"},
               [](const Element& check, const Facts& facts) {
                   REQUIRE(check.child("minimumStrength") == "SHA224");
                   REQUIRE(facts.x509().signature_algorithm().oid().to_formatted_string() == "ECDSA/SHA-256");
                   return fine(!names_of(facts.policy(), in_certificate).contains("ECDSA_WITH_SHA1"), "SHA-1");
               })},
    };
    return all;
}

void check_guideline(const char* file, std::string_view name, std::size_t checks, std::span<const Difference> listed) {
    const Element guideline = test::read_guideline(test::read_vector_file(file));
    REQUIRE(guideline.child("name") == name);
    Differences found;
    for (const Policy* const policy : all_policies()) {
        CAPTURE(policy->name());
        const Facts facts{*policy};
        std::size_t seen = 0;
        for (const Element& check : guideline.children) {
            if (check.tag == "name" || check.tag == "link") continue;
            ++seen;
            INFO("a check that is not known here: " << check.tag << ": " << check.child("name"));
            REQUIRE(kinds().contains(check.tag));
            const Kind& kind = kinds().at(check.tag);
            for (const Element& field : check.children) {
                INFO("a field that is not known here: " << field.tag);
                REQUIRE((Names{"name", "requirementLevel", "condition"}.contains(field.tag) ||
                         kind.fields.contains(field.tag)));
            }
            const Element* const condition = check.find("condition");
            const Ours ours = condition != nullptr && !holds(*condition, facts)
                                  ? Ours{{kind.what(check), std::string{not_applicable}}}
                                  : kind.compare(check, facts);
            for (const auto& [what, value] : ours) found[{what, std::string{policy->alias()}}] = value;
        }
        CHECK(seen == checks);
    }
    test::check_listed(found, listed);
}

}  // namespace

TEST_CASE("every check of BSI TR-02102-2 is met, or stands with a reason", "[tls]") {
    check_guideline("tls/bsi.xml", "BSI TR-02102-2 (v2025-01)", 25, bsi_differences);
}

TEST_CASE("every check of NIST SP 800-52r2 is met, or stands with a reason", "[tls]") {
    check_guideline("tls/nist.xml", "NIST SP 800-52r2", 42, nist_differences);
}

TEST_CASE("the documentation tells each difference", "[tls]") {
    const std::string page = test::read_source("docs/tls_policy.md");
    for (const auto& list :
         {std::span<const Difference>{bsi_differences}, std::span<const Difference>{nist_differences}})
        for (const Difference& row : list) {
            INFO(row.what);
            CHECK((row.ours == not_applicable || page.contains("`" + std::string{row.what} + "`")));
        }
}
