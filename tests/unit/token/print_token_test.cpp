// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/print_token.hpp>

#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace std::chrono_literals;

namespace {

const std::string text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    test::MemoryTokenStore store;
    PrintTokens tokens{store, clock, random};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);
    SubjectId bob = SubjectId::make(clock, random);

    IssuedPrintToken issue(std::string_view label = "laptop", std::optional<Time> expires = {}) {
        auto issued = tokens.issue(tenant, alice, label, expires);
        REQUIRE(issued);
        return std::move(*issued);
    }
    Errc refused(const IssuedPrintToken& issued, std::optional<TenantId> of = {}) {
        const auto result = tokens.verify(as_text(issued.text.expose()), of.value_or(tenant));
        REQUIRE_FALSE(result);
        return result.error().code;
    }
};

}  // namespace

TEST_CASE("a print token names its owner until it is revoked", "[token]") {
    World w;
    const IssuedPrintToken issued = w.issue("Zoë's laptop");
    const Submitter expected{.tenant = w.tenant, .subject = w.alice, .token = issued.token.id};
    w.clock.advance(24h * 365);
    CHECK(w.tokens.verify(as_text(issued.text.expose()), w.tenant) == expected);
    CHECK(w.tokens.list(w.tenant, w.alice) == std::vector{issued.token});
    CHECK(w.tokens.revoke(w.tenant, w.bob, issued.token.id).error().code == Errc::not_found);
    CHECK(w.tokens.revoke(TenantId{}, w.alice, issued.token.id).error().code == Errc::not_found);
    CHECK(w.tokens.verify(as_text(issued.text.expose()), w.tenant));
    REQUIRE(w.tokens.revoke(w.tenant, w.alice, issued.token.id));
    CHECK(w.refused(issued) == Errc::credential_wrong);
    CHECK(w.tokens.revoke(w.tenant, w.alice, issued.token.id).error().code == Errc::not_found);
}

TEST_CASE("a print token of another tenant, made up or cut isn't taken", "[token]") {
    World w;
    const IssuedPrintToken issued = w.issue();
    CHECK(w.refused(issued, TenantId::make(w.clock, w.random)) == Errc::credential_wrong);
    CHECK(w.tokens.verify(text, w.tenant).error().code == Errc::credential_wrong);
    CHECK(w.tokens.verify(as_text(issued.text.expose()).substr(1), w.tenant).error().code == Errc::malformed);
    std::string changed{as_text(issued.text.expose())};
    for (std::size_t i = 0; i < changed.size(); ++i) {
        std::string one = changed;
        one[i] = one[i] == 'A' ? 'E' : 'A';
        if (one != changed) CHECK_FALSE(w.tokens.verify(one, w.tenant));
    }
}

TEST_CASE("a print token ends on the millisecond and stays ended", "[token]") {
    World w;
    const Time start = w.clock.now();
    const IssuedPrintToken issued = w.issue("guest", start + 1h);
    const IssuedPrintToken second = w.issue("guest", start + 1h);
    w.clock.set(start + 1h - 1ms);
    CHECK(w.tokens.verify(as_text(issued.text.expose()), w.tenant));
    w.clock.set(start + 1h);
    CHECK(w.tokens.list(w.tenant, w.alice)->empty());
    CHECK(w.refused(issued) == Errc::expired);
    w.clock.set(start);
    CHECK(w.refused(issued) == Errc::credential_wrong);
    CHECK(w.refused(second) == Errc::credential_wrong);
}

