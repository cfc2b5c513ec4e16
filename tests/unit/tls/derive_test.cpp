// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/derive.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::tls;

namespace {

Derivation named(const Policy& base) {
    Derivation derivation{base};
    REQUIRE(derivation.set_name("test"));
    return derivation;
}

}  // namespace

TEST_CASE("an unchanged derivation is its base under another name, and owns its lists", "[tls]") {
    std::shared_ptr<const Policy> made;
    {
        Derivation derivation = named(intermediate_2026);
        REQUIRE(derivation.set_purpose("for the lobby"));
        made = derivation.finish().value();
    }
    CHECK(made->name() == "test");
    CHECK(made->alias() == "test");
    CHECK(made->purpose() == "for the lobby");
    CHECK(made->base() == "intermediate-2026");
    CHECK(std::ranges::equal(made->suites(), intermediate_2026.suites()));
    CHECK(std::ranges::equal(made->groups(), intermediate_2026.groups()));
    CHECK(made->suites().data() != intermediate_2026.suites().data());
    CHECK(made->tickets() == intermediate_2026.tickets());
    CHECK_FALSE(made->exception_only());
}

TEST_CASE("names are plain words and none of the dated policies'", "[tls]") {
    Derivation derivation{modern_2026};
    CHECK(derivation.finish().error().code == Errc::invalid_argument);
    for (const char* const bad : {"", "Lobby", "1st", "-x", "a b", "a+no-tls1.3", "a.b"})
        CHECK(derivation.set_name(bad).error().code == Errc::malformed);
    CHECK(derivation.set_name(std::string(65, 'a')).error().code == Errc::malformed);
    CHECK(derivation.set_name(std::string(64, 'a')));
    CHECK(derivation.set_name("modern-2026").error().code == Errc::already_exists);
    CHECK(derivation.set_name("legacy-mfd").error().code == Errc::already_exists);
    for (const char* const bad : {"", " a", "a ", "a  b", "a\nb"}) CHECK_FALSE(derivation.set_purpose(bad));
}

TEST_CASE("what is removed or forbidden is gone", "[tls]") {
    Derivation derivation = named(legacy_mfd_2026);
    CHECK(derivation.remove_suite("TLS_AES_128_GCM_SHA256"));
    CHECK(derivation.remove_suite("TLS_AES_128_GCM_SHA256").error().detail.contains("already"));
    CHECK(derivation.remove_suite("TLS_RSA_WITH_AES_128_CBC_SHA").error().detail.contains("doesn't have it"));
    CHECK(derivation.remove_suite("TLS_RSA_WITH_RC4_128_SHA").error().code == Errc::not_found);
    CHECK(derivation.remove_group("secp384r1"));
    CHECK(derivation.remove_signature("rsa_pkcs1_sha512"));
    CHECK(derivation.forbid(Hash::sha1) == 4);
    CHECK(derivation.forbid(Hash::sha1) == 0);
    const auto made = derivation.finish().value();
    CHECK(made->find_suite(0x1301) == nullptr);
    CHECK(made->find_suite(0xc014) == nullptr);
    CHECK(made->find_suite(0xc028) != nullptr);
    CHECK(made->find_group(0x0018) == nullptr);
    CHECK_FALSE(made->allows_signature(0x0601));
    CHECK(made->exception_only());
}

TEST_CASE("a kind of certificate goes with its suites and signatures", "[tls]") {
    Derivation rsa_free = named(obsolete_mfd_2026);
    CHECK(rsa_free.forbid(CertificateKey::rsa) > 0);
    const auto made = rsa_free.finish().value();
    for (const Suite& s : made->suites())
        CHECK((s.key_exchange == KeyExchange::tls13 || s.key_exchange == KeyExchange::ecdhe_ecdsa));
    for (const SignatureScheme& s : made->signature_schemes()) CHECK_FALSE(s.rsa);
    Derivation ecdsa_free = named(modern_2026);
    CHECK(ecdsa_free.forbid(CertificateKey::ecdsa) == 2);
    CHECK(ecdsa_free.fault() == PolicyFault::empty);
    CHECK(ecdsa_free.finish().error().code == Errc::tls_policy_too_weak);
}

