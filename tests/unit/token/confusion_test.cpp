// SPDX-License-Identifier: Apache-2.0
// No credential is ever taken for another: everything that is issued is shown at every desk there is, and only the
// desk that it was issued for takes it.
#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <safeq/token/activation.hpp>
#include <safeq/token/pairing.hpp>
#include <safeq/token/print_token.hpp>
#include <safeq/token/refresh.hpp>
#include <safeq/token/session.hpp>

#include "support/memory_auth.hpp"
#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

namespace {

constexpr std::size_t kinds = 6;
constexpr std::size_t tenants = 3;
constexpr std::size_t audiences = 4;
constexpr std::size_t keys = 3;
constexpr std::size_t combinations = kinds * tenants * audiences * keys;

/// What a credential was issued for, or what a desk takes.
struct Place {
    std::size_t kind;
    std::size_t tenant;
    std::size_t audience;
    std::size_t key;

    friend bool operator==(const Place&, const Place&) = default;
};

Place place(std::size_t number) {
    const std::size_t kind = number % kinds;
    number /= kinds;
    const std::size_t tenant = number % tenants;
    number /= tenants;
    return {.kind = kind, .tenant = tenant, .audience = number % audiences, .key = number / audiences};
}

template <std::size_t N>
struct Kind {
    static constexpr std::array<std::string_view, kinds> names{"zero", "one", "two", "three", "four", "zero-one"};
    static constexpr PurposeRules rules{.name = names[N],
                                        .form = N % 2 == 0 ? PasetoForm::v4_public : PasetoForm::v4_local,
                                        .use = TokenUse::many,
                                        .holder = TokenHolder::bearer,
                                        .max_lifetime = 5min,
                                        .clock_skew = 30s};
};

struct Everyone {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    SubjectId alice = SubjectId::make(clock, random);
    std::vector<TenantId> tenant_ids = make<TenantId>(tenants);
    std::vector<DeviceId> devices = make<DeviceId>(audiences);
    std::vector<Audience> names{audience("a.example"), audience("b.example"), audience("a.example:8642"),
                                audience("a.example/b")};

    template <class T>
    std::vector<T> make(std::size_t count) {
        std::vector<T> out;
        for (std::size_t i = 0; i < count; ++i) out.push_back(T::make(clock, random));
        return out;
    }
};

/// Issuer and verifiers of all purposes under one signing and one shared key.
struct Typed {
    Everyone& all;
    MemoryRevocationStore revoked{1};
    ClockGuard guard{all.clock};
    RevocationList revocations{revoked, guard, revocation_2026};
    MemoryReplayStore replays{replay_2026, guard};
    SigningKeys signing;
    VerifyingKeys verifying;
    LocalKeys locals;

    explicit Typed(Everyone& everyone) : all{everyone} {
        const KeyPeriod period = KeyPeriod::of(all.clock.now(), 1h, Kind<0>::rules);
        auto key = crypto::SigningKey::generate(all.random);
        REQUIRE(verifying.add(key.verifying_key(), period));
        REQUIRE(signing.add(std::move(key), period));
        REQUIRE(locals.add(LocalKey::random(all.random), period));
    }

