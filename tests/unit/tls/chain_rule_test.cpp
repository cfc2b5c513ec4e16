// SPDX-License-Identifier: Apache-2.0
// A policy's signature schemes and smallest keys hold for the certificates of a chain, the peer's and our own.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <botan/pkcs8.h>
#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/policy_file.hpp>

#include "two_tiers.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::KeyMade;
using safeq::test::must;
using safeq::test::Outcome;
using safeq::test::pump;
using safeq::test::Signing;
using safeq::test::TwoTiers;
using safeq::test::World;

namespace {

PolicyRef derived(const std::string& lines) {
    return parse_policy("name test\nfrom intermediate-2026\n" + lines).value();
}

std::shared_ptr<const TrustAnchors> trusting(const std::string& authorities) {
    return must(TrustAnchors::from_pem(AuthoritiesPem{authorities}, CrlsPem{""}, Revocation::when_known));
}

struct Chains : TwoTiers {
    /// What is against a chain, as the log has it; "good" for nothing.
    [[nodiscard]] std::string verdict(const Policy& policy, const TrustAnchors& anchors,
                                      const std::vector<Botan::X509_Certificate>& chain) const {
        std::string text;
        for (Botan::X509_Certificate x509 : chain) text += x509.PEM_encode();
        const auto result =
            anchors.verify(must(Certificate::chain_from_pem(text)), PeerRole::server, "print.example", policy, now);
        if (result) return "good";
        CHECK(result.error().code == Errc::certificate_untrusted);
        return result.error().detail;
    }

    [[nodiscard]] static std::shared_ptr<const Credentials> credentials(const Authority& leaf,
                                                                        const std::string& issuers) {
        return must(Credentials::from_pem(ChainPem{leaf.pem() + issuers}, KeyPem{Botan::PKCS8::PEM_encode(*leaf.key)}));
    }
};

}  // namespace

TEST_CASE("a chain is held to its policy's signatures, whoever made them", "[tls]") {
    Chains made;
    const auto root = made.authority("RSA root", nullptr, {}, {.rsa_bits = 2048});
    const auto issuing = made.authority("RSA issuing", &root, {}, {.rsa_bits = 2048});
    const auto leaf = made.leaf_and_key(issuing);
    const std::vector chain{leaf.x509, issuing.x509};
    const auto anchors = trusting(root.pem());
    CHECK(leaf.key->algo_name() == "ECDSA");

    for (const Policy* const policy : {&intermediate_2026, &legacy_mfd_2026, &obsolete_mfd_2026})
        CHECK(made.verdict(*policy, *anchors, chain) == "good");
    const std::string refused = made.verdict(modern_2026, *anchors, chain);
    CHECK(refused.contains("Leaf"));
    CHECK(refused.contains("it is signed by rsa_pkcs1_sha256, which modern-2026 doesn't have"));
    CHECK(made.verdict(*derived("forbid certificate rsa\n"), *anchors, chain).contains("rsa_pkcs1_sha256"));
    CHECK(made.verdict(*derived("forbid hash sha256\n"), *anchors, chain).contains("rsa_pkcs1_sha256"));
    CHECK(made.verdict(*derived("remove signature rsa_pkcs1_sha256\n"), *anchors, chain) != "good");
    CHECK(made.verdict(*derived("forbid hash sha384\n"), *anchors, chain) == "good");

    // Of an authority above the leaf's issuer, too.
    const auto between = made.authority("ECDSA issuing", &root);
    const auto below = made.leaf_and_key(between);
    const std::string above = made.verdict(modern_2026, *anchors, {below.x509, between.x509});
    CHECK(above.contains("ECDSA issuing"));
    CHECK(above.contains("rsa_pkcs1_sha256"));
    CHECK(made.verdict(intermediate_2026, *anchors, {below.x509, between.x509}) == "good");
}

