// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/refresh.hpp>

#include <atomic>
#include <thread>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

namespace {

struct Terminal {
    World w;
    MemoryRefreshStore store{10};
    RefreshTokens refresh{store, w.revocations, w.clock, w.random, mobile_refresh_2026};
    crypto::VerifyingKey phone = w.phone.verifying_key();
    RequestToSign request{.method = "POST", .target = "/v1/token", .body = crypto::sha256(as_bytes("{}"))};

    IssuedRefresh open() {
        auto opened = refresh.open(w.tenant, w.alice, phone);
        REQUIRE(opened);
        return std::move(*opened);
    }
    // The text as the holder of a key shows it.
    ShownRefresh shown(std::string_view text, const crypto::SigningKey& by) {
        auto proof = RequestProof::make_for_refresh(by, text, request, w.random);
        REQUIRE(proof);
        return {.text = text, .device_key = by.verifying_key(), .proof = *proof, .request = request};
    }
    Result<IssuedRefresh> rotate(const IssuedRefresh& token) {
        return refresh.rotate(shown(as_text(token.text.expose()), w.phone), w.tenant);
    }
    IssuedRefresh next(const IssuedRefresh& shown) {
        auto rotated = rotate(shown);
        REQUIRE(rotated);
        return std::move(*rotated);
    }
    Errc refused(const IssuedRefresh& shown) {
        const auto rotated = rotate(shown);
        REQUIRE_FALSE(rotated);
        return rotated.error().code;
    }
    IssuedToken access(const RefreshFamily& family) {
        IssueRequest wanted = w.request();
        wanted.session = family.id;
        return w.issue(wanted);
    }
};

}  // namespace

TEST_CASE("each refresh token is changed for the next", "[token]") {
    Terminal t;
    IssuedRefresh token = t.open();
    CHECK(token.text.size() == RefreshTokens::text_bytes);
    const SessionId family = token.family.id;
    for (int i = 0; i < 20; ++i) {
        t.w.clock.advance(24h);
        IssuedRefresh following = t.next(token);
        CHECK_FALSE(same_bytes(following.text.expose(), token.text.expose()));
        CHECK(following.family.id == family);
        CHECK(following.family.idle_deadline == t.w.clock.now() + mobile_refresh_2026.idle);
        token = std::move(following);
    }
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->size() == 1);
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->front() == token.family);
}

TEST_CASE("a token that is shown again ends its family and what came from it", "[token]") {
    Terminal t;
    const IssuedRefresh first = t.open();
    const IssuedRefresh second = t.next(first);
    const IssuedRefresh third = t.next(second);
    const IssuedToken access = t.access(third.family);
    CHECK(t.w.verify(access));
    // Not only the last one: any that was ever spent.
    CHECK(t.refused(first) == Errc::revoked);
    CHECK(t.refused(third) == Errc::credential_wrong);
    CHECK(t.refused(first) == Errc::credential_wrong);
    CHECK(t.w.refused(access) == Errc::revoked);
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->empty());
}

TEST_CASE("reuse ends its own family alone", "[token]") {
    Terminal t;
    const IssuedRefresh one = t.open();
    const IssuedRefresh other = t.open();
    const IssuedRefresh next = t.next(one);
    CHECK(t.refused(one) == Errc::revoked);
    CHECK(t.refused(next) == Errc::credential_wrong);
    CHECK(t.rotate(other));
}

TEST_CASE("another device's key ends the family", "[token]") {
    Terminal t;
    const IssuedRefresh token = t.open();
    const auto thief = crypto::SigningKey::generate(t.w.random);
    const std::string text{as_text(token.text.expose())};
    CHECK(t.refresh.rotate(t.shown(text, thief), t.w.tenant).error().code == Errc::revoked);
    CHECK(t.refused(token) == Errc::credential_wrong);
}

TEST_CASE("who doesn't hold the key that is shown changes no token and ends no family", "[token]") {
    Terminal t;
    const IssuedRefresh token = t.open();
    const std::string text{as_text(token.text.expose())};
    const auto thief = crypto::SigningKey::generate(t.w.random);
    const auto refused = [&](auto change) {
        ShownRefresh shown = t.shown(text, t.w.phone);
        change(shown);
        return t.refresh.rotate(shown, t.w.tenant).error().code;
    };
    CHECK(refused([&](auto& s) { s.proof = t.shown(text, thief).proof; }) == Errc::signature_invalid);
    CHECK(refused([&](auto& s) { s.device_key = thief.verifying_key(); }) == Errc::signature_invalid);
    CHECK(refused([&](auto& s) { s.request.target = "/v1/other"; }) == Errc::signature_invalid);
    CHECK(refused([&](auto& s) { s.request.body = {}; }) == Errc::signature_invalid);
    CHECK(refused([&](auto& s) { s.proof = t.shown(std::string(86, 'A'), t.w.phone).proof; }) ==
          Errc::signature_invalid);
    // The proof of a request under an access token is none of a refresh.
    const auto other = RequestProof::make(t.w.phone, TokenId{}, t.request, t.w.random);
    CHECK(refused([&](auto& s) { s.proof = *other; }) == Errc::signature_invalid);
    CHECK(t.rotate(token));
}