    template <std::size_t N>
    std::string issue(const Place& at) {
        const auto& ring = [&]() -> const typename Issuer<Kind<N>>::Keys& {
            if constexpr (N % 2 == 0) return signing;
            else return locals;
        }();
        const auto issued = Issuer<Kind<N>>{ring, all.clock, all.random}.issue({.tenant = all.tenant_ids[at.tenant],
                                                                                .subject = all.alice,
                                                                                .audience = all.names[at.audience],
                                                                                .lifetime = 5min});
        REQUIRE(issued);
        return std::string{as_text(issued->text.expose())};
    }
    template <std::size_t N>
    bool takes(const std::string& text, const Place& at) {
        const auto& ring = [&]() -> const typename Verifier<Kind<N>>::Keys& {
            if constexpr (N % 2 == 0) return verifying;
            else return locals;
        }();
        Verifier<Kind<N>> verifier{ring, guard, revocations, replays};
        return verifier.verify(text, {.tenant = all.tenant_ids[at.tenant], .audience = all.names[at.audience]})
            .has_value();
    }
};

template <std::size_t... N>
std::string issue_kind(Typed& typed, const Place& at, std::index_sequence<N...>) {
    std::string text;
    (void)((at.kind == N && (text = typed.issue<N>(at), true)) || ...);
    return text;
}

template <std::size_t... N>
bool takes_kind(Typed& typed, const std::string& text, const Place& at, std::index_sequence<N...>) {
    return ((at.kind == N && typed.takes<N>(text, at)) || ...);
}

/// One installation with everything that it issues; the six kinds in the order of `issue`.
struct Installation {
    Everyone& all;
    test::MemoryTokenStore tokens;
    MemoryRefreshStore families{10};
    MemoryPairingStore pairing_store{10};
    MemoryRevocationStore revoked{100'000};
    ClockGuard guard{all.clock};
    RevocationList revocations{revoked, guard, revocation_2026};
    MemoryReplayStore replays{replay_2026, guard};
    PairingKey pairing_key = PairingKey::random(all.random);
    std::vector<crypto::SigningKey> phones;
    SigningKeys signing;
    VerifyingKeys verifying;
    SessionManager sessions{tokens, all.clock, all.random, terminal_session_2026};
    PrintTokens prints{tokens, all.clock, all.random};
    ActivationLinks links{tokens, all.clock, all.random};
    RefreshTokens refresh{families, revocations, all.clock, all.random, mobile_refresh_2026};
    Pairings pairings{pairing_store, pairing_key, all.clock, all.random, pairing_2026};
    Issuer<MobileTerminal> issuer{signing, all.clock, all.random};
    Verifier<MobileTerminal> verifier{verifying, guard, revocations, replays};

    explicit Installation(Everyone& everyone) : all{everyone} {
        for (std::size_t i = 0; i < audiences; ++i) phones.push_back(crypto::SigningKey::generate(all.random));
        const KeyPeriod period = KeyPeriod::of(all.clock.now(), 1h, MobileTerminal::rules);
        auto key = crypto::SigningKey::generate(all.random);
        REQUIRE(verifying.add(key.verifying_key(), period));
        REQUIRE(signing.add(std::move(key), period));
    }

    std::string issue(const Place& at) {
        const TenantId tenant = all.tenant_ids[at.tenant];
        const auto text = [](const auto& issued) {
            REQUIRE(issued);
            return std::string{as_text(issued->text.expose())};
        };
        switch (at.kind) {
            case 0: return text(sessions.open(tenant, all.devices[at.audience], all.alice));
            case 1: return text(prints.issue(tenant, all.alice, "laptop", all.clock.now() + 1h));
            case 2: return text(links.issue(tenant, all.alice, phones[at.audience].verifying_key(), activation_2026));
            case 3: return text(refresh.open(tenant, all.alice, phones[at.audience].verifying_key()));
            case 4: return text(pairings.begin(tenant, all.devices[at.audience], all.alice));
            default:
                return text(issuer.issue({.tenant = tenant,
                                          .subject = all.alice,
                                          .audience = all.names[at.audience],
                                          .device_key = phones[0].verifying_key(),
                                          .lifetime = 5min}));
        }
    }
    bool takes(const std::string& text, const Place& at) {
        const TenantId tenant = all.tenant_ids[at.tenant];
        const RequestToSign request{.method = "POST", .target = "/v1/token"};
        switch (at.kind) {
            case 0: return sessions.check(text, tenant, all.devices[at.audience]).has_value();
            case 1: return prints.verify(text, tenant).has_value();
            case 2: {
                const auto proof = RequestProof::make_for_activation(phones[at.audience], text, request, all.random);
                REQUIRE(proof);
                return links
                    .redeem({.text = text,
                             .device_key = phones[at.audience].verifying_key(),
                             .proof = *proof,
                             .request = request},
                            tenant)
                    .has_value();
            }
            case 3: {
                const auto proof = RequestProof::make_for_refresh(phones[at.audience], text, request, all.random);
                REQUIRE(proof);
                return refresh
                    .rotate({.text = text,
                             .device_key = phones[at.audience].verifying_key(),
                             .proof = *proof,
                             .request = request},
                            tenant)
                    .has_value();
            }
            case 4: return pairings.redeem(text, tenant, all.devices[at.audience]).has_value();
            default:
                return verifier
                    .verify(
                        text,
                        {.tenant = tenant, .audience = all.names[at.audience], .device_key = phones[0].verifying_key()})
                    .has_value();
        }
    }
    void forget_all() {
        const Time end = Time::max();
        REQUIRE(tokens.erase_expired(end));
        REQUIRE(families.erase_expired(end));
        REQUIRE(pairing_store.erase_expired(end));
    }
};

// Print tokens are good in the whole tenant: whoever prints by one has no key to show.
bool has_audience(std::size_t kind) { return kind != 1; }

}  // namespace

TEST_CASE("of tokens of 3 tenants, 6 purposes, 4 audiences and 3 keys only the diagonal is taken", "[token]") {
    Everyone all;
    std::vector<std::unique_ptr<Typed>> typed;
    for (std::size_t k = 0; k < keys; ++k) typed.push_back(std::make_unique<Typed>(all));
    constexpr auto each = std::make_index_sequence<kinds>{};
    std::size_t shown = 0;
    std::size_t taken = 0;
    std::size_t wrong = 0;
    for (std::size_t c = 0; c < combinations; ++c) {
        const Place made_for = place(c);
        const std::string text = issue_kind(*typed[made_for.key], made_for, each);
        for (std::size_t d = 0; d < combinations; ++d) {
            const Place desk = place(d);
            const bool took = takes_kind(*typed[desk.key], text, desk, each);
            ++shown;
            if (took) ++taken;
            if (took != (made_for == desk)) ++wrong;
        }
    }
    CHECK(shown == 46'656);
    CHECK(taken == 216);
    CHECK(wrong == 0);
}

TEST_CASE("of all six kinds of credentials none is taken for another, in 3 installations of 3 tenants", "[token]") {
    Everyone all;
    std::vector<std::unique_ptr<Installation>> installations;
    for (std::size_t k = 0; k < keys; ++k) installations.push_back(std::make_unique<Installation>(all));
    std::size_t taken = 0;
    std::size_t wrong = 0;
    for (std::size_t c = 0; c < combinations; ++c) {
        const Place made_for = place(c);
        for (std::size_t d = 0; d < combinations; ++d) {
            const Place desk = place(d);
            // Anew for each desk: a wrong one may end it, a right one spends it.
            const std::string text = installations[made_for.key]->issue(made_for);
            const bool took = installations[desk.key]->takes(text, desk);
            const bool right = made_for.kind == desk.kind && made_for.tenant == desk.tenant &&
                               made_for.key == desk.key &&
                               (made_for.audience == desk.audience || !has_audience(desk.kind));
            if (took) ++taken;
            if (took != right) ++wrong;
            installations[made_for.key]->forget_all();
        }
    }
    CHECK(taken == 5 * 36 + 144);
    CHECK(wrong == 0);
}
