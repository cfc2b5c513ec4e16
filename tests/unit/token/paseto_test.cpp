// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paseto.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;

namespace {

const Message message{as_bytes("attack at dawn")};
const Footer footer{as_bytes("seven")};
const ImplicitAssertion implicit{as_bytes("tenant 12")};

struct World {
    test::SeededRandom random;
    LocalKey local = LocalKey::random(random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    std::string sealed = seal_paseto(local, random, message, footer, implicit);
    std::string made = sign_paseto(signer, message, footer, implicit);

    Errc opened(const std::string& text, ImplicitAssertion with) {
        const auto token = Paseto::parse(text, paseto_limits_2026);
        if (!token) return token.error().code;
        const auto result = open_paseto(local, *token, with);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
    Errc verified(const std::string& text, ImplicitAssertion with) {
        const auto token = Paseto::parse(text, paseto_limits_2026);
        if (!token) return token.error().code;
        const auto result = verify_paseto(signer.verifying_key(), *token, with);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
};

Errc refused(std::string_view text, const PasetoLimits& limits = paseto_limits_2026) {
    const auto token = Paseto::parse(text, limits);
    REQUIRE_FALSE(token);
    return token.error().code;
}

Paseto parsed(std::string_view text) {
    auto token = Paseto::parse(text, paseto_limits_2026);
    REQUIRE(token);
    return *std::move(token);
}

}  // namespace

TEST_CASE("the example of the specification, 4-S-2, is verified and made anew", "[token]") {
    // From the official vectors, so that a checkout without them tests itself.
    const auto key = crypto::SigningKey::from_seed(
        *crypto::SigningSeed::from(*from_hex("b4cbfb43df4ce210727d953e4a713307fa19bb7d9f85041438d9e11b942a3774")));
    const std::string text =
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9v3Jt8mx_"
        "TdM2ceTGoqwrh4yDFn0XsHvvV_D0DtwQxVrJEBMl0F2caAdgnpKlt4p7xBnx1HcO-SPo8FPp214HDw."
        "eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9";
    const Paseto token = parsed(text);
    const auto verified = verify_paseto(key.verifying_key(), token, {});
    REQUIRE(verified);
    CHECK(as_text(*verified) == R"({"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"})");
    CHECK(sign_paseto(key, {*verified}, {token.unverified_footer()}, {}) == text);
}

TEST_CASE("what is sealed or signed comes back with its footer", "[token]") {
    World w;
    const Paseto sealed = parsed(w.sealed);
    CHECK(sealed.form() == PasetoForm::v4_local);
    CHECK(same_bytes(sealed.unverified_footer(), footer.bytes));
    const auto opened = open_paseto(w.local, sealed, implicit);
    REQUIRE(opened);
    CHECK(same_bytes(opened->expose(), message.bytes));
    CHECK(sealed.text() == w.sealed);

    const Paseto made = parsed(w.made);
    CHECK(made.form() == PasetoForm::v4_public);
    const auto verified = verify_paseto(w.signer.verifying_key(), made, implicit);
    REQUIRE(verified);
    CHECK(same_bytes(*verified, message.bytes));
    CHECK(made.text() == w.made);
    CHECK(name(PasetoForm::v4_local) == "v4.local");
    CHECK(name(PasetoForm::v4_public) == "v4.public");
}

TEST_CASE("an empty message is a message", "[token]") {
    World w;
    const Paseto sealed = parsed(seal_paseto(w.local, w.random, {}, {}, {}));
    CHECK(sealed.unverified_footer().empty());
    CHECK(open_paseto(w.local, sealed, {})->empty());
    const Paseto made = parsed(sign_paseto(w.signer, {}, {}, {}));
    CHECK(verify_paseto(w.signer.verifying_key(), made, {}) == Bytes{});
}

TEST_CASE("the same message sealed twice doesn't look the same", "[token]") {
    World w;
    CHECK(seal_paseto(w.local, w.random, message, footer, implicit) != w.sealed);
    CHECK(w.sealed.find(to_base64url(message.bytes).substr(0, 12)) == std::string::npos);
}

TEST_CASE("every changed character is refused", "[token]") {
    World w;
    for (std::size_t at = 0; at < w.sealed.size(); ++at) {
        CAPTURE(at);
        std::string text = w.sealed;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        w.opened(text, implicit);
    }
    for (std::size_t at = 0; at < w.made.size(); ++at) {
        CAPTURE(at);
        std::string text = w.made;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        w.verified(text, implicit);
    }
}

TEST_CASE("another assertion, footer or key is refused", "[token]") {
    World w;
    CHECK(w.opened(w.sealed, {}) == Errc::authentication_failed);
    CHECK(w.opened(w.sealed, {as_bytes("tenant 13")}) == Errc::authentication_failed);
    CHECK(w.verified(w.made, {}) == Errc::signature_invalid);
    const std::string other_footer = "." + to_base64url(as_bytes("eight"));
    CHECK(w.opened(w.sealed.substr(0, w.sealed.rfind('.')) + other_footer, implicit) == Errc::authentication_failed);
    CHECK(w.opened(w.sealed.substr(0, w.sealed.rfind('.')), implicit) == Errc::authentication_failed);
    CHECK(w.verified(w.made.substr(0, w.made.rfind('.')) + other_footer, implicit) == Errc::signature_invalid);
    w.local = LocalKey::random(w.random);
    CHECK(w.opened(w.sealed, implicit) == Errc::authentication_failed);
    w.signer = crypto::SigningKey::generate(w.random);
    CHECK(w.verified(w.made, implicit) == Errc::signature_invalid);
}

TEST_CASE("footer and assertion can't be traded for each other", "[token]") {
    World w;
    const Paseto token = parsed(sign_paseto(w.signer, message, {as_bytes("ab")}, {as_bytes("c")}));
    const std::string body = token.text().substr(0, token.text().rfind('.'));
    CHECK(w.verified(body + "." + to_base64url(as_bytes("a")), {as_bytes("bc")}) == Errc::signature_invalid);
    CHECK(w.verified(body + "." + to_base64url(as_bytes("abc")), {}) == Errc::signature_invalid);
    CHECK(w.verified(body, {as_bytes("abc")}) == Errc::signature_invalid);
}

TEST_CASE("one form is never taken for the other", "[token]") {
    World w;
    CHECK(w.opened(w.made, implicit) == Errc::authentication_failed);
    CHECK(w.verified(w.sealed, implicit) == Errc::signature_invalid);
    // A shared key made of the public one, as in the attacks on other formats.
    const auto confused = LocalKey::from(w.signer.verifying_key().bytes);
    const std::string forged = seal_paseto(*confused, w.random, message, footer, implicit);
    CHECK(w.verified("v4.public." + forged.substr(9), implicit) == Errc::signature_invalid);
    CHECK(w.verified(forged, implicit) == Errc::signature_invalid);
}

TEST_CASE("other headers are refused", "[token]") {
    World w;
    const std::string body = w.made.substr(w.made.find('.', 3));
    for (const std::string header :
         {"", "v4", "v4.Public", "V4.public", "v1.public", "v2.public", "v3.public", "v3.local", "v4.none", "v4.publi",
          "v4.public ", " v4.public", "k4.public", "v44.public"}) {
        CAPTURE(header);
        CHECK(refused(header + body) == Errc::bad_version);
    }
    CHECK(refused("v4.public") == Errc::bad_version);
}

TEST_CASE("only the one way of writing it is taken", "[token]") {
    World w;
    const std::string body = w.made.substr(0, w.made.rfind('.'));
    CHECK(refused(body + ".") == Errc::not_canonical);
    CHECK(refused(body + "..") == Errc::malformed);
    CHECK(refused(w.made + ".") == Errc::malformed);
    CHECK(refused(w.made + ".AAAA") == Errc::malformed);
    CHECK(refused(w.made + "=") == Errc::malformed);
    CHECK(refused(body + "==") == Errc::malformed);
    CHECK(refused(w.made + "\n") == Errc::malformed);
    CHECK(refused(w.made + " ") == Errc::malformed);
    CHECK(refused("v4.public." + std::string(86, '+')) == Errc::malformed);
    CHECK(refused("v4.public." + std::string(86, '/')) == Errc::malformed);
    // 64 bytes have four unused bits at the end.
    CHECK(Paseto::parse("v4.public." + std::string(86, 'A'), paseto_limits_2026));
    CHECK(refused("v4.public." + std::string(85, 'A') + "B") == Errc::not_canonical);
    CHECK(refused(body + ".AB") == Errc::not_canonical);
}

TEST_CASE("short tokens are refused", "[token]") {
    CHECK(refused("v4.public.") == Errc::truncated);
    CHECK(refused("v4.local.") == Errc::truncated);
    CHECK(refused("v4.public." + to_base64url(Bytes(63))) == Errc::truncated);
    CHECK(refused("v4.local." + to_base64url(Bytes(63))) == Errc::truncated);
    CHECK(refused("v4.local." + to_base64url(Bytes(63)) + ".AAAA") == Errc::truncated);
}

TEST_CASE("limits hold before anything is decoded", "[token]") {
    World w;
    const PasetoLimits exact{.text_bytes = w.made.size(), .footer_bytes = footer.bytes.size()};
    CHECK(Paseto::parse(w.made, exact));
    CHECK(refused(w.made, {.text_bytes = w.made.size() - 1, .footer_bytes = 5}) == Errc::too_large);
    CHECK(refused(w.made, {.text_bytes = w.made.size(), .footer_bytes = 4}) == Errc::too_large);
    CHECK(refused(std::string(10'000'000, '*')) == Errc::too_large);
    // The footer's limit counts even where the body can't be decoded.
    CHECK(refused("v4.public.***." + std::string(700, 'A')) == Errc::too_large);
}
