// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/claims.hpp>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

namespace {

Errc refused(std::string_view json) {
    const auto claims = Claims::parse(as_bytes(json));
    REQUIRE_FALSE(claims);
    return claims.error().code;
}

Claims sample() {
    const auto id = [](std::uint8_t n) { return IdBytes{std::byte{n}}; };
    return {.id = TokenId{id(1)},
            .tenant = TenantId{id(2)},
            .subject = SubjectId{id(3)},
            .audience = audience("release.example"),
            .purpose = "mobile-terminal",
            .session = {},
            .issued = Time{1'700'000'000'000ms},
            .not_before = Time{1'700'000'000'001ms},
            .expires = Time{1'700'000'300'000ms}};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("claims have one spelling", "[token]") {
    CHECK(*sample().encode() ==
          R"({"v":1,"jti":"01000000-0000-0000-0000-000000000000","sub":"03000000-0000-0000-0000-000000000000",)"
          R"("tenant":"02000000-0000-0000-0000-000000000000","aud":"release.example","purpose":"mobile-terminal",)"
          R"("iat":"2023-11-14T22:13:20.000Z","nbf":"2023-11-14T22:13:20.001Z","exp":"2023-11-14T22:18:20.000Z"})");
    CHECK(Claims::parse(as_bytes(*sample().encode())) == sample());
    Claims with_session = sample();
    with_session.session = SessionId{IdBytes{std::byte{4}}};
    CHECK(Claims::parse(as_bytes(*with_session.encode())) == with_session);
    CHECK(*with_session.encode() != *sample().encode());
}

TEST_CASE("the longest claims are within the limit", "[token]") {
    Claims claims = sample();
    claims.audience = audience(std::string(Audience::max_bytes, 'a'));
    claims.purpose = std::string(max_purpose_bytes, 'p');
    claims.session = SessionId{};
    CHECK(claims.encode()->size() <= max_claims_bytes);
    CHECK(Claims::parse(as_bytes(*claims.encode())) == claims);
}

TEST_CASE("any other spelling is refused", "[token]") {
    const std::string good = *sample().encode();
    CHECK(refused("") == Errc::malformed);
    CHECK(refused("{}") == Errc::malformed);
    CHECK(refused("[" + good + "]") == Errc::malformed);
    CHECK(refused(" " + good) == Errc::malformed);
    CHECK(refused(good + "\n") == Errc::malformed);
    CHECK(refused(good + good) == Errc::malformed);
    CHECK(refused(replaced(good, R"("v":1)", R"("v":2)")) == Errc::bad_version);
    CHECK(refused(replaced(good, R"("v":1)", R"("v":10)")) == Errc::bad_version);
    CHECK(refused(replaced(good, ",", ", ")) == Errc::malformed);
    CHECK(refused(replaced(good, R"(,"iat")", R"(,"session":null,"iat")")) == Errc::malformed);
    CHECK(refused(replaced(good, R"(,"iat")", R"(,"sub":"x","iat")")) == Errc::malformed);
    CHECK(refused(replaced(good, R"("aud":"release.example")", R"("aud":["release.example"])")) == Errc::malformed);
    CHECK(refused(replaced(good, "release.example", "release\\u002eexample")) == Errc::malformed);
    CHECK(refused(replaced(good, "release.example", "Release.example")) == Errc::malformed);
    CHECK(refused(replaced(good, "release.example", "")) == Errc::malformed);
    CHECK(refused(replaced(good, "mobile-terminal", "mobile terminal")) == Errc::malformed);
    CHECK(refused(replaced(good, "20.000Z", "20Z")) == Errc::malformed);
    CHECK(refused(replaced(good, "20.000Z", "20.000+00:00")) == Errc::malformed);
    CHECK(refused(replaced(good, "01000000-", "0100000A-")) == Errc::not_canonical);
    CHECK(refused(std::string(max_claims_bytes + 1, '{')) == Errc::too_large);
}

TEST_CASE("claims that are cut anywhere are refused", "[token]") {
    const std::string good = *sample().encode();
    for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(Claims::parse(as_bytes(good.substr(0, n))));
}

TEST_CASE("what can't be written isn't", "[token]") {
    Claims claims = sample();
    claims.purpose = "x\"";
    CHECK(claims.encode().error().code == Errc::invalid_argument);
    claims = sample();
    claims.expires = Time::max();
    CHECK(claims.encode().error().code == Errc::invalid_argument);
    claims.expires = Time{-1ms};
    CHECK(claims.encode().error().code == Errc::invalid_argument);
}

TEST_CASE("an audience is a plain name", "[token]") {
    for (const std::string good : {"a", "release.example:8642", "https://release.example/api_1", "site-2"})
        CHECK(Audience::parse(good)->text() == good);
    for (const std::string bad : {"", "A", "a b", "a\"", "a\\", "a\n", "\xc3\xa4", "a%20", "a?b"})
        CHECK(Audience::parse(bad).error().code == Errc::malformed);
    CHECK(Audience::parse(std::string(255, 'a')));
    CHECK(Audience::parse(std::string(256, 'a')).error().code == Errc::too_large);
}

TEST_CASE("the binding keeps its fields apart", "[token]") {
    const TenantId tenant{IdBytes{std::byte{2}}};
    const auto bound = [&](std::string_view audience_text, std::string_view purpose) {
        return to_hex(implicit_assertion(
            {.tenant = tenant, .audience = audience(audience_text), .purpose = purpose, .device_key = {}}));
    };
    CHECK(bound("ab", "c") ==
          "00000010"
          "02000000000000000000000000000000"
          "00000002"
          "6162"
          "00000001"
          "63"
          "00000000");
    CHECK(bound("a", "bc") != bound("ab", "c"));
    const crypto::VerifyingKey key{};
    const Bytes with_key =
        implicit_assertion({.tenant = tenant, .audience = audience("a"), .purpose = "b", .device_key = key});
    CHECK(
        to_hex(with_key).ends_with("00000020"
                                   "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"));
}
