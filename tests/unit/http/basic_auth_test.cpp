// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/basic_auth.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::http;

namespace {

std::string header(std::string_view plain) { return "Basic " + to_base64(as_bytes(plain)); }

Errc refusal(std::string_view value) {
    const auto parsed = parse_basic(value);
    REQUIRE(!parsed);
    return parsed.error().code;
}

}  // namespace

TEST_CASE("a credential is read as RFC 7617 writes it", "[http]") {
    // The two examples of the RFC, sections 2 and 2.1.
    auto read = parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    REQUIRE(read);
    CHECK(read->user == "Aladdin");
    CHECK(as_text(read->password.expose()) == "open sesame");
    read = parse_basic("Basic dGVzdDoxMjPCow==");
    REQUIRE(read);
    CHECK(read->user == "test");
    CHECK(as_text(read->password.expose()) == "123\u00a3");
    CHECK(parse_basic("bAsIc QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
}

TEST_CASE("the first colon divides", "[http]") {
    const auto read = parse_basic(header("alice:a:b:"));
    REQUIRE(read);
    CHECK(read->user == "alice");
    CHECK(as_text(read->password.expose()) == "a:b:");
    const auto empty = parse_basic(header("alice:"));
    REQUIRE(empty);
    CHECK(empty->password.empty());
}

TEST_CASE("what is not exactly a Basic credential is refused", "[http]") {
    CHECK(refusal("") == Errc::unsupported);
    CHECK(refusal("Basic") == Errc::unsupported);
    CHECK(refusal("Basic ") == Errc::unsupported);
    CHECK(refusal("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Errc::unsupported);
    CHECK(refusal("BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Errc::unsupported);
    CHECK(refusal("Basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Errc::malformed);
    CHECK(refusal("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== ") == Errc::malformed);
    CHECK(refusal("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ") == Errc::malformed);
    CHECK(refusal("Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==") == Errc::not_canonical);
    CHECK(refusal(header("no colon")) == Errc::malformed);
    CHECK(refusal(header("alice\n:x")) == Errc::control_character);
    CHECK(refusal(header(std::string_view{"alice:x\0y", 9})) == Errc::control_character);
    CHECK(refusal(header("alice:\xff")) == Errc::invalid_utf8);
    CHECK(refusal(header(std::string(3000, 'a') + ":b")) == Errc::too_large);
}

TEST_CASE("what is written is what is read", "[http]") {
    const auto written = encode_basic("J\u00fcrgen", crypto::Secret::copy_of("p\u00e4ss:w\u00f6rd"));
    REQUIRE(written);
    const auto read = parse_basic(*written);
    REQUIRE(read);
    CHECK(read->user == "J\u00fcrgen");
    CHECK(as_text(read->password.expose()) == "p\u00e4ss:w\u00f6rd");
    CHECK(!encode_basic("a:b", crypto::Secret::copy_of("c")));
}

TEST_CASE("a bearer token is what follows its scheme", "[http]") {
    CHECK(bearer_token("Bearer abc.def") == "abc.def");
    CHECK(bearer_token("bearer abc") == "abc");
    CHECK(bearer_token("Bearer").empty());
    CHECK(bearer_token("Bearer ").empty());
    CHECK(bearer_token("Basic abc").empty());
    CHECK(bearer_token("").empty());
}
