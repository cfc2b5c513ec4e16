// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/policy.hpp>

#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::tls;

namespace {

std::set<std::string> names(const nlohmann::json& list) { return list.get<std::set<std::string>>(); }

std::set<std::string> suites(const Policy& policy, Version version) {
    std::set<std::string> names;
    for (const Suite& suite : policy.suites())
        if (suite.version == version) names.emplace(suite.name);
    return names;
}

/// Mozilla writes curves as OpenSSL does.
std::string mozilla_name(const Group& group) {
    if (group == catalogue::x25519) return "X25519";
    if (group == catalogue::secp256r1) return "prime256v1";
    return std::string{group.name};
}

}  // namespace

TEST_CASE("modern and intermediate are Mozilla's of guidelines 6.0, but for differences with a reason", "[tls]") {
    const auto guidelines = nlohmann::json::parse(test::read_vector_file("tls/6.0.json"));
    REQUIRE(guidelines["version"] == 6.0);
    std::size_t compared = 0;
    for (const Policy* const policy : {&modern_2026, &intermediate_2026}) {
        CAPTURE(policy->name());
        const auto& theirs = guidelines["configurations"][std::string{policy->alias()}];
        CHECK(suites(*policy, Version::v1_3) == names(theirs["ciphersuites"]));
        CHECK(suites(*policy, Version::v1_2) == names(theirs["ciphers"]["iana"]));
        CHECK(policy->suites().size() == theirs["ciphersuites"].size() + theirs["ciphers"]["iana"].size());

        std::set<std::string> versions;
        for (const Version version : policy->versions())
            versions.insert(version == Version::v1_3 ? "TLSv1.3" : "TLSv1.2");
        CHECK(versions == names(theirs["tls_versions"]));

        // SecP384r1MLKEM1024 is ours besides, for those who may use NIST's parts only; the rest in Mozilla's order.
        std::vector<std::string> groups;
        for (const Group& group : policy->groups())
            if (group != catalogue::secp384r1_mlkem1024) groups.push_back(mozilla_name(group));
        CHECK(groups == theirs["tls_curves"].get<std::vector<std::string>>());

        std::set<std::string> certificate_types;
        for (const SignatureScheme& scheme : policy->signature_schemes())
            certificate_types.insert(scheme.rsa ? "rsa" : "ecdsa");
        CHECK(certificate_types == names(theirs["certificate_types"]));
        // ECDSA with SHA-512 would go with P-521, which neither of us has; RSA certificates signed with SHA-384 and
        // SHA-512 are as good as Mozilla's SHA-256, and public authorities issue them.
        std::set<std::string> signatures;
        for (const SignatureScheme& scheme : policy->signature_schemes()) {
            if (scheme == catalogue::ecdsa_secp256r1_sha256) signatures.insert("ecdsa-with-SHA256");
            if (scheme == catalogue::ecdsa_secp384r1_sha384) signatures.insert("ecdsa-with-SHA384");
            if (scheme == catalogue::rsa_pkcs1_sha256) signatures.insert("sha256WithRSAEncryption");
        }
        signatures.insert("ecdsa-with-SHA512");
        CHECK(signatures == names(theirs["certificate_signatures"]));
        CHECK(names(theirs["certificate_curves"]) == std::set<std::string>{"prime256v1", "secp384r1"});
        CHECK(policy->min_ec_bits() == theirs["ecdh_param_size"].get<std::size_t>());
        // Their servers let the client choose; ours choose, so that a 256-bit key is taken where both have one.
        CHECK(theirs["server_preferred_order"] == false);
        if (!theirs["rsa_key_size"].is_null())
            CHECK(policy->min_rsa_bits() == theirs["rsa_key_size"].get<std::size_t>());
        ++compared;
    }
    CHECK(compared == 2);
}
