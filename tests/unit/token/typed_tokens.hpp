// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <safeq/token/binding.hpp>
#include <safeq/token/issuer.hpp>
#include <safeq/token/verifier.hpp>

#include "support/random.hpp"

namespace safeq::token::test_support {

using namespace std::chrono_literals;

/// A purpose of someone who uses the library: sealed, for whoever has it, good for once.
struct SignInState {
    static constexpr PurposeRules rules{.name = "sign-in-state",
                                        .form = PasetoForm::v4_local,
                                        .use = TokenUse::once,
                                        .holder = TokenHolder::bearer,
                                        .max_lifetime = 10min,
                                        .clock_skew = 5s};
};

inline Audience audience(std::string_view text) {
    auto parsed = Audience::parse(text);
    REQUIRE(parsed);
    return *std::move(parsed);
}

inline crypto::SigningKey copy_of(const crypto::SigningKey& key) {
    return crypto::SigningKey::from_seed(key.seed().clone());
}

/// A signing key known to issuer and verifier, and all that both need.
struct World {
    static constexpr std::chrono::milliseconds issue_for = 24h;
    static constexpr RevocationRules revocation_rules{.max_lifetime = 10min, .clock_skew = 30s};
    static_assert(revocation_rules.serves(MobileTerminal::rules) && revocation_rules.serves(SignInState::rules));

    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    LocalKey local = LocalKey::random(random);
    crypto::SigningKey phone = crypto::SigningKey::generate(random);
    SigningKeys signing;
    VerifyingKeys verifying;
    LocalKeys locals;
    MemoryRevocationStore revoked{100};
    ClockGuard guard{clock};
    RevocationList revocations{revoked, guard, revocation_rules};
    MemoryReplayStore replays{ReplayLimits{.entries = 100, .entries_a_token = 10}, guard};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);
    Audience here = audience("release.example:8642");
    Issuer<MobileTerminal> issuer{signing, clock, random};
    Verifier<MobileTerminal> verifier{verifying, guard, revocations, replays};
    Issuer<SignInState> state_issuer{locals, clock, random};
    Verifier<SignInState> state_verifier{locals, guard, revocations, replays};

    World() {
        const KeyPeriod period = KeyPeriod::of(clock.now(), issue_for, MobileTerminal::rules);
        REQUIRE(signing.add(copy_of(key), period));
        REQUIRE(verifying.add(key.verifying_key(), period));
        REQUIRE(locals.add(local.clone(), KeyPeriod::of(clock.now(), issue_for, SignInState::rules)));
    }

    [[nodiscard]] IssueRequest request() const {
        return {.tenant = tenant,
                .subject = alice,
                .audience = here,
                .device_key = phone.verifying_key(),
                .lifetime = 5min};
    }
    [[nodiscard]] IssueRequest state_request() const {
        return {.tenant = tenant, .subject = alice, .audience = here, .lifetime = 10min};
    }
    [[nodiscard]] ExpectedToken expected() const {
        return {.tenant = tenant, .audience = here, .device_key = phone.verifying_key()};
    }
    [[nodiscard]] ExpectedToken state_expected() const { return {.tenant = tenant, .audience = here}; }

    IssuedToken issue(const IssueRequest& what) {
        auto issued = issuer.issue(what);
        REQUIRE(issued);
        return std::move(*issued);
    }
    IssuedToken issue() { return issue(request()); }

    Result<Verified<MobileTerminal>> verify(const IssuedToken& issued) {
        return verifier.verify(as_text(issued.text.expose()), expected());
    }
    Errc refused(std::string_view text, const ExpectedToken& what) {
        const auto result = verifier.verify(text, what);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
    Errc refused(const IssuedToken& issued, const ExpectedToken& what) {
        return refused(as_text(issued.text.expose()), what);
    }
    Errc refused(const IssuedToken& issued) { return refused(issued, expected()); }

    /// A token that the issuer would never make: these claims under this binding, signed with the right key.
    std::string forged(const std::string& json, std::string_view purpose = MobileTerminal::rules.name) {
        const Bytes implicit = implicit_assertion(
            {.tenant = tenant, .audience = here, .purpose = purpose, .device_key = phone.verifying_key()});
        return sign_paseto(key, {as_bytes(json)}, {as_bytes(key_footer(KeyId::of(key.verifying_key())))}, {implicit});
    }
    [[nodiscard]] Claims claims() const {
        const Time now = clock.now();
        return {.id = TokenId{IdBytes{std::byte{7}}},
                .tenant = tenant,
                .subject = alice,
                .audience = here,
                .purpose = "mobile-terminal",
                .session = {},
                .issued = now,
                .not_before = now,
                .expires = now + 5min};
    }
    Errc refused(const Claims& claims) { return refused(forged(*claims.encode()), expected()); }
};

}  // namespace safeq::token::test_support
