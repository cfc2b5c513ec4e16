// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/policy_file.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace safeq;
using namespace safeq::tls;

namespace {

const std::string head = "name lobby\nfrom intermediate-2026\n";

/// The refusals as "line: text".
std::vector<std::string> refusals(const std::string& text) {
    std::vector<std::string> out;
    for (const Finding& f : lint_policy(text).findings)
        if (f.severity == Severity::refused) out.push_back(std::to_string(f.line) + ": " + f.text);
    return out;
}

}  // namespace

TEST_CASE("a policy file does what it says", "[tls]") {
    const auto policy = parse_policy(
        "# The lobby's devices are new.\n"
        "\n"
        "name lobby\n"
        "from intermediate-2026\n"
        "purpose devices of the lobby, bought in 2025\n"
        "min version tls1.3\n"
        "min rsa-bits 3072\n"
        "remove group secp256r1\n"
        "order groups SecP384r1MLKEM1024\n"
        "forbid hash sha512\n"
        "max ticket-seconds 0\n");
    REQUIRE(policy.has_value());
    CHECK((*policy)->name() == "lobby");
    CHECK((*policy)->purpose() == "devices of the lobby, bought in 2025");
    CHECK((*policy)->suites().size() == 3);
    CHECK((*policy)->groups().front().name == "SecP384r1MLKEM1024");
    CHECK((*policy)->groups().size() == 4);
    CHECK((*policy)->min_rsa_bits() == 3072);
    CHECK((*policy)->tickets().lifetime.count() == 0);
    CHECK_FALSE((*policy)->allows_signature(0x0601));
    CHECK(policy_file(**policy) ==
          "name lobby\n"
          "from intermediate-2026\n"
          "purpose devices of the lobby, bought in 2025\n"
          "min version tls1.3\n"
          "remove group secp256r1\n"
          "order groups SecP384r1MLKEM1024 X25519MLKEM768 x25519 secp384r1\n"
          "remove signature rsa_pss_rsae_sha512\n"
          "remove signature rsa_pkcs1_sha512\n"
          "min rsa-bits 3072\n"
          "max ticket-seconds 0\n");
    CHECK(describe(*parse_policy(policy_file(**policy)).value()) == describe(**policy));
}

TEST_CASE("what would widen the base or fall below the floor is refused, with line and reason", "[tls]") {
    struct Case {
        const char* lines;
        std::size_t line;
        const char* says;
    };
    const auto [lines, line, says] = GENERATE(values<Case>({
        {"add suite TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\n", 3, "widen"},
        {"allow suite TLS_RSA_WITH_RC4_128_SHA\n", 3, "widen"},
        {"remove suite TLS_RSA_WITH_AES_128_CBC_SHA\n", 3, "intermediate-2026 doesn't have it"},
        {"remove suite ECDHE-RSA-AES128-GCM-SHA256\n", 3, "IANA name"},
        {"remove version tls1.3\n", 3, "exception for a named device"},
        {"min version tls1.1\n", 3, "nothing under TLS 1.2"},
        {"min rsa-bits 1024\n", 3, "only be raised"},
        {"min rsa-bits 0x1000\n", 3, "not a number"},
        {"min rsa-bits 04096\n", 3, "not a number"},
        {"min ec-bits 521\n", 3, "no key would pass"},
        {"min level best\n", 3, "levels are"},
        {"max ticket-seconds 86400\n", 3, "only be lowered"},
        {"max ticket-key-seconds 21601\n", 3, "half of the time of their key"},
        {"forbid hash md5\n", 3, "weaker ones are in no policy"},
        {"order suites TLS_AES_128_GCM_SHA256\n", 3, "lower level"},
        {"order groups x25519\n", 3, "hybrid"},
        {"order groups x25519 x25519\n", 3, "twice"},
        {"order suites\n", 3, "`order"},
        {"remove group x25519\nremove group secp256r1\nremove group secp384r1\n", 5, "no signature scheme"},
        {"remove signature ecdsa_secp256r1_sha256\nremove signature ecdsa_secp384r1_sha384\n# x\n", 4,
         "below the floor"},
        {"forbid hash sha256\nforbid hash sha384\n", 4, "no entry left"},
        {"name other\n", 3, "a second"},
        {"purpose a\npurpose b\n", 4, "a second"},
        {"purpose\n", 3, "purpose"},
        {"enable everything\n", 3, "is none of"},
        {"remove suite\n", 3, "two words"},
        {"remove  suite x\n", 3, "one space"},
        {" remove suite x\n", 3, "one space"},
        {"remove suite TLS_\xff\n", 3, "UTF-8"},
        {"remove suite x\r\n", 3, "control character"},
        {"# \x1b[31m\n", 3, "control character"},
    }));
    CAPTURE(lines);
    const LintReport report = lint_policy(head + lines);
    CHECK(report.policy == nullptr);
    const auto found = std::ranges::find(report.findings, Severity::refused, &Finding::severity);
    REQUIRE(found != report.findings.end());
    CAPTURE(found->text);
    CHECK(found->line == line);
    CHECK(found->text.contains(says));
    const auto parsed = parse_policy(head + lines);
    CHECK(parsed.error().code == Errc::tls_policy_too_weak);
    CHECK(parsed.error().where.ends_with("line " + std::to_string(line)));
}

