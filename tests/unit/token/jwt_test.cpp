// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/jwt.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <safeq/crypto/sign.hpp>

#include "support/random.hpp"

using namespace safeq;
using crypto::ForeignScheme;

namespace {

constexpr std::array ed25519_alone = {ForeignScheme::ed25519};

struct World {
    test::SeededRandom random;
    crypto::SigningKey key = crypto::SigningKey::generate(random);

    [[nodiscard]] std::string jwk(std::string_view more = R"(,"kid":"one")") const {
        return R"({"kty":"OKP","crv":"Ed25519","x":")" + to_base64url(key.verifying_key().bytes) + '"' +
               std::string{more} + '}';
    }
    [[nodiscard]] static token::JwkSet set(const std::string& keys) {
        auto read = token::JwkSet::parse(R"({"keys":[)" + keys + "]}");
        REQUIRE(read);
        return *std::move(read);
    }
    [[nodiscard]] std::string signed_as(std::string_view head, std::string_view payload = R"({"sub":"alice"})") const {
        const std::string text = to_base64url(as_bytes(head)) + '.' + to_base64url(as_bytes(payload));
        return text + '.' + to_base64url(key.sign(as_bytes(text)));
    }
};

template <class T>
Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

Errc head_error(std::string_view json) { return code_of(token::JwtHead::parse(json)); }

}  // namespace

TEST_CASE("a token by the provider's key is verified, and its payload is what was signed", "[token][jwt]") {
    const World w;
    const auto keys = World::set(w.jwk());
    const auto done = token::verify_jwt(w.signed_as(R"({"alg":"EdDSA","kid":"one","typ":"JWT"})"), keys, ed25519_alone);
    REQUIRE(done);
    CHECK(done->payload == R"({"sub":"alice"})");
    CHECK(done->head == token::JwtHead{.scheme = ForeignScheme::ed25519, .key_id = "one", .type = "jwt"});
    // RFC 9864 has a name of its own for the same; and who has one key need not name it.
    CHECK(token::verify_jwt(w.signed_as(R"({"alg":"Ed25519"})"), keys, ed25519_alone));
}

TEST_CASE("the caller says which algorithms there are, and the key which one it is for", "[token][jwt]") {
    const World w;
    const std::string token = w.signed_as(R"({"alg":"EdDSA","kid":"one"})");
    constexpr std::array rsa_alone = {ForeignScheme::rsa_pss_sha256};
    CHECK(code_of(token::verify_jwt(token, World::set(w.jwk()), rsa_alone)) == Errc::unsupported);
    CHECK(code_of(token::verify_jwt(token, World::set(w.jwk()), {})) == Errc::unsupported);
    // A head that claims another algorithm than the key's finds no key.
    constexpr std::array both = {ForeignScheme::ed25519, ForeignScheme::ecdsa_p256_sha256};
    CHECK(code_of(token::verify_jwt(w.signed_as(R"({"alg":"ES256","kid":"one"})"), World::set(w.jwk()), both)) ==
          Errc::key_unknown);
    CHECK(World::set(w.jwk(R"(,"alg":"ES256")")).keys().empty());
}

TEST_CASE("a head without an algorithm of ours, or with one that says more, is refused", "[token][jwt]") {
    CHECK(head_error(R"({"alg":"none"})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":"HS256"})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":"es256"})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":""})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":1})") == Errc::malformed);
    CHECK(head_error(R"({"kid":"one"})") == Errc::malformed);
    CHECK(head_error(R"({"alg":"EdDSA","alg":"none"})") == Errc::malformed);
    CHECK(head_error(R"({"alg":"EdDSA","crit":["exp"]})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":"EdDSA","crit":[]})") == Errc::unsupported);
    CHECK(head_error(R"({"alg":"EdDSA","kid":""})") == Errc::malformed);
    CHECK(head_error(R"({"alg":"EdDSA","kid":7})") == Errc::malformed);
    CHECK(head_error(R"({"alg":"EdDSA","kid":"a\nb"})") == Errc::control_character);
    CHECK(head_error(R"({"alg":"EdDSA","typ":"a\u0000"})") == Errc::control_character);
    CHECK(head_error(R"({"alg":"EdDSA","x":)" + std::string(3000, ' ') + "1}") == Errc::too_large);
    CHECK(head_error(R"(["alg"])") == Errc::malformed);
    CHECK(head_error(R"({"alg":"EdDSA"} )"
                     "x") == Errc::malformed);
    CHECK(head_error("") == Errc::malformed);
}

TEST_CASE("a type is compared as media types are", "[token][jwt]") {
    CHECK(token::JwtHead::parse(R"({"alg":"EdDSA","typ":"application/AT+JWT"})")->type == "at+jwt");
    CHECK(token::JwtHead::parse(R"({"alg":"EdDSA","typ":"at+jwt"})")->type == "at+jwt");
    CHECK(token::JwtHead::parse(R"({"alg":"EdDSA"})")->type.empty());
}

