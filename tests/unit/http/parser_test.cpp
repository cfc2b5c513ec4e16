// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/parser.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "http/strict.hpp"

using namespace safeq;
using namespace safeq::http;

namespace {

struct Seen {
    std::vector<RequestHead> heads;
    std::vector<std::string> bodies;
    std::size_t ends = 0;
    std::optional<Error> error;
    bool operator==(const Seen& other) const {
        return heads == other.heads && bodies == other.bodies && ends == other.ends &&
               error.has_value() == other.error.has_value() && (!error || error->code == other.error->code);
    }
};

Seen parse(std::string_view text, std::size_t piece, const Limits& limits = Limits::standard()) {
    RequestParser parser{limits};
    Seen seen;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        ByteView rest = as_bytes(text.substr(at, piece));
        for (;;) {
            const auto step = parser.feed(rest);
            if (!step) {
                seen.error = step.error();
                return seen;
            }
            REQUIRE(step->consumed <= rest.size());
            rest = rest.subspan(step->consumed);
            if (step->event == Event::head) {
                seen.heads.push_back(parser.head());
                seen.bodies.emplace_back();
            }
            if (step->event == Event::body) seen.bodies.back() += as_text(step->body);
            if (step->event == Event::end) ++seen.ends;
            if (step->event == Event::need_more && rest.empty()) break;
        }
    }
    return seen;
}

Seen parse_all_ways(std::string_view text, const Limits& limits = Limits::standard()) {
    const Seen whole = parse(text, text.size(), limits);
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u}) {
        INFO("in pieces of " << piece);
        CHECK(parse(text, piece, limits) == whole);
    }
    return whole;
}

Errc code_of(std::string_view text, const Limits& limits = Limits::standard()) {
    INFO(text.substr(0, 300));
    const Seen seen = parse_all_ways(text, limits);
    REQUIRE(seen.error);
    return seen.error->code;
}

}  // namespace

TEST_CASE("a request without a body", "[http]") {
    const Seen seen =
        parse_all_ways("GET /v1/jobs?a=1&b=x%20y HTTP/1.1\r\nHost: localhost:8641\r\nAccept:  a \r\n\r\n");
    REQUIRE(!seen.error);
    REQUIRE(seen.heads.size() == 1);
    const RequestHead& head = seen.heads[0];
    CHECK(head.method == "GET");
    CHECK(head.path == "/v1/jobs");
    CHECK(head.query.at("b") == "x y");
    CHECK(head.host == "localhost:8641");
    CHECK(head.headers.first("accept") == "a");
    CHECK(head.keep_alive);
    CHECK(!head.has_body());
    CHECK(seen.ends == 1);
}