TEST_CASE("a stranger's text ends no family", "[token]") {
    Terminal t;
    const IssuedRefresh token = t.open();
    const std::string text{as_text(token.text.expose())};
    const auto rotate = [&](const std::string& what, TenantId tenant) {
        return t.refresh.rotate(t.shown(what, t.w.phone), tenant).error().code;
    };
    CHECK(rotate(std::string(86, 'A'), t.w.tenant) == Errc::credential_wrong);
    CHECK(rotate(std::string(43, 'A') + text.substr(43), t.w.tenant) == Errc::credential_wrong);
    CHECK(rotate(text.substr(43) + text.substr(0, 43), t.w.tenant) == Errc::credential_wrong);
    CHECK(rotate(text, TenantId::make(t.w.clock, t.w.random)) == Errc::credential_wrong);
    CHECK(rotate(text.substr(1), t.w.tenant) == Errc::malformed);
    CHECK(rotate(text + "A", t.w.tenant) == Errc::malformed);
    CHECK(rotate("", t.w.tenant) == Errc::malformed);
    CHECK(rotate(text.substr(0, 85) + "B", t.w.tenant) == Errc::not_canonical);
    // What is stored, or known from the claims, is no token.
    CHECK(rotate(to_base64url(token.family.selector.bytes) + to_base64url(token.family.current.bytes), t.w.tenant) ==
          Errc::credential_wrong);
    CHECK(t.rotate(token));
}

TEST_CASE("of many that show one token at a time one succeeds at the most, and the family ends", "[token]") {
    Terminal t;
    const IssuedRefresh token = t.open();
    const std::string text{as_text(token.text.expose())};
    const ShownRefresh shown = t.shown(text, t.w.phone);
    std::atomic<int> rotated = 0;
    std::atomic<int> revoked = 0;
    std::atomic<int> strange = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 25; ++k) {
                    const auto result = t.refresh.rotate(shown, t.w.tenant);
                    if (result) ++rotated;
                    else if (result.error().code == Errc::revoked) ++revoked;
                    else if (result.error().code != Errc::credential_wrong) ++strange;
                }
            });
    }
    CHECK(rotated == 1);
    CHECK(revoked >= 1);
    CHECK(strange == 0);
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->empty());
}

TEST_CASE("a family ends after a month of silence, and after half a year in any case", "[token]") {
    Terminal t;
    const IssuedRefresh silent = t.open();
    t.w.clock.advance(mobile_refresh_2026.idle - 1ms);
    IssuedRefresh token = t.next(silent);
    t.w.clock.advance(mobile_refresh_2026.idle);
    CHECK(t.refused(token) == Errc::expired);
    CHECK(t.refused(token) == Errc::credential_wrong);

    token = t.open();
    for (int i = 0; i < 8; ++i) {
        t.w.clock.advance(20 * 24h);
        token = t.next(token);
    }
    CHECK(token.family.idle_deadline == token.family.expires);
    t.w.clock.advance(20 * 24h);
    CHECK(t.refused(token) == Errc::expired);
}

TEST_CASE("an expired family stays expired when the clock goes back", "[token]") {
    Terminal t;
    const IssuedRefresh asked = t.open();
    const IssuedRefresh unasked = t.open();
    const Time before = t.w.clock.now();
    t.w.clock.advance(24h * 3650);
    CHECK(t.refused(asked) == Errc::expired);
    const IssuedRefresh then = t.open();
    t.w.clock.set(before);
    CHECK(t.refused(unasked) == Errc::credential_wrong);
    CHECK(t.refused(then) == Errc::expired);
    CHECK(t.rotate(t.open()));
}

TEST_CASE("a person's families are listed and ended", "[token]") {
    Terminal t;
    const IssuedRefresh one = t.open();
    const IssuedRefresh two = t.open();
    const SubjectId bob = SubjectId::make(t.w.clock, t.w.random);
    CHECK(t.refresh.revoke(t.w.tenant, bob, one.family.id).error().code == Errc::not_found);
    const IssuedToken access = t.access(one.family);
    REQUIRE(t.refresh.revoke(t.w.tenant, t.w.alice, one.family.id));
    CHECK(t.refused(one) == Errc::credential_wrong);
    CHECK(t.w.refused(access) == Errc::revoked);
    CHECK(t.refresh.revoke_all(t.w.tenant, t.w.alice) == std::size_t{1});
    CHECK(t.refused(two) == Errc::credential_wrong);
    (void)t.open();
    t.w.clock.advance(mobile_refresh_2026.idle);
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->empty());
    CHECK(t.refresh.sweep() == std::size_t{1});
}

TEST_CASE("when tokens can't be ended, neither is the family", "[token]") {
    Terminal t;
    MemoryRevocationStore full{0};
    RevocationList list{full, t.w.guard, revocation_2026};
    RefreshTokens refresh{t.store, list, t.w.clock, t.w.random, mobile_refresh_2026};
    const IssuedRefresh first = t.open();
    const IssuedRefresh second = t.next(first);
    const std::string text{as_text(first.text.expose())};
    CHECK(refresh.rotate(t.shown(text, t.w.phone), t.w.tenant).error().code == Errc::too_many);
    CHECK(t.refresh.list(t.w.tenant, t.w.alice)->size() == 1);
    CHECK(t.refused(first) == Errc::revoked);
    CHECK(t.refused(second) == Errc::credential_wrong);
}

TEST_CASE("nobody opens a family without ids or time, nor in a full store", "[token]") {
    Terminal t;
    CHECK(t.refresh.open({}, t.w.alice, t.phone).error().code == Errc::invalid_argument);
    CHECK(t.refresh.open(t.w.tenant, {}, t.phone).error().code == Errc::invalid_argument);
    for (const RefreshRules rules :
         {RefreshRules{.idle = 0ms, .absolute = 1h}, RefreshRules{.idle = 2h, .absolute = 1h}}) {
        RefreshTokens refresh{t.store, t.w.revocations, t.w.clock, t.w.random, rules};
        CHECK(refresh.open(t.w.tenant, t.w.alice, t.phone).error().code == Errc::invalid_argument);
    }
    for (int i = 0; i < 10; ++i) (void)t.open();
    CHECK(t.refresh.open(t.w.tenant, t.w.alice, t.phone).error().code == Errc::too_many);
}