TEST_CASE("keys that a token brings along or points to are not read", "[token][jwt]") {
    const World theirs;
    World ours;
    ours.key = crypto::SigningKey::generate(ours.random);
    const auto keys = World::set(ours.jwk());
    for (const std::string& member : {R"("jwk":)" + theirs.jwk(), std::string{R"("jku":"https://evil.example/keys")"},
                                      std::string{R"("x5u":"https://evil.example/c")"}, std::string{R"("x5c":["AA"])"}})
        CHECK(code_of(token::verify_jwt(theirs.signed_as(R"({"alg":"EdDSA","kid":"one",)" + member + "}"), keys,
                                        ed25519_alone)) == Errc::signature_invalid);
}

TEST_CASE("a token has three parts in their one spelling", "[token][jwt]") {
    const World w;
    const auto keys = World::set(w.jwk());
    const std::string good = w.signed_as(R"({"alg":"EdDSA","kid":"one"})");
    REQUIRE(token::verify_jwt(good, keys, ed25519_alone));
    const auto refused = [&](const std::string& token) {
        return !token::verify_jwt(token, keys, ed25519_alone).has_value();
    };
    CHECK(refused(""));
    CHECK(refused(".."));
    CHECK(refused(good + "."));
    CHECK(refused(good + "="));
    CHECK(refused("." + good));
    CHECK(refused(good.substr(0, good.rfind('.'))));
    CHECK(refused(good.substr(0, good.rfind('.') + 1)));
    CHECK(code_of(token::verify_jwt(std::string(token::max_jwt_bytes + 1, 'A'), keys, ed25519_alone)) ==
          Errc::too_large);
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char other : {'A', 'B', '.', '=', ' ', '+', '\0'}) {
            std::string changed = good;
            changed[at] = other;
            INFO(at << " " << other);
            if (changed != good) CHECK(refused(changed));
        }
}

TEST_CASE("a key set leaves out what it can't use, and says why", "[token][jwk]") {
    const World w;
    const auto set =
        World::set(w.jwk() + R"(,{"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},)" +
                   w.jwk(R"(,"use":"enc","kid":"two")") + "," + w.jwk(R"(,"key_ops":["sign"],"kid":"three")") + "," +
                   w.jwk(R"(,"alg":"HS256","kid":"four")") + R"(,{"kty":"RSA","n":"AQAB","e":"AQAB"})");
    REQUIRE(set.keys().size() == 1);
    CHECK(set.keys()[0].id == "one");
    REQUIRE(set.ignored().size() == 6);
    CHECK(set.ignored()[0].code == Errc::unsupported);
    CHECK(set.ignored()[1].code == Errc::key_invalid);
    CHECK(set.ignored()[5].code == Errc::weak_parameters);
}

TEST_CASE("a key set has bounds, and one key of an id", "[token][jwk]") {
    const World w;
    const auto parse = [](const std::string& text) { return code_of(token::JwkSet::parse(text)); };
    CHECK(parse(R"({"keys":[)" + w.jwk() + "," + w.jwk() + "]}") == Errc::duplicate);
    CHECK(parse(R"({"keys":{}})") == Errc::malformed);
    CHECK(parse(R"({})") == Errc::malformed);
    CHECK(parse("[]") == Errc::malformed);
    CHECK(parse(std::string(token::JwkSet::max_bytes + 1, ' ')) == Errc::too_large);
    std::string many;
    for (std::size_t i = 0; i <= token::JwkSet::max_keys; ++i) many += (i == 0 ? "" : ",") + std::string{"{}"};
    CHECK(parse(R"({"keys":[)" + many + "]}") == Errc::too_many);
    // Without ids, who signed isn't guessed.
    const auto two = World::set(w.jwk("") + "," + w.jwk(R"(,"kid":"one")"));
    CHECK(code_of(token::verify_jwt(w.signed_as(R"({"alg":"EdDSA"})"), two, ed25519_alone)) == Errc::key_unknown);
    CHECK(token::verify_jwt(w.signed_as(R"({"alg":"EdDSA","kid":"one"})"), two, ed25519_alone));
    CHECK(code_of(token::verify_jwt(w.signed_as(R"({"alg":"EdDSA","kid":"x"})"), two, ed25519_alone)) ==
          Errc::key_unknown);
}

TEST_CASE("every algorithm has its name", "[token][jwt]") {
    for (const auto* name :
         {"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}) {
        const auto scheme = token::jwt_scheme(name);
        REQUIRE(scheme);
        CHECK(token::jwt_algorithm(*scheme) == name);
    }
    CHECK(token::jwt_scheme("Ed25519") == ForeignScheme::ed25519);
    CHECK_FALSE(token::jwt_scheme("none"));
}
