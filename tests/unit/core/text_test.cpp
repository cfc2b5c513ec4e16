// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/text.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

TEST_CASE("UTF-8 is validated as RFC 3629 defines it", "[core]") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain, čeština, 日本語, 😀"));
    CHECK_FALSE(is_utf8("\x80"));
    CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong '/'
    CHECK_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong '/'
    CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
    CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // over U+10FFFF
    CHECK_FALSE(is_utf8("\xe6\x97"));          // cut
    CHECK_FALSE(is_utf8("\xff"));
}

TEST_CASE("a text is cut between characters", "[core]") {
    CHECK(utf8_prefix("", 0).empty());
    CHECK(utf8_prefix("plain", 5) == "plain");
    CHECK(utf8_prefix("plain", 4) == "plai");
    const std::string_view text = "ž日😀";  // 2, 3 and 4 bytes
    constexpr std::size_t ends[] = {0, 0, 2, 2, 2, 5, 5, 5, 5, 9, 9};
    for (std::size_t most = 0; most < std::size(ends); ++most)
        CHECK(utf8_prefix(text, most) == text.substr(0, ends[most]));
}

TEST_CASE("names from outside are checked", "[core]") {
    CHECK(check_name("Účtenka 7.pdf", 255, "job-name"));
    CHECK(check_name("1234", 3, "job-name").error().code == Errc::too_large);
    CHECK(check_name("a\nb", 255, "job-name").error().code == Errc::control_character);
    CHECK(check_name(std::string_view{"a\0b", 3}, 255, "job-name").error().code == Errc::control_character);
    CHECK(check_name("a\xc2\x85"
                     "b",
                     255, "job-name")
              .error()
              .code == Errc::control_character);
    CHECK(check_name("\xe2\x80\xae"
                     "fdp.exe",
                     255, "job-name")
              .error()
              .code == Errc::control_character);
    CHECK(check_name("\xff", 255, "job-name").error().code == Errc::invalid_utf8);
    CHECK(check_name("\xff", 255, "job-name").error().where == "job-name");
}

TEST_CASE("escapes for log, page and sheet", "[core]") {
    CHECK(escape_for_log("a\r\nb\\\xff") == "a\\x0d\\x0ab\\\\\\xff");
    CHECK(escape_for_log("ž\xe2\x80\xae") == "ž\\u{202e}");
    CHECK(escape_for_log("abcdef", 3) == "abc…");
    CHECK(escape_html("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    CHECK(escape_csv("plain") == "plain");
    CHECK(escape_csv("a,\"b\"") == "\"a,\"\"b\"\"\"");
    CHECK(escape_csv("=HYPERLINK(1)") == "\"'=HYPERLINK(1)\"");
    CHECK(escape_csv("-1") == "\"'-1\"");
    CHECK(ascii_iequals("Content-Type", "content-TYPE"));
    CHECK_FALSE(ascii_iequals("a", "ab"));
    CHECK(ascii_lower("ÀBC") == "Àbc");
}
