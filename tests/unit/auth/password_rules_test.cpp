// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/password_rules.hpp>

#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;

namespace {

crypto::Secret secret(std::string_view text) { return crypto::Secret::copy_of(text); }

Result<void> check(std::string_view text, PasswordUse use = PasswordUse::alone, const Blocklist* list = nullptr) {
    const PasswordRules rules{password_limits_2026, list, {"safeq", "Example Print"}};
    const std::array<std::string_view, 2> about{"alice", "Alice Liddell"};
    return rules.check(secret(text), use, about);
}

Errc refused(std::string_view text, PasswordUse use = PasswordUse::alone, const Blocklist* list = nullptr) {
    const auto checked = check(text, use, list);
    REQUIRE_FALSE(checked);
    CHECK((text.empty() || !checked.error().message().contains(text)));
    return checked.error().code;
}

Errc code(std::string text) {
    const auto parsed = Blocklist::parse(std::move(text));
    REQUIRE_FALSE(parsed);
    return parsed.error().code;
}

}  // namespace

TEST_CASE("length is all that is asked of a password", "[auth]") {
    CHECK(check("fifteen letters"));
    CHECK(check("aaaaaaaaaaaaaaa"));
    CHECK(check("               "));
    CHECK(check(std::string(1024, 'x')));
    CHECK(check("~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./"));
    CHECK(refused("fourteen chars") == Errc::invalid_argument);
    CHECK(refused("") == Errc::invalid_argument);
    CHECK(refused(std::string(1025, 'x')) == Errc::too_large);
    CHECK(check("8 enough", PasswordUse::beside_another));
    CHECK(refused("7 isn't", PasswordUse::beside_another) == Errc::invalid_argument);
}

TEST_CASE("characters are code points, composed", "[auth]") {
    CHECK(check("\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc"));
    CHECK(refused("\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6") ==
          Errc::invalid_argument);
    // Seven of four bytes each are 28 bytes, and 7 characters.
    CHECK(refused("\U0001f5a8\U0001f5a8\U0001f5a8\U0001f5a8\U0001f5a8\U0001f5a8\U0001f5a8",
                  PasswordUse::beside_another) == Errc::invalid_argument);
    CHECK(refused("correct horse ba\u0308ttery") == Errc::not_canonical);
    CHECK(check("correct horse b\u00e4ttery"));
    CHECK(refused("correct horse \xc3") == Errc::invalid_utf8);
    CHECK(refused("correct horse\nbattery") == Errc::control_character);
    CHECK(refused(std::string("correct horse\0battery", 21)) == Errc::control_character);
}

TEST_CASE("a password that says whose or where it is is refused", "[auth]") {
    for (const char* text :
         {"alicealicealice", "AliceAliceAlice", "alice1234567890", "!!!!!!!!!!alice", "2026 alice 2026!",
          "safeqsafeqsafeq", "SafeQ1234567890", "alice liddell 1", "Alice Liddell!!", "example print 2026"})
        CHECK(refused(text) == Errc::weak_parameters);
    for (const char* text : {"alice in wonderland", "alicealicealicex", "my printer is slow", "123456789012345"})
        CHECK(check(text));
    // An empty word, or one of signs only, is in everything and must not refuse anything.
    const PasswordRules rules{password_limits_2026, nullptr, {"", "42"}};
    CHECK(rules.check(secret("fifteen letters"), PasswordUse::alone, {}));
    CHECK(rules.check(secret("123456789012345"), PasswordUse::alone, {}));
}