TEST_CASE("every scheme counts in a chain as the policy lists it", "[tls]") {
    Chains made;
    const auto ecdsa = made.authority("ECDSA", nullptr);
    const auto rsa = made.authority("RSA", nullptr, {}, {.rsa_bits = 3072});
    const auto anchors = trusting(ecdsa.pem() + rsa.pem());
    struct Row {
        std::string_view scheme;
        const TwoTiers::Authority& by;
        Signing signing;
    };
    const Row rows[]{{"ecdsa_secp256r1_sha256", ecdsa, {.hash = "SHA-256"}},
                     {"ecdsa_secp384r1_sha384", ecdsa, {.hash = "SHA-384"}},
                     {"none", ecdsa, {.hash = "SHA-512"}},
                     {"rsa_pkcs1_sha256", rsa, {.hash = "SHA-256"}},
                     {"rsa_pkcs1_sha384", rsa, {.hash = "SHA-384"}},
                     {"rsa_pkcs1_sha512", rsa, {.hash = "SHA-512"}},
                     {"rsa_pss_rsae_sha256", rsa, {.hash = "SHA-256", .padding = "PSS"}},
                     {"rsa_pss_rsae_sha384", rsa, {.hash = "SHA-384", .padding = "PSS"}},
                     {"rsa_pss_rsae_sha512", rsa, {.hash = "SHA-512", .padding = "PSS"}}};
    std::vector<PolicyRef> policies{
        derived("remove signature rsa_pss_rsae_sha384\nremove signature rsa_pkcs1_sha512\n"),
        derived("forbid hash sha256\n"), derived("forbid certificate ecdsa\n")};
    for (const Policy* const policy : all_policies()) policies.emplace_back(policy);
    std::map<bool, int> seen;
    for (const Row& row : rows) {
        const auto leaf = made.leaf_and_key(row.by, row.signing);
        for (const PolicyRef& policy : policies) {
            CAPTURE(row.scheme, policy->name());
            const bool listed =
                std::ranges::count(policy->signature_schemes(), row.scheme, &SignatureScheme::name) == 1;
            CHECK((made.verdict(*policy, *anchors, {leaf.x509}) == "good") == listed);
            ++seen[listed];
        }
    }
    CHECK(seen[true] == 3 * 8 + 2 + 6 + 5 + 6);
    CHECK(seen[true] + seen[false] == 9 * 7);
}

TEST_CASE("a raised minimum of keys holds for every key of a chain, the anchor's too", "[tls]") {
    Chains made;
    const auto long_root = made.authority("Long root", nullptr, {}, {.rsa_bits = 3072});
    const auto short_root = made.authority("Short root", nullptr, {}, {.rsa_bits = 2048});
    const auto short_issuing = made.authority("Short issuing", &long_root, {}, {.rsa_bits = 2048});
    const auto long_issuing = made.authority("Long issuing", &long_root, {}, {.rsa_bits = 3072});
    const auto of_short = made.authority("Below the short root", &short_root);
    const auto anchors = trusting(long_root.pem() + short_root.pem());
    const PolicyRef raised = derived("min rsa-bits 3072\n");
    const auto check = [&](const TwoTiers::Authority& issuing, const std::string& expected) {
        const auto leaf = made.leaf_and_key(issuing);
        CHECK(made.verdict(intermediate_2026, *anchors, {leaf.x509, issuing.x509}) == "good");
        const std::string found = made.verdict(*raised, *anchors, {leaf.x509, issuing.x509});
        CAPTURE(found);
        CHECK(found.contains(expected));
    };
    check(long_issuing, "good");
    check(short_issuing, "Short issuing\": its RSA key has 2048 bits, test wants 3072");
    check(of_short, "Short root\": its RSA key has 2048 bits, test wants 3072");

    const PolicyRef curves = derived("min ec-bits 384\n");
    const auto wide = made.authority("Wide", nullptr, {}, {.curve = "secp384r1"});
    const auto narrow = made.authority("Narrow", nullptr);
    const auto both = trusting(wide.pem() + narrow.pem());
    const KeyMade p384{.curve = "secp384r1"};
    CHECK(made.verdict(*curves, *both, {made.leaf_and_key(wide, {}, p384).x509}) == "good");
    CHECK(made.verdict(*curves, *both, {made.leaf_and_key(wide).x509}).contains("ECDSA key has 256 bits"));
    CHECK(made.verdict(*curves, *both, {made.leaf_and_key(narrow, {}, p384).x509}).contains("Narrow"));
}

TEST_CASE("the anchor's own signature is nobody's concern", "[tls]") {
    Chains made;
    const PolicyRef longer = derived("forbid hash sha256\n");
    const auto root = made.authority("Root over SHA-256", nullptr);
    const auto issuing = made.authority("Issuing over SHA-384", &root, {.hash = "SHA-384"});
    const auto leaf = made.leaf_and_key(issuing, {.hash = "SHA-384"}, {.curve = "secp384r1"});
    const auto anchors = trusting(root.pem());
    CHECK(made.verdict(*longer, *anchors, {leaf.x509, issuing.x509}) == "good");
    CHECK(made.verdict(*longer, *anchors, {made.leaf_and_key(issuing).x509, issuing.x509}) != "good");
    // Nor that of our own chain's, where it is sent along.
    const auto own = [&](const std::string& issuers) {
        return ServerContext::create({.policy = longer, .credentials = Chains::credentials(leaf, issuers)});
    };
    CHECK(own(issuing.pem() + root.pem()));
    CHECK(own(issuing.pem()));
}

