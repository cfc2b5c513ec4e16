// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/opaque.hpp>

#include <set>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;

static_assert(!std::is_copy_constructible_v<OpaqueToken>);

namespace {

const std::string counting = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const TenantId tenant = *TenantId::parse("018bcfe5-6800-7000-8000-000000000001");

Errc refused(std::string_view text) {
    const auto token = OpaqueToken::parse(text);
    REQUIRE_FALSE(token);
    CHECK_FALSE(token.error().message().contains(text.substr(0, 8)));
    return token.error().code;
}

}  // namespace

TEST_CASE("a token's text is read back", "[token]") {
    test::SeededRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const OpaqueToken token = OpaqueToken::generate(random);
        const crypto::Secret text = token.text();
        REQUIRE(text.size() == OpaqueToken::text_bytes);
        const auto parsed = OpaqueToken::parse(as_text(text.expose()));
        REQUIRE(parsed);
        CHECK(parsed->hash(TokenKind::session, tenant) == token.hash(TokenKind::session, tenant));
        seen.emplace(as_text(text.expose()));
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("a token's hash is as written down, and depends on kind and tenant", "[token]") {
    // Computed apart, with SHA-256 of another implementation.
    const OpaqueToken token = *OpaqueToken::parse(counting);
    CHECK(to_hex(token.hash(TokenKind::session, tenant).bytes) ==
          "c23d166608366175a64454fb465e1e82c730368e3f8e86edb17894cab5e63c94");
    CHECK(to_hex(token.hash(TokenKind::print, tenant).bytes) ==
          "1934e79cfb5486830414eaec80b0684a6510fce5f48357f4e7b4119260b74ebd");
    CHECK_FALSE(token.hash(TokenKind::session, TenantId{}) == token.hash(TokenKind::session, tenant));
}

TEST_CASE("only the one spelling of a token is taken", "[token]") {
    CHECK(refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9") == Errc::not_canonical);
    CHECK(refused(counting + "=") == Errc::malformed);
    CHECK(refused(counting.substr(1)) == Errc::malformed);
    CHECK(refused(counting + "A") == Errc::malformed);
    CHECK(refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+") == Errc::malformed);
    CHECK(refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh ") == Errc::malformed);
    CHECK(refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH/8") == Errc::malformed);
    CHECK(OpaqueToken::parse("").error().code == Errc::malformed);
    CHECK(OpaqueToken::parse(std::string(43, '\0')).error().code == Errc::malformed);
    CHECK(OpaqueToken::parse(std::string(1'000'000, 'A')).error().code == Errc::malformed);
}

TEST_CASE("a hash is 32 bytes", "[token]") {
    const TokenHash hash = OpaqueToken::parse(counting)->hash(TokenKind::print, tenant);
    CHECK(TokenHash::from(hash.bytes) == hash);
    CHECK(TokenHash::from(ByteView{hash.bytes}.first(31)).error().code == Errc::malformed);
    CHECK(TokenHash::from({}).error().code == Errc::malformed);
}

TEST_CASE("kinds of tokens have numbers and names of their own", "[token]") {
    std::set<std::string_view> names;
    for (std::uint8_t number = 1; number <= 5; ++number) {
        const auto kind = token_kind(number);
        REQUIRE(kind);
        CHECK(static_cast<std::uint8_t>(*kind) == number);
        names.insert(name(*kind));
    }
    CHECK(names == std::set<std::string_view>{"session", "print", "activation", "refresh-family", "refresh"});
    for (const int number : {0, 6, 255})
        CHECK(token_kind(static_cast<std::uint8_t>(number)).error().code == Errc::malformed);
}
