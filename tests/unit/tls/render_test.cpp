// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/render.hpp>

#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/derive.hpp>
#include <safeq/tls/policy_file.hpp>

using namespace safeq;
using namespace safeq::tls;

namespace {

std::shared_ptr<const Policy> derived(const std::string& lines) {
    return parse_policy("name test\nfrom intermediate-2026\n" + lines).value();
}

}  // namespace

TEST_CASE("for OpenSSL every suite is named, in the policy's order", "[tls]") {
    const auto modern = openssl_settings(modern_2026, RenderGroups::all).value();
    CHECK(modern ==
          OpensslSettings{.min_protocol = "TLSv1.3",
                          .max_protocol = "TLSv1.3",
                          .cipher_string = "",
                          .ciphersuites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
                          .groups = "X25519MLKEM768:SecP384r1MLKEM1024:X25519:P-256:P-384",
                          .signature_algorithms = "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384"});
    const auto intermediate = openssl_settings(intermediate_2026, RenderGroups::classical).value();
    CHECK(intermediate.min_protocol == "TLSv1.2");
    CHECK(intermediate.cipher_string ==
          "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
          "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=2");
    CHECK(intermediate.groups == "X25519:P-256:P-384");
    const auto off = openssl_settings(*without_tls13(legacy_mfd_2026).value(), RenderGroups::all).value();
    CHECK(off.max_protocol == "TLSv1.2");
    CHECK(off.ciphersuites.empty());
    CHECK(render(modern_2026, RenderTarget::openssl, RenderGroups::all)->find("CipherString") == std::string::npos);
}

TEST_CASE("a GnuTLS string starts from nothing and names all", "[tls]") {
    CHECK(gnutls_priority(modern_2026, RenderGroups::classical).value() ==
          "NONE:+VERS-TLS1.3:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:"
          "+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+CTYPE-X509:%SERVER_PRECEDENCE");
    const std::string obsolete = gnutls_priority(obsolete_mfd_2026, RenderGroups::all).value();
    CHECK(obsolete.contains(":+GROUP-X25519-MLKEM768:+GROUP-SECP384R1-MLKEM1024:"));
    CHECK(obsolete.contains(":+AEAD:+SHA384:+SHA256:+SHA1:+ECDHE-ECDSA:+ECDHE-RSA:+RSA:"));
    CHECK(obsolete.contains(":+SIGN-RSA-PSS-RSAE-SHA256:"));
    CHECK(obsolete.contains(":+SIGN-RSA-SHA512:"));
}

TEST_CASE("what a product of parts can't say is refused, not widened", "[tls]") {
    const auto one_less = derived("remove suite TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n");
    const auto gnutls = gnutls_priority(*one_less, RenderGroups::classical);
    CHECK(gnutls.error().code == Errc::unsupported);
    CHECK(gnutls.error().detail.contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    const auto botan = botan_policy(*one_less, RenderGroups::classical);
    CHECK(botan.error().code == Errc::unsupported);
    CHECK(botan.error().detail.contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    CHECK(openssl_settings(*one_less, RenderGroups::all).has_value());
    const auto whole = derived("forbid certificate rsa\n");
    CHECK(gnutls_priority(*whole, RenderGroups::all).has_value());
    CHECK(botan_policy(*whole, RenderGroups::all).has_value());
}

TEST_CASE("Botan reads each text back as the policy", "[tls]") {
    for (const Policy* const policy : all_policies())
        for (const RenderGroups groups : {RenderGroups::all, RenderGroups::classical}) {
            CAPTURE(policy->name());
            const auto text = botan_policy(*policy, groups);
            CAPTURE(text ? std::string{} : text.error().message());
            REQUIRE(text.has_value());
            CHECK(text->contains("ML-KEM") == (groups == RenderGroups::all));
            CHECK(text->contains(policy->allows(Version::v1_2) ? "allow_tls12 = true" : "allow_tls12 = false"));
        }
    CHECK(botan_policy(*without_tls13(obsolete_mfd_2026).value(), RenderGroups::all).has_value());
}

TEST_CASE("a policy of hybrids alone has no classical rendering", "[tls]") {
    const auto hybrid =
        derived("min version tls1.3\nremove group x25519\nremove group secp256r1\nremove group secp384r1\n");
    for (const RenderTarget target : {RenderTarget::openssl, RenderTarget::gnutls, RenderTarget::botan}) {
        CHECK(render(*hybrid, target, RenderGroups::all).has_value());
        CHECK(render(*hybrid, target, RenderGroups::classical).error().code == Errc::unsupported);
    }
}
