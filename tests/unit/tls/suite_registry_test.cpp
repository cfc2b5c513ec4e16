// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/suite_registry.hpp>

#include <set>

#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/policy.hpp>

using namespace safeq::tls;

TEST_CASE("every rejected suite is in no policy, known by name, and rejected for a reason", "[tls][suite_registry]") {
    std::set<std::string_view> names;
    std::uint32_t before = 0;
    for (const RegisteredSuite& suite : rejected_suites()) {
        INFO(suite.name);
        CHECK(suite.code > before);
        before = suite.code;
        CHECK(names.insert(suite.name).second);
        CHECK(obsolete_mfd_2026.find_suite(suite.code) == nullptr);
        CHECK(suite_name(suite.code) == suite.name);
        CHECK_FALSE(why_rejected(suite.name).empty());
        CHECK((exists_in(suite.name, 0x0303) || exists_in(suite.name, 0x0304)));
    }
    CHECK(names.size() == 200);
}

TEST_CASE("nothing speaks against what policies list, but static RSA", "[tls][suite_registry]") {
    for (const Suite& suite : obsolete_mfd_2026.suites()) {
        CHECK(why_rejected(suite.name).empty());
        CHECK(suite_name(suite.code) == suite.name);
        CHECK(exists_in(suite.name, static_cast<std::uint16_t>(suite.version)));
        CHECK_FALSE(exists_in(suite.name, suite.version == Version::v1_3 ? 0x0303 : 0x0304));
    }
    CHECK(suite_name(0x00ff).empty());
    CHECK(suite_name(0xffff).empty());
    CHECK(why_rejected("").empty());
}

TEST_CASE("the worst reason is the one that is told", "[tls][suite_registry]") {
    CHECK(why_rejected("TLS_RSA_EXPORT_WITH_RC4_40_MD5").contains("FREAK"));
    CHECK(why_rejected("TLS_DH_anon_WITH_RC4_128_MD5").contains("nobody shows"));
    CHECK(why_rejected("TLS_RSA_WITH_NULL_MD5") == "it encrypts nothing");
    CHECK(why_rejected("TLS_RSA_WITH_3DES_EDE_CBC_SHA").contains("Sweet32"));
    CHECK(why_rejected("TLS_RSA_WITH_DES_CBC_SHA").contains("56-bit"));
}

TEST_CASE("suites are met in the versions that have them", "[tls][suite_registry]") {
    CHECK(exists_in("TLS_RSA_WITH_AES_128_CBC_SHA", 0x0300));
    CHECK(exists_in("TLS_RSA_WITH_AES_128_CBC_SHA", 0x0303));
    CHECK_FALSE(exists_in("TLS_RSA_WITH_AES_128_CBC_SHA256", 0x0302));
    CHECK_FALSE(exists_in("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x0301));
    CHECK(exists_in("TLS_AES_128_CCM_SHA256", 0x0304));
    CHECK_FALSE(exists_in("TLS_AES_128_CCM_SHA256", 0x0303));
    CHECK_FALSE(exists_in("TLS_RSA_WITH_AES_128_CBC_SHA", 0x02ff));
    CHECK_FALSE(exists_in("TLS_RSA_WITH_AES_128_CBC_SHA", 0x0305));
}