TEST_CASE("bodies by length and in chunks, and requests after each other", "[http]") {
    const Seen seen = parse_all_ways(
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
        "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    REQUIRE(!seen.error);
    REQUIRE(seen.bodies == std::vector<std::string>{"hello", "abc0123456789", ""});
    CHECK(seen.ends == 3);
    CHECK(seen.heads[0].content_length == 5);
    CHECK(seen.heads[1].chunked);
    CHECK(seen.heads[1].expect_continue);
    CHECK(!seen.heads[2].keep_alive);
}

TEST_CASE("what two readers could read in two ways is refused", "[http]") {
    const std::string_view text = GENERATE(
        as<std::string_view>{},
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\tX: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\rX",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX\x01: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n", "GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%5cb HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /../etc HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET //a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?x=1&x=2 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "get / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0b"
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"\n\"\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-aliv:e\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nProxy-Connection: a b\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\nhost: g\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n");
    CHECK(code_of(text) == Errc::http_malformed);
}

TEST_CASE("a list of connection options may have empty elements", "[http]") {
    for (const char* list : {"close", "keep-alive, x", " , close,\tx-y ,,", ""}) {
        INFO(list);
        const std::string text = std::string{"GET / HTTP/1.1\r\nHost: h\r\nConnection: "} + list + "\r\n\r\n";
        CHECK(!parse_all_ways(text, Limits::standard()).error);
    }
}

TEST_CASE("every message has a budget", "[http]") {
    Limits limits = Limits::standard();
    limits.head_bytes = 200;
    limits.headers = 3;
    limits.body_bytes = 10;
    limits.chunk_extension_bytes = 8;
    limits.trailer_bytes = 8;
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(code_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'x') + "\r\n\r\n", limits) == Errc::too_large);
    CHECK(code_of("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits) == Errc::too_many);
    CHECK(code_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", limits) == Errc::too_large);
    CHECK(code_of(chunked + "6\r\nabcdef\r\n6\r\n", limits) == Errc::too_large);
    CHECK(code_of(chunked + "ffffffffffffffff\r\n", limits) == Errc::too_large);
    CHECK(code_of(chunked + "1;aaaa=b\r\nx\r\n1;aaaa=b\r\nx\r\n", limits) == Errc::too_large);
    CHECK(code_of(chunked + "0\r\nTrailer: too long for it\r\n\r\n", limits) == Errc::too_large);
    CHECK(!parse_all_ways(chunked + "A\r\n0123456789\r\n0\r\n\r\n", limits).error);
}

TEST_CASE("framing without end is no way around the budget", "[http]") {
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(code_of(chunked + std::string(20'000, '0')) == Errc::too_large);
    std::string flood = chunked;
    for (int i = 0; i < 3000; ++i) flood += "1;a=b\r\nx\r\n";
    CHECK(code_of(flood) == Errc::too_large);
    std::string trailers = chunked + "0\r\n";
    for (int i = 0; i < 9000; ++i) trailers += "a:\r\n";
    CHECK(code_of(trailers) == Errc::too_large);
    std::string small = chunked;
    for (int i = 0; i < 5000; ++i) small += "1\r\nx\r\n";
    const Seen seen = parse_all_ways(small + "0\r\n\r\n");
    REQUIRE(!seen.error);
    CHECK(seen.bodies == std::vector<std::string>{std::string(5000, 'x')});
}

TEST_CASE("a limit for one body is none for the next", "[http]") {
    RequestParser parser{Limits::standard()};
    const std::string_view text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    for (const bool limited : {true, false}) {
        ByteView rest = as_bytes(text);
        for (;;) {
            const auto step = parser.feed(rest);
            REQUIRE(step);
            rest = rest.subspan(step->consumed);
            if (step->event == Event::head && limited) CHECK(parser.limit_body(5));
            if (step->event == Event::end) break;
        }
    }
    REQUIRE(parser.feed(as_bytes(text)));
    const auto refused = parser.limit_body(4);
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_large);
}

TEST_CASE("an absolute target with the host of the Host line", "[http]") {
    const Seen seen = parse_all_ways(
        "POST ipp://Print.example:631/ipp/print HTTP/1.1\r\nHost: print.example:631\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(!seen.error);
    REQUIRE(seen.heads.size() == 1);
    CHECK(seen.heads[0].path == "/ipp/print");
    CHECK(seen.heads[0].host == "print.example:631");
    CHECK(!seen.heads[0].has_body());
}

TEST_CASE("no bytes at all may come at any time", "[http]") {
    const std::string_view text =
        GENERATE(as<std::string_view>{}, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n");
    RequestParser parser{Limits::standard()};
    std::string body;
    bool ended = false;
    for (std::size_t at = 0; at < text.size() || !ended;) {
        ByteView piece = at < text.size() ? as_bytes(text.substr(at++, 1)) : ByteView{};
        for (bool first = true; first || !piece.empty(); first = false) {
            for (const ByteView given : {ByteView{}, piece}) {
                const auto step = parser.feed(given);
                REQUIRE(step);
                if (!given.empty()) piece = piece.subspan(step->consumed);
                if (step->event == Event::body) body += as_text(step->body);
                if (step->event == Event::end) ended = true;
            }
            if (ended) break;
        }
    }
    CHECK(body == "abcdef");
}

TEST_CASE("an error stays", "[http]") {
    RequestParser parser{Limits::standard()};
    REQUIRE(!parser.feed(as_bytes("GET / HTTP/1.1\n")));
    const auto again = parser.feed(as_bytes("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    REQUIRE(!again);
    CHECK(again.error().code == Errc::http_malformed);
}

TEST_CASE("llhttp itself is strict", "[http]") { CHECK(detail::llhttp_is_strict()); }

TEST_CASE("responses: bodies, interim ones, and those that end with the connection", "[http]") {
    const auto run = [](std::string_view text, bool to_head, bool finish) {
        ResponseParser parser{Limits::standard(), to_head};
        std::string out;
        ByteView rest = as_bytes(text);
        bool ended = false;
        for (;;) {
            const auto step = parser.feed(rest);
            if (!step) return "error:" + std::string{name(step.error().code)};
            rest = rest.subspan(step->consumed);
            if (step->event == Event::head) out += std::to_string(parser.head().status) + ":";
            if (step->event == Event::body) out += as_text(step->body);
            if (step->event == Event::end) {
                ended = true;
                break;
            }
            if (step->event == Event::need_more && rest.empty()) break;
        }
        if (!ended && finish) ended = parser.finish().has_value();
        return out + (ended ? ":end" : ":open");
    };
    CHECK(run("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, false) == "200:hi:end");
    CHECK(run("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: "
              "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
              false, false) == "201:hi:end");
    CHECK(run("HTTP/1.1 204 No Content\r\n\r\n", false, false) == "204::end");
    CHECK(run("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, false) == "200::end");
    CHECK(run("HTTP/1.1 200 OK\r\n\r\nhi", false, true) == "200:hi:end");
    CHECK(run("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", false, true) == "200:hi:open");
    CHECK(run("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nhi", false, true) ==
          "error:http_malformed");
    std::string interim;
    for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(run(interim, false, false) == "error:too_many");
    CHECK(run("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", false, false) ==
          "error:http_malformed");
    CHECK(run("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", false, true) ==
          "error:http_malformed");
    CHECK(run("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false, true) == "200:hi:open");
    CHECK(run("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", false, true) == "error:http_malformed");
    CHECK(run("HTTP/1.1 200 OK\nContent-Length: 0\n\n", false, true) == "error:http_malformed");
    CHECK(run("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, false) == "304::end");
    CHECK(run("ICY 200 OK\r\n\r\n", false, true) == "error:http_malformed");
}
