// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/message.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace safeq;
using namespace safeq::http;

TEST_CASE("headers keep their order and find without case", "[http]") {
    Headers headers;
    headers.add("Host", "h");
    headers.add("X-A", "1");
    headers.add("x-a", "2");
    CHECK(headers.first("x-A") == "1");
    CHECK(headers.first("missing").empty());
    CHECK(headers.count("X-a") == 2);
    CHECK(headers.fields()[2].second == "2");
    REQUIRE(headers.find_one("HOST"));
    CHECK(*headers.find_one("HOST") == "h");
    REQUIRE(headers.find_one("missing"));
    CHECK(!headers.find_one("missing")->has_value());
    const auto twice = headers.find_one("x-a");
    REQUIRE(!twice);
    CHECK(twice.error().code == Errc::http_malformed);
}

TEST_CASE("targets in origin form", "[http]") {
    const auto read = parse_target("/v1/jobs/a%20b%C3%A9?x=1&y=a%26b+c&z&=e");
    REQUIRE(read);
    CHECK(read->path == "/v1/jobs/a b\u00e9");
    CHECK(read->query ==
          std::map<std::string, std::string, std::less<>>{{"x", "1"}, {"y", "a&b c"}, {"z", ""}, {"", "e"}});
    CHECK(!read->authority);
    CHECK(parse_target("/")->path == "/");
    CHECK(parse_target("/a/")->path == "/a/");
    CHECK(parse_target("/a+b")->path == "/a+b");
    CHECK(parse_target("/a?")->query.empty());
}

TEST_CASE("targets in absolute form", "[http]") {
    const auto read = parse_target("ipps://print.example:8631/ipp/print?a=b");
    REQUIRE(read);
    CHECK(read->path == "/ipp/print");
    CHECK(read->authority == "print.example:8631");
    CHECK(parse_target("https://[::1]:8631")->path == "/");
    CHECK(parse_target("http://h/")->authority == "h");
    for (const std::string_view bad :
         {"http://", "http:///a", "http://a@b/", "http://h?x=/a", "http://h#/a", "ftp://h/a", "http:/h", "h/a"}) {
        INFO(bad);
        CHECK(!parse_target(bad));
    }
}

TEST_CASE("targets that two readers could read in two ways", "[http]") {
    const std::string_view text = GENERATE(
        as<std::string_view>{}, "", "a", "*", "//", "//a", "/a//b", "/.", "/..", "/a/../b", "/a/./b", "/%2e%2e/",
        "/a/.%2E", "/a%2fb", "/a%2Fb", "/a\\b", "/a%5cb", "/%00", "/a%0ab", "/a%7f", "/%", "/%4", "/%g0", "/%ff",
        "/%c0%ae", "/a#b", "/a?b#c", "/a?x=%zz", "/a?x=1&x=2", "/a?x=%00", "/a?%0d%0aSet-Cookie:x");
    INFO(text);
    const auto read = parse_target(text);
    REQUIRE(!read);
    CHECK(read.error().code == Errc::http_malformed);
}

TEST_CASE("a segment that is encoded is read back", "[http]") {
    const std::string segment = "a b/c%\u00e9?#~-._";
    CHECK(encode_segment(segment) == "a%20b%2Fc%25%C3%A9%3F%23~-._");
    CHECK(parse_target("/" + encode_segment("a b%\u00e9?#"))->path == "/a b%\u00e9?#");
}

TEST_CASE("heads are written and hold no line of anyone else's", "[http]") {
    Headers headers;
    headers.add("Content-Length", "0");
    headers.add("X", "a\tb");
    CHECK(encode_request("POST", "/a?b", "h:1", headers) ==
          "POST /a?b HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\nX: a\tb\r\n\r\n");
    CHECK(encode_response(404, {}) == "HTTP/1.1 404 Not Found\r\n\r\n");
    for (const std::string_view value :
         std::initializer_list<std::string_view>{"a\rb", "a\nb", "a\r\nSet-Cookie: x", {"a\0b", 3}, "\x7f"}) {
        Headers bad;
        bad.add("X", std::string{value});
        CHECK(!encode_request("GET", "/", "h", bad));
        CHECK(!encode_response(200, bad));
    }
    for (const std::string_view name : {"", "a b", "a:", "a\r\nb", "\u00e9"}) {
        Headers bad;
        bad.add(std::string{name}, "x");
        CHECK(!encode_request("GET", "/", "h", bad));
        CHECK(!encode_response(200, bad));
    }
    CHECK(!encode_request("GET", "/ HTTP/1.1\r\nX: y", "h", {}));
    CHECK(!encode_request("GET", "/a b", "h", {}));
    CHECK(!encode_request("GET ", "/", "h", {}));
    CHECK(!encode_request("GET", "/", "h\r\nX: y", {}));
    CHECK(!encode_request("GET", "", "h", {}));
}