TEST_CASE("what makes no sense isn't issued", "[token]") {
    World w;
    CHECK(w.tokens.issue({}, w.alice, "x").error().code == Errc::invalid_argument);
    CHECK(w.tokens.issue(w.tenant, {}, "x").error().code == Errc::invalid_argument);
    CHECK(w.tokens.issue(w.tenant, w.alice, "x", w.clock.now()).error().code == Errc::invalid_argument);
    CHECK(w.tokens.issue(w.tenant, w.alice, "a\nb").error().code == Errc::control_character);
    CHECK(w.tokens.issue(w.tenant, w.alice, "\xff").error().code == Errc::invalid_utf8);
    CHECK(w.tokens.issue(w.tenant, w.alice, std::string(65, 'x')).error().code == Errc::too_large);
    CHECK(w.store.size() == 0);
    for (std::size_t i = 0; i < max_print_tokens; ++i) (void)w.issue();
    CHECK(w.tokens.issue(w.tenant, w.alice, "one more").error().code == Errc::too_many);
    CHECK(w.tokens.issue(w.tenant, w.bob, "his first"));
    w.store.down = true;
    CHECK(w.tokens.verify(text, w.tenant).error().code == Errc::unavailable);
}

TEST_CASE("of print tokens that are issued at a time there are no more than one person may have", "[token]") {
    World w;
    std::atomic<int> issued = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 20; ++k) {
                    const auto result = w.tokens.issue(w.tenant, w.alice, "laptop");
                    if (result) ++issued;
                    else if (result.error().code == Errc::too_many) ++refused;
                }
            });
    }
    CHECK(issued == 32);
    CHECK(refused == 128);
    CHECK(w.store.size() == 32);
}

TEST_CASE("the path that carries a token is read back", "[token]") {
    const crypto::Secret path = format_print_path(crypto::Secret::copy_of(text));
    CHECK(as_text(path.expose()) == "/ipp/t/" + text);
    CHECK(parse_print_path(as_text(path.expose())) == std::string_view{text});
    CHECK(parse_print_path("/ipp/print").error().code == Errc::not_found);
    CHECK(parse_print_path("/IPP/T/" + text).error().code == Errc::not_found);
    CHECK(parse_print_path("//ipp/t/" + text).error().code == Errc::not_found);
    CHECK(parse_print_path("/ipp/t/").error().code == Errc::malformed);
    CHECK(parse_print_path("/ipp/t/" + text + "/").error().code == Errc::malformed);
    CHECK(parse_print_path("/ipp/t/" + text + "?x").error().code == Errc::malformed);
    CHECK(parse_print_path("/ipp/t/" + text.substr(0, 42) + "9").error().code == Errc::not_canonical);
}

TEST_CASE("logs never show a print token", "[token]") {
    CHECK(redact_print_paths("POST /ipp/t/" + text + " HTTP/1.1") == "POST /ipp/t/*** HTTP/1.1");
    CHECK(redact_print_paths("uri=\"ipps://h:631/ipp/t/" + text + "\" ok") == "uri=\"ipps://h:631/ipp/t/***\" ok");
    CHECK(redact_print_paths("/ipp/t/" + text + "/7?a=b#c, next") == "/ipp/t/*** next");
    CHECK(redact_print_paths("a /ipp/t/x b /ipp/t/y c") == "a /ipp/t/*** b /ipp/t/*** c");
    CHECK(redact_print_paths("nothing /ipp/print here") == "nothing /ipp/print here");
    CHECK(redact_print_paths("/ipp/t") == "/ipp/t");
    CHECK(redact_print_paths("") == "");
    CHECK(redact_print_paths("100% /ipp/ %2") == "100% /ipp/ %2");
    for (const std::string& prefix : {std::string{"/IPP/T/"}, std::string{"%2fipp%2Ft%2f"}, std::string{"/%69pp/t/"},
                                      std::string{"%252Fipp%252Ft%252F"}, std::string{"//ipp///t//"},
                                      std::string{"/ipp/%74/"}, std::string{"/ipp%25252ft/"}}) {
        INFO(prefix);
        CHECK(redact_print_paths("GET " + prefix + text + " x") == "GET " + prefix + "*** x");
        CHECK_FALSE(redact_print_paths(prefix + text.substr(0, 20)).contains("AAEC"));
    }
}
