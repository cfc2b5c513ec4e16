// SPDX-License-Identifier: Apache-2.0
// Verifying a typed PASETO v4.public token, with key look-up, claims, revocation and times, against the bare signature.
#include <botan/ed25519.h>
#include <botan/pubkey.h>
#include <botan/rng.h>

#include <safeq/crypto/random.hpp>
#include <safeq/token/issuer.hpp>
#include <safeq/token/verifier.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"

namespace safeq::bench {
namespace {

using token::MobileTerminal;

std::vector<Figure> verify() {
    constexpr int tokens = 2000;
    constexpr int pairs = 7;
    SystemClock clock;
    crypto::SystemRandom random;
    const Time now = clock.now();
    const token::KeyPeriod period = token::KeyPeriod::of(now, std::chrono::hours{24}, MobileTerminal::rules);
    token::SigningKeys signing;
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    const crypto::VerifyingKey verifying = key.verifying_key();
    must(signing.add(std::move(key), period));
    token::VerifyingKeys keys;
    must(keys.add(verifying, period));
    const crypto::SigningKey phone = crypto::SigningKey::generate(random);
    const token::Audience here = must(token::Audience::parse("release.example:8642"));
    const TenantId tenant = TenantId::make(clock, random);
    token::Issuer<MobileTerminal> issuer{signing, clock, random};
    const auto issued = must(issuer.issue({.tenant = tenant,
                                           .subject = SubjectId::make(clock, random),
                                           .audience = here,
                                           .device_key = phone.verifying_key(),
                                           .lifetime = std::chrono::minutes{5}}));
    const std::string text{as_text(issued.text.expose())};

    token::ClockGuard guard{clock};
    token::MemoryRevocationStore revoked{1000};
    token::RevocationList revocations{revoked, guard, token::revocation_2026};
    token::MemoryReplayStore replays{token::replay_2026, guard};
    token::Verifier<MobileTerminal> verifier{keys, guard, revocations, replays};
    const token::ExpectedToken expected{.tenant = tenant, .audience = here, .device_key = phone.verifying_key()};

    // The bare operation: Botan's Ed25519 over a message of the token's size.
    const std::vector<std::uint8_t> message(text.size(), 0x5a);
    const auto raw_key = Botan::Ed25519_PrivateKey::from_seed(std::vector<std::uint8_t>(32, 7));
    class Fixed final : public Botan::RandomNumberGenerator {
    public:
        bool is_seeded() const override { return true; }
        bool accepts_input() const override { return false; }
        void clear() override {}
        std::string name() const override { return "none"; }

    private:
        void fill_bytes_with_input(std::span<std::uint8_t> out, std::span<const std::uint8_t>) override {
            std::ranges::fill(out, std::uint8_t{0});
        }
    } none;
    Botan::PK_Signer signer{raw_key, none, "Pure"};
    const auto signature = signer.sign_message(message, none);
    const auto raw_public = raw_key.public_key();

    const Pair rate = median_of_pairs(
        pairs,
        [&] {
            return tokens / seconds([&] {
                       for (int i = 0; i < tokens; ++i) (void)must(verifier.verify(text, expected));
                   });
        },
        [&] {
            return tokens / seconds([&] {
                       for (int i = 0; i < tokens; ++i) {
                           Botan::PK_Verifier raw{*raw_public, "Pure"};
                           if (!raw.verify_message(message, signature)) std::exit(1);
                       }
                   });
        });
    return {{.name = "token.verify",
             .ours = rate.ours,
             .unit = "1/s",
             .against = "Botan's Ed25519 verify alone, same bytes",
             .theirs = rate.theirs}};
}

}  // namespace

std::vector<Benchmark> token_benchmarks() { return {{"token.verify", verify}}; }

}  // namespace safeq::bench
