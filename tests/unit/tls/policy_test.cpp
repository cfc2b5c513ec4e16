// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/policy.hpp>
#include <safeq/tls/policy_ref.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/source_folder.hpp"

using namespace safeq;
using namespace safeq::tls;

namespace {

std::string snapshot(std::string_view name) {
    std::ifstream file{test::source_folder() / "tests/unit/tls/snapshots" / (std::string{name} + ".txt")};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A sound table to break in one place.
PolicyTable sound() {
    return {.name = "test",
            .alias = "test",
            .purpose = "test",
            .versions = intermediate_2026.versions(),
            .suites = intermediate_2026.suites(),
            .groups = intermediate_2026.groups(),
            .signature_schemes = intermediate_2026.signature_schemes(),
            .min_rsa_bits = 2048,
            .exception_only = false};
}

}  // namespace

TEST_CASE("every policy is what its snapshot says", "[tls]") {
    // A policy is never edited: a difference here means that a new dated one is needed.
    REQUIRE(all_policies().size() == 4);
    for (const Policy* const policy : all_policies()) CHECK(describe(*policy) == snapshot(policy->name()));
}

TEST_CASE("policies are found by dated name and by alias, exactly", "[tls]") {
    CHECK(find_policy("intermediate-2026").value() == &intermediate_2026);
    CHECK(find_policy("modern").value() == &modern_2026);
    CHECK(find_policy("legacy-mfd").value() == &legacy_mfd_2026);
    CHECK(find_policy("obsolete-mfd").value() == &obsolete_mfd_2026);
    for (const char* const unknown : {"", "Modern", "modern-2025", "old", "intermediate "})
        CHECK(find_policy(unknown).error().code == Errc::tls_policy_unknown);
}

TEST_CASE("the weaker policies need an exception, the stricter ones don't", "[tls]") {
    CHECK_FALSE(modern_2026.exception_only());
    CHECK_FALSE(intermediate_2026.exception_only());
    CHECK(legacy_mfd_2026.exception_only());
    CHECK(obsolete_mfd_2026.exception_only());
}

TEST_CASE("static RSA is in one policy only, and each entry has its reason", "[tls]") {
    for (const Policy* const policy : all_policies()) {
        const auto is_static = [](const Suite& s) { return !s.forward_secrecy(); };
        CHECK(std::ranges::any_of(policy->suites(), is_static) == (policy == &obsolete_mfd_2026));
        for (const Suite& s : policy->suites()) CHECK_FALSE(s.reason.empty());
        for (const Group& g : policy->groups()) CHECK_FALSE(g.reason.empty());
        for (const SignatureScheme& s : policy->signature_schemes()) CHECK_FALSE(s.reason.empty());
    }
}

TEST_CASE("TLS 1.2 without the extended master secret or secure renegotiation is for exceptions alone", "[tls]") {
    for (const Policy* const policy : all_policies()) {
        CHECK(policy->extended_master_secret() == !policy->exception_only());
        CHECK_FALSE(policy->master_secret_reason().empty());
        CHECK(policy->secure_renegotiation() == !policy->exception_only());
        CHECK_FALSE(policy->renegotiation_reason().empty());
    }
    PolicyTable table = sound();
    CHECK(table.extended_master_secret);
    table.extended_master_secret = false;
    CHECK(check(Policy{table}, false) == PolicyFault::no_extended_master_secret);
    table.exception_only = true;
    CHECK(check(Policy{table}, false) == PolicyFault::none);
    table.extended_master_secret = true;
    table.secure_renegotiation = false;
    CHECK(check(Policy{table}, false) == PolicyFault::none);
    table.exception_only = false;
    CHECK(check(Policy{table}, false) == PolicyFault::no_secure_renegotiation);
}

TEST_CASE("entries are found by code point", "[tls]") {
    CHECK(modern_2026.find_suite(0x1302)->name == "TLS_AES_256_GCM_SHA384");
    CHECK(modern_2026.find_suite(0xc02f) == nullptr);
    CHECK(intermediate_2026.find_suite(0xc02f) != nullptr);
    CHECK(intermediate_2026.find_suite(0x002f) == nullptr);
    CHECK(modern_2026.find_group(0x11ec)->post_quantum);
    CHECK(modern_2026.find_group(0x0100) == nullptr);
    CHECK(intermediate_2026.allows_signature(0x0804));
    CHECK_FALSE(modern_2026.allows_signature(0x0804));
    CHECK_FALSE(intermediate_2026.allows_signature(0x0201));
}

TEST_CASE("the check finds each fault", "[tls]") {
    CHECK(check(Policy{sound()}, false) == PolicyFault::none);

    PolicyTable table = sound();
    table.suites = {};
    CHECK(check(Policy{table}, false) == PolicyFault::empty);

    std::vector<Suite> suites{table.suites.begin(), table.suites.end()};
    const auto with = [&](std::vector<Suite> changed) {
        PolicyTable t = sound();
        t.suites = changed;
        return check(Policy{t}, false);
    };
    const std::span<const Suite> original = intermediate_2026.suites();
    suites.assign(original.begin(), original.end());
    std::swap(suites[0], suites[2]);
    CHECK(with(suites) == PolicyFault::suites_out_of_order);

    suites.assign(original.begin(), original.end());
    suites.push_back(suites.back());
    CHECK(with(suites) == PolicyFault::duplicate);

    suites.assign(original.begin(), original.end());
    suites.push_back(catalogue::rsa_aes_128_cbc_sha);
    CHECK(with(suites) == PolicyFault::no_forward_secrecy);

    suites.assign(original.begin(), original.end());
    suites.back().level = Level::legacy;
    CHECK(with(suites) == PolicyFault::level_wrong);

    for (const char* const name :
         {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_RSA_WITH_NULL_SHA",
          "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "TLS_X_EXPORT_Y"}) {
        suites.assign(original.begin(), original.end());
        suites.back().name = name;
        CHECK(with(suites) == PolicyFault::weak_name);
    }

    CHECK(with({original.begin(), original.begin() + 3}) == PolicyFault::version_without_suite);
    table = sound();
    table.versions = modern_2026.versions();
    CHECK(check(Policy{table}, false) == PolicyFault::version_without_suite);

    std::vector<SignatureScheme> schemes{table.signature_schemes.begin(), table.signature_schemes.end()};
    schemes.push_back({"rsa_pkcs1_sha1", 0x0201, Hash::sha1, true, "never"});
    table = sound();
    table.signature_schemes = schemes;
    CHECK(check(Policy{table}, false) == PolicyFault::sha1_signature);

    std::vector<Group> groups{catalogue::x25519, catalogue::x25519_mlkem768};
    table = sound();
    table.groups = groups;
    CHECK(check(Policy{table}, false) == PolicyFault::post_quantum_not_first);

    table = sound();
    table.min_rsa_bits = 1024;
    CHECK(check(Policy{table}, false) == PolicyFault::rsa_too_short);

    table = sound();
    table.min_ec_bits = 224;
    CHECK(check(Policy{table}, false) == PolicyFault::ec_too_short);

    // What is left must go together: no RSA suite without an RSA signature, no TLS 1.2 without a classical group.
    const std::span<const SignatureScheme> ecdsa = modern_2026.signature_schemes();
    table = sound();
    table.signature_schemes = ecdsa;
    CHECK(check(Policy{table}, false) == PolicyFault::suite_unusable);
    groups = {catalogue::x25519_mlkem768};
    table = sound();
    table.groups = groups;
    CHECK(check(Policy{table}, false) == PolicyFault::suite_unusable);
    table = sound();
    table.versions = modern_2026.versions();
    table.suites = modern_2026.suites();
    table.groups = groups;
    CHECK(check(Policy{table}, false) == PolicyFault::none);

    // TLS 1.3 signs no handshake by PKCS#1, and by ECDSA on the curve alone that the scheme is named by.
    table = sound();
    table.versions = modern_2026.versions();
    table.suites = modern_2026.suites();
    schemes = {catalogue::rsa_pkcs1_sha256, catalogue::rsa_pkcs1_sha384, catalogue::rsa_pkcs1_sha512};
    table.signature_schemes = schemes;
    CHECK(check(Policy{table}, false) == PolicyFault::suite_unusable);
    schemes.push_back(catalogue::rsa_pss_rsae_sha512);
    table.signature_schemes = schemes;
    CHECK(check(Policy{table}, false) == PolicyFault::none);
    schemes = {catalogue::ecdsa_secp256r1_sha256};
    table.signature_schemes = schemes;
    CHECK(check(Policy{table}, false) == PolicyFault::none);
    table.min_ec_bits = 384;
    CHECK(check(Policy{table}, false) == PolicyFault::suite_unusable);
    schemes.push_back(catalogue::ecdsa_secp384r1_sha384);
    table.signature_schemes = schemes;
    CHECK(check(Policy{table}, false) == PolicyFault::none);

    using std::chrono::hours;
    for (const auto& [lifetime, key, fault] : {
             std::tuple{hours{24}, hours{48}, PolicyFault::none},
             {hours{0}, hours{0}, PolicyFault::none},
             {hours{25}, hours{50}, PolicyFault::tickets_too_long},
             {hours{6}, hours{11}, PolicyFault::tickets_too_long},
             {hours{6}, hours{49}, PolicyFault::tickets_too_long},
             {hours{0}, hours{12}, PolicyFault::tickets_too_long},
             {hours{-1}, hours{12}, PolicyFault::tickets_too_long},
         }) {
        table = sound();
        table.tickets = {lifetime, key, "test"};
        CHECK(check(Policy{table}, false) == fault);
    }
}

TEST_CASE("a policy that is made at run time lives as long as a context that uses it", "[tls]") {
    auto made = std::make_shared<const Policy>(sound());
    const std::weak_ptr<const Policy> watch = made;
    {
        const PolicyRef ref{std::move(made)};
        CHECK(ref->name() == "test");
        CHECK_FALSE(watch.expired());
    }
    CHECK(watch.expired());
    const PolicyRef constant{&modern_2026};
    CHECK(constant.get() == &modern_2026);
    CHECK(PolicyRef{} == nullptr);
}

TEST_CASE("every fault and every number has its sentence", "[tls]") {
    for (int fault = 1; fault <= static_cast<int>(PolicyFault::tickets_too_long); ++fault)
        CHECK_FALSE(explain(static_cast<PolicyFault>(fault)).empty());
    CHECK(explain(PolicyFault::none).empty());
    for (const Policy* const policy : all_policies()) {
        CHECK_FALSE(policy->rsa_reason().empty());
        CHECK_FALSE(policy->ec_reason().empty());
        CHECK_FALSE(policy->tickets().reason.empty());
        CHECK(policy->exception_only() == (policy->tickets().lifetime == std::chrono::seconds{0}));
    }
}
