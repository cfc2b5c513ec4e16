// SPDX-License-Identifier: Apache-2.0
// Tokens: purpose, tenant, audience and device are bound into each, so that none can be used for anything else.
#include <safeq/crypto/random.hpp>
#include <safeq/token/issuer.hpp>
#include <safeq/token/request_proof.hpp>
#include <safeq/token/verifier.hpp>

#include "example.hpp"

using namespace safeq;
using namespace std::chrono_literals;

// What a token is good for is a type of your own; its rules hold for every token of that purpose.
struct StatusPage {
    static constexpr token::PurposeRules rules{.name = "status-page",
                                               .form = token::PasetoForm::v4_public,
                                               .use = token::TokenUse::many,
                                               .holder = token::TokenHolder::bearer,
                                               .max_lifetime = 1h,
                                               .clock_skew = 30s};
};
static_assert(token::Purpose<StatusPage>);

Result<void> show() {
    crypto::SystemRandom random;
    ManualClock clock{SystemClock{}.now()};  // a `SystemClock`, but in examples and tests

    // The issuer has the signing key, the verifier the public half; both know from when until when it counts.
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    const auto period = token::KeyPeriod::of(clock.now(), 24h * 30, token::MobileTerminal::rules);
    token::VerifyingKeys verifying;
    SAFEQ_TRY_VOID(verifying.add(key.verifying_key(), period));
    token::SigningKeys signing;
    SAFEQ_TRY_VOID(signing.add(std::move(key), period));

    // Mobile terminals' tokens are bound to the device's own key: a stolen token alone is worth nothing.
    const crypto::SigningKey phone = crypto::SigningKey::generate(random);
    SAFEQ_TRY(const auto here, token::Audience::parse("release.example:8642"));
    const auto tenant = TenantId::make(clock, random);
    const auto alice = SubjectId::make(clock, random);
    const token::Issuer<token::MobileTerminal> issuer{signing, clock, random};
    SAFEQ_TRY(const token::IssuedToken issued, issuer.issue({.tenant = tenant,
                                                             .subject = alice,
                                                             .audience = here,
                                                             .device_key = phone.verifying_key(),
                                                             .lifetime = 5min}));
    const std::string_view text = as_text(issued.text.expose());
    fmt::print("{}…, {} characters, for {}\n", text.substr(0, 24), text.size(), issued.claims.audience.text());

    // One guard for all that goes by this clock; it lives as long as the process.
    token::ClockGuard guard{clock};
    token::MemoryRevocationStore revoked{10'000};
    // It keeps what is withdrawn for as long as the longest of its purposes lasts.
    token::RevocationList revocations{revoked, guard, {StatusPage::rules.max_lifetime, StatusPage::rules.clock_skew}};
    token::MemoryReplayStore replays{token::replay_2026, guard};
    token::Verifier<token::MobileTerminal> verifier{verifying, guard, revocations, replays};
    const token::ExpectedToken expected{tenant, here, phone.verifying_key()};
    SAFEQ_TRY(const auto verified, verifier.verify(text, expected));
    SAFEQ_TRY_VOID(example::claim("it is alice's", verified->subject == alice));

    const token::ExpectedToken other_tenant{TenantId::make(clock, random), here, phone.verifying_key()};
    SAFEQ_TRY_VOID(example::refused("at another tenant", verifier.verify(text, other_tenant), Errc::signature_invalid));
    token::Verifier<StatusPage> status{verifying, guard, revocations, replays};
    SAFEQ_TRY_VOID(
        example::refused("for another purpose", status.verify(text, {tenant, here}), Errc::signature_invalid));

    // Each request is signed by the phone; whoever copies the request can't send it a second time.
    const token::RequestToSign request{.method = "POST", .target = "/terminal/v1/jobs", .body = crypto::sha256({})};
    SAFEQ_TRY(const auto proof, token::RequestProof::make(phone, issued.claims.id, request, random));
    SAFEQ_TRY_VOID(proof.check(verified, request, replays));
    SAFEQ_TRY_VOID(
        example::refused("the same request again", proof.check(verified, request, replays), Errc::duplicate));

    SAFEQ_TRY_VOID(revocations.revoke(tenant, alice));
    SAFEQ_TRY_VOID(example::refused("withdrawn", verifier.verify(text, expected), Errc::revoked));
    clock.advance(6min);
    return example::refused("after its time", verifier.verify(text, expected), Errc::expired);
}

int main() { return example::run(show); }