TEST_CASE("a password on the blocklist is refused in any case, and only whole", "[auth]") {
    const auto list = Blocklist::parse(
        "correct horse battery staple\npassword1234567\n"
        "p\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148\n"
        "qwertyuiop12345\n"
        "\u00e4rgerlich \u0431\u043b\u0438\u043d \u03b1\n");
    REQUIRE(list);
    for (const char* text : {"correct horse battery staple", "Correct Horse Battery Staple", "PASSWORD1234567",
                             "qwertyuiop12345", "\u00c4RGERLICH \u0411\u041b\u0418\u041d \u0391",
                             "P\u0158\u00cdLI\u0160 \u017dLU\u0164OU\u010cK\u00dd K\u016e\u0147"})
        CHECK(refused(text, PasswordUse::alone, &*list) == Errc::weak_parameters);
    for (const char* text : {"password12345678", "a password1234567", "correct horse battery", "qwertyuiop1234\u00e9",
                             "zzzzzzzzzzzzzzzzz", "               "})
        CHECK(check(text, PasswordUse::alone, &*list));
}

TEST_CASE("a capital of Latin Extended-A is the same as its small letter, and no other letter is", "[auth]") {
    constexpr std::string_view pairs =
        "ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįĲĳĴĵĶķĹĺĻļĽľĿŀŁłŃńŅņŇň"
        "ŊŋŌōŎŏŐőŒœŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬŭŮůŰűŲųŴŵŶŷŸÿŹźŻżŽž";
    std::set<std::string_view> capitals;
    for (std::size_t at = 0; at < pairs.size(); at += 4) {
        const std::string_view capital = pairs.substr(at, 2);
        capitals.insert(capital);
        CHECK(code(std::string{capital}) == Errc::not_canonical);
        const auto list = Blocklist::parse(std::string{pairs.substr(at + 2, 2)});
        REQUIRE(list);
        CHECK(list->contains(secret(capital)));
    }
    CHECK(capitals.size() == 62);
    for (unsigned point = 0x100; point < 0x180; ++point) {
        const std::string letter{static_cast<char>(0xc0u | (point >> 6)), static_cast<char>(0x80u | (point & 0x3fu))};
        CHECK(Blocklist::parse(letter).has_value() != capitals.contains(letter));
    }
}

TEST_CASE("a blocklist finds each of its lines and nothing else", "[auth]") {
    test::SeededRandom random;
    std::set<std::string> lines;
    while (lines.size() < 2000) lines.insert(to_hex(random.bytes<4>()).substr(0, 4 + lines.size() % 5));
    for (const bool last_newline : {true, false}) {
        std::string text;
        for (const std::string& line : lines) text += line + "\n";
        if (!last_newline) text.pop_back();
        const auto list = Blocklist::parse(text);
        REQUIRE(list);
        int found = 0;
        for (const std::string& line : lines) found += list->contains(secret(line)) ? 1 : 0;
        CHECK(found == 2000);
        int wrong = 0;
        for (int i = 0; i < 2000; ++i) {
            const std::string other = to_hex(random.bytes<4>()).substr(0, 4 + static_cast<std::size_t>(i) % 5);
            wrong += list->contains(secret(other)) == lines.contains(other) ? 0 : 1;
        }
        CHECK(wrong == 0);
        CHECK_FALSE(list->contains(secret("")));
        CHECK_FALSE(list->contains(secret(*lines.begin() + "\n" + *std::next(lines.begin()))));
    }
}

TEST_CASE("a blocklist that can't be searched is refused with its line", "[auth]") {
    CHECK(Blocklist::parse(""));
    CHECK(Blocklist::parse("one"));
    CHECK_FALSE(Blocklist::parse("")->contains(secret("x")));
    CHECK(code("b\na\n") == Errc::malformed);
    CHECK(code("a\na\n") == Errc::malformed);
    CHECK(code("a\n\nb\n") == Errc::malformed);
    CHECK(code("\na") == Errc::malformed);
    CHECK(code("a\r\nb\r\n") == Errc::malformed);
    CHECK(code("a\nB\n") == Errc::malformed);  // a capital is out of order as well
    CHECK(code("B\na\n") == Errc::not_canonical);
    CHECK(code("a\n\u00c4\n") == Errc::not_canonical);
    CHECK(code("a\n\xff\n") == Errc::invalid_utf8);
    CHECK(Blocklist::parse("a\nc\nb\n").error().detail.contains("line 3"));
}