TEST_CASE("a policy by which no handshake of TLS 1.3 can be signed is refused", "[tls]") {
    const auto all = refusals(
        "name a\nfrom intermediate-2026\nmin version tls1.3\nforbid certificate ecdsa\n"
        "remove signature rsa_pss_rsae_sha256\nremove signature rsa_pss_rsae_sha384\n"
        "remove signature rsa_pss_rsae_sha512\n");
    REQUIRE(all.size() == 1);
    CHECK(all[0].starts_with("7: "));
    CHECK(all[0].contains("RSA-PSS"));
    // Nor beside TLS 1.2, which those certificates are good for: the version would be a promise that can't be kept.
    CHECK(refusals("name a\nfrom intermediate-2026\nforbid certificate ecdsa\n"
                   "remove signature rsa_pss_rsae_sha256\nremove signature rsa_pss_rsae_sha384\n"
                   "remove signature rsa_pss_rsae_sha512\n")
              .at(0)
              .starts_with("6: "));
    const auto small = refusals("name a\nfrom modern-2026\nmin ec-bits 384\nremove signature ecdsa_secp384r1_sha384\n");
    REQUIRE(small.size() == 1);
    CHECK(small[0].starts_with("4: "));
    CHECK(refusals("name a\nfrom modern-2026\nmin ec-bits 384\n").empty());
}

TEST_CASE("the linter tells everything at once, in order of lines", "[tls]") {
    const auto all = refusals("name x\nfrom modern-2026\norder groups x25519\nadd suite A\nmin rsa-bits 1\n");
    REQUIRE(all.size() == 3);
    CHECK(all[0].starts_with("3: "));
    CHECK(all[1].starts_with("4: "));
    CHECK(all[2].starts_with("5: "));
}

TEST_CASE("a state below the floor that a later line mends is no fault", "[tls]") {
    CHECK(refusals(head + "remove group x25519\nremove group secp256r1\nremove group secp384r1\nmin version tls1.3\n")
              .empty());
}

TEST_CASE("the head is a name and a dated base", "[tls]") {
    CHECK(refusals("\n") == std::vector<std::string>{"1: `name NAME` and `from POLICY` are missing"});
    CHECK(refusals("min version tls1.3\nmin version tls1.3\n").size() == 1);
    CHECK(refusals("name a\nfrom intermediate\n").at(0).contains("write intermediate-2026"));
    CHECK(refusals("name a\nfrom other\nremove group x25519\n").size() == 1);
    CHECK(refusals("from modern-2026\nname a\n").at(0).contains("before"));
    CHECK(refusals("name modern\nfrom modern-2026\n").at(0).contains("choose another"));
    CHECK(refusals("").at(0).starts_with("1: "));
    CHECK(refusals("name a\nfrom modern-2026").at(0).contains("cut short"));
}

TEST_CASE("sizes are bounded", "[tls]") {
    CHECK(refusals(std::string(70000, '\n')).at(0).contains("64 KiB"));
    CHECK(refusals(head + std::string(1000, '\n')).at(0).starts_with("1001: "));
    CHECK(refusals(head + std::string(998, '\n')).empty());
    CHECK(refusals(head + "#" + std::string(4096, 'x') + "\n").at(0).contains("longer"));
}

TEST_CASE("advice doesn't stand in the way", "[tls]") {
    const LintReport classical =
        lint_policy(head + "remove group X25519MLKEM768\nremove group SecP384r1MLKEM1024\nforbid hash sha1\n");
    REQUIRE(classical.policy != nullptr);
    REQUIRE(classical.findings.size() == 2);
    CHECK(classical.findings[0].text.contains("nothing that is left uses sha1"));
    CHECK(classical.findings[1].text.contains("quantum"));
    const LintReport legacy = lint_policy("name old\nfrom legacy-mfd-2026\n");
    REQUIRE(legacy.policy != nullptr);
    CHECK(legacy.policy->exception_only());
    CHECK(legacy.findings.at(0) ==
          Finding{2, Severity::advice, "legacy-mfd-2026 is for named devices only, and so is what derives from it"});
}