TEST_CASE("authorities that signed for each other lead by the way that the policy takes", "[tls]") {
    Chains made;
    const auto rsa = made.authority("RSA root", nullptr, {}, {.rsa_bits = 2048});
    const auto ecdsa = made.authority("ECDSA root", nullptr);
    const auto by_ecdsa = made.authority("Issuing", &ecdsa);
    const auto by_rsa = made.certify("Issuing", *by_ecdsa.key, &rsa);
    const auto leaf = made.leaf_and_key(by_ecdsa);
    for (const std::string& trusted : {rsa.pem() + ecdsa.pem(), ecdsa.pem() + rsa.pem()})
        for (const auto& chain : {std::vector{leaf.x509, by_rsa, by_ecdsa.x509}, {leaf.x509, by_ecdsa.x509, by_rsa}}) {
            CHECK(made.verdict(modern_2026, *trusting(trusted), chain) == "good");
            CHECK(made.verdict(*derived("forbid certificate ecdsa\n"), *trusting(trusted), chain) != "good");
        }
    CHECK(made.verdict(modern_2026, *trusting(rsa.pem()), {leaf.x509, by_rsa, by_ecdsa.x509}).contains("Issuing"));
    CHECK(made.verdict(modern_2026, *trusting(rsa.pem() + ecdsa.pem()), {leaf.x509, by_rsa}).contains("Issuing"));
}

TEST_CASE("the log tells what a chain lacks, the peer learns that it was refused", "[tls]") {
    World world;
    Chains made;
    const auto root = made.authority("RSA root", nullptr, {}, {.rsa_bits = 2048});
    const auto leaf = made.leaf_and_key(root);
    const auto shown = Chains::credentials(leaf, "");
    const auto own = World::credentials(world.issue(Purpose::server));
    const auto meet = [&](const Policy& policy, bool at_server) {
        ServerConfig listener{.policy = at_server ? &policy : &intermediate_2026,
                              .credentials = at_server ? own : shown};
        if (at_server) {
            listener.client_auth = ClientAuth::required;
            listener.client_anchors = trusting(root.pem());
        }
        ClientConfig caller = world.client_config(at_server ? intermediate_2026 : policy);
        if (at_server) caller.own = shown;
        else caller.check = Anchored{trusting(root.pem()), "print.example"};
        Session client = world.client(std::move(caller)), server = world.server(std::move(listener));
        return pump(client, server);
    };
    for (const bool at_server : {false, true}) {
        CAPTURE(at_server);
        const Outcome good = meet(intermediate_2026, at_server);
        CHECK_FALSE(good.client);
        CHECK_FALSE(good.server);
        const Outcome bad = meet(modern_2026, at_server);
        REQUIRE((bad.client && bad.server));
        const auto& [ours, theirs] =
            at_server ? std::pair{*bad.server, *bad.client} : std::pair{*bad.client, *bad.server};
        CHECK(ours.code == Errc::certificate_untrusted);
        CHECK(ours.detail.contains("rsa_pkcs1_sha256, which modern-2026 doesn't have"));
        CHECK(theirs.code == Errc::tls_handshake_failed);
        CHECK_FALSE(theirs.message().contains("rsa"));
    }
}

TEST_CASE("a context refuses a chain of its own that its policy has something against", "[tls]") {
    World world;
    Chains made;
    const auto root = made.authority("RSA root", nullptr, {}, {.rsa_bits = 2048});
    const auto issuing = made.authority("RSA issuing", &root, {}, {.rsa_bits = 2048});
    const auto between = made.authority("ECDSA issuing", &root);
    const auto code = [&](PolicyRef policy, const std::shared_ptr<const Credentials>& own) {
        const auto server = ServerContext::create({.policy = policy, .credentials = own});
        ClientConfig caller = world.client_config(modern_2026);
        caller.policy = policy;
        caller.own = own;
        const auto client = ClientContext::create(std::move(caller));
        CHECK(server.has_value() == client.has_value());
        if (server) return std::string{"good"};
        CHECK(server.error().code == Errc::weak_parameters);
        return server.error().detail;
    };
    const auto by_rsa = Chains::credentials(made.leaf_and_key(issuing), issuing.pem());
    CHECK(code(&intermediate_2026, by_rsa) == "good");
    CHECK(code(&modern_2026, by_rsa).contains("rsa_pkcs1_sha256, which modern-2026 doesn't have"));
    CHECK(code(derived("min rsa-bits 3072\n"), by_rsa).contains("RSA issuing\": its RSA key has 2048 bits"));
    CHECK(code(derived("forbid hash sha256\n"), by_rsa) != "good");

    const auto leaf = made.leaf_and_key(between);
    CHECK(code(&modern_2026, Chains::credentials(leaf, "")) == "good");  // what isn't sent isn't known
    CHECK(code(&modern_2026, Chains::credentials(leaf, between.pem())).contains("ECDSA issuing"));

    // A certificate of its own making is relied on by its pin alone.
    const auto alone = made.authority("Self-signed over SHA-512", nullptr, {.hash = "SHA-512"});
    CHECK(code(&modern_2026, Chains::credentials(alone, "")) == "good");
}