TEST_CASE("an order stays within levels, and hybrids stay first", "[tls]") {
    Derivation derivation = named(intermediate_2026);
    CHECK(derivation.order_suites({"TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"}));
    CHECK(derivation.order_groups({"SecP384r1MLKEM1024", "X25519MLKEM768", "secp384r1"}));
    CHECK(derivation.order_signatures({"rsa_pss_rsae_sha512"}));
    CHECK(derivation.order_groups({"x25519", "x25519"}).error().code == Errc::duplicate);
    CHECK(derivation.order_groups({"x448"}).error().code == Errc::not_found);
    const auto made = derivation.finish().value();
    CHECK(made->suites()[0].code == 0x1303);
    CHECK(made->suites()[1].code == 0xcca8);
    CHECK(made->suites()[2].code == 0x1302);
    CHECK(made->suites().size() == intermediate_2026.suites().size());
    CHECK(made->groups()[2].code == 0x0018);
    CHECK(made->signature_schemes()[0].code == 0x0806);

    CHECK(derivation.order_suites({"TLS_AES_128_GCM_SHA256"}));
    CHECK(derivation.fault() == PolicyFault::suites_out_of_order);
    Derivation groups = named(intermediate_2026);
    CHECK(groups.order_groups({"x25519"}));
    CHECK(groups.fault() == PolicyFault::post_quantum_not_first);
}

TEST_CASE("minimums only rise and lifetimes only fall", "[tls]") {
    Derivation derivation = named(intermediate_2026);
    CHECK(derivation.raise_rsa_bits(1024).error().code == Errc::tls_policy_too_weak);
    CHECK(derivation.raise_rsa_bits(4096));
    CHECK(derivation.raise_rsa_bits(3072).error().code == Errc::tls_policy_too_weak);
    CHECK_FALSE(derivation.raise_rsa_bits(20000));
    CHECK(derivation.raise_ec_bits(384));
    CHECK_FALSE(derivation.raise_ec_bits(521));
    CHECK(derivation.raise_level(Level::strong));
    CHECK(derivation.lower_ticket_lifetime(std::chrono::hours{7}).error().code == Errc::tls_policy_too_weak);
    CHECK_FALSE(derivation.lower_ticket_lifetime(std::chrono::seconds{-1}));
    CHECK(derivation.lower_ticket_lifetime(std::chrono::hours{1}));
    CHECK(derivation.lower_ticket_key_lifetime(std::chrono::hours{2}));
    auto made = derivation.finish().value();
    CHECK(made->min_rsa_bits() == 4096);
    CHECK(made->min_ec_bits() == 384);
    CHECK(made->find_suite(0x1301) == nullptr);
    CHECK(made->tickets().lifetime == std::chrono::hours{1});
    CHECK(derivation.lower_ticket_key_lifetime(std::chrono::hours{1}));
    CHECK(derivation.fault() == PolicyFault::tickets_too_long);
    CHECK(derivation.lower_ticket_lifetime(std::chrono::seconds{0}));
    CHECK(derivation.fault() == PolicyFault::none);
    CHECK(derivation.finish().value()->tickets() == TicketRule{});

    CHECK(derivation.raise_version(Version::v1_3));
    made = derivation.finish().value();
    CHECK(made->versions().size() == 1);
    CHECK(made->suites().size() == 2);
    Derivation modern = named(modern_2026);
    CHECK(modern.raise_version(Version::v1_2).error().code == Errc::tls_policy_too_weak);
}

TEST_CASE("the off-switch leaves TLS 1.2 alone, for a named device only", "[tls]") {
    const auto off = without_tls13(intermediate_2026).value();
    CHECK(off->name() == "intermediate-2026+no-tls1.3");
    CHECK_FALSE(off->allows(Version::v1_3));
    CHECK(off->exception_only());
    // It takes TLS 1.3 and nothing else.
    CHECK(off->extended_master_secret());
    CHECK(off->secure_renegotiation());
    CHECK(off->master_secret_reason() == intermediate_2026.master_secret_reason());
    CHECK_FALSE(without_tls13(legacy_mfd_2026).value()->extended_master_secret());
    CHECK(off->suites().size() == 6);
    CHECK(std::ranges::none_of(off->groups(), [](const Group& g) { return g.post_quantum; }));
    CHECK(check(*off, false) == PolicyFault::none);
    CHECK(without_tls13(obsolete_mfd_2026).has_value());
    CHECK(without_tls13(modern_2026).error().code == Errc::tls_policy_too_weak);

    const auto derived = named(legacy_mfd_2026).finish().value();
    CHECK(without_tls13(*derived).value()->base() == "legacy-mfd-2026");
}
