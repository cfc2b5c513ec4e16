// SPDX-License-Identifier: Apache-2.0
// Under test: token::Paseto::parse, token::verify_paseto, token::open_paseto, token::parse_key_footer,
// token::Audience::parse, token::Claims::parse, token::verify (of verifiers of both forms). The input is a token as
// text; or, when it begins with a byte below 0x20, a way of changing a good token: that byte chooses the token, then
// come pairs of a position (two bytes) and a character. Property: what is parsed is written back byte for byte; no
// token but the good ones themselves is ever verified, whatever was changed; claims that are taken are written back
// byte for byte.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <safeq/token/binding.hpp>
#include <safeq/token/issuer.hpp>
#include <safeq/token/verifier.hpp>

using namespace safeq;
using namespace safeq::token;

namespace {

// Repeatable, so that every run has the same keys and tokens.
class CountingRandom final : public Random {
public:
    void fill(std::span<std::byte> out) noexcept override {
        for (std::byte& b : out) b = static_cast<std::byte>(++last_ * 0x9d);
    }

private:
    std::uint8_t last_ = 0;
};

struct Sealed {
    static constexpr PurposeRules rules{.name = "sealed",
                                        .form = PasetoForm::v4_local,
                                        .use = TokenUse::many,
                                        .holder = TokenHolder::bearer,
                                        .max_lifetime = std::chrono::minutes{5},
                                        .clock_skew = std::chrono::seconds{5}};
};

template <class T>
T need(Result<T> result) {
    if (!result) std::abort();
    return *std::move(result);
}

void need(const Result<void>& result) {
    if (!result) std::abort();
}

std::string text_of(const IssuedToken& issued) { return std::string{as_text(issued.text.expose())}; }

struct World {
    CountingRandom random;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    crypto::SigningKey phone = crypto::SigningKey::generate(random);
    LocalKey shared = LocalKey::random(random);
    SigningKeys signing;
    VerifyingKeys verifying;
    LocalKeys locals;
    MemoryRevocationStore revoked{1};
    ClockGuard guard{clock};
    RevocationList revocations{revoked, guard, revocation_2026};
    MemoryReplayStore replays{replay_2026, guard};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId subject = SubjectId::make(clock, random);
    Audience audience = need(Audience::parse("release.example"));
    ExpectedToken mobile{.tenant = tenant, .audience = audience, .device_key = phone.verifying_key()};
    ExpectedToken bearer{.tenant = tenant, .audience = audience};
    Bytes implicit = implicit_assertion({tenant, audience, MobileTerminal::rules.name, phone.verifying_key()});
    Bytes sealed_implicit = implicit_assertion({tenant, audience, Sealed::rules.name, std::nullopt});
    std::array<std::string, 2> good;

    World() {
        const KeyPeriod period = KeyPeriod::of(clock.now(), std::chrono::hours{1}, MobileTerminal::rules);
        need(verifying.add(key.verifying_key(), period));
        need(signing.add(crypto::SigningKey::from_seed(key.seed().clone()), period));
        need(locals.add(shared.clone(), period));
        good[0] =
            text_of(need(Issuer<MobileTerminal>{signing, clock, random}.issue({.tenant = tenant,
                                                                               .subject = subject,
                                                                               .audience = audience,
                                                                               .device_key = phone.verifying_key(),
                                                                               .lifetime = std::chrono::minutes{5}})));
        good[1] = text_of(need(Issuer<Sealed>{locals, clock, random}.issue(
            {.tenant = tenant, .subject = subject, .audience = audience, .lifetime = std::chrono::minutes{5}})));
    }

    void check(const std::string& text) {
        if (const auto named = Audience::parse(text); named && named->text() != text) std::abort();
        const bool is_good = text == good[0] || text == good[1];
        const auto parsed = Paseto::parse(text, paseto_limits_2026);
        if (is_good && !parsed) std::abort();
        if (parsed) {
            if (parsed->text() != text) std::abort();
            if (parsed->unverified_footer().size() > paseto_limits_2026.footer_bytes) std::abort();
            const auto id = parse_key_footer(parsed->unverified_footer());
            if (id && key_footer(*id) != as_text(parsed->unverified_footer())) std::abort();
            if (verify_paseto(key.verifying_key(), *parsed, {implicit}).has_value() != (text == good[0])) std::abort();
            if (open_paseto(shared, *parsed, {sealed_implicit}).has_value() != (text == good[1])) std::abort();
        }
        Verifier<MobileTerminal> verifier{verifying, guard, revocations, replays};
        if (verifier.verify(text, mobile).has_value() != (text == good[0])) std::abort();
        Verifier<Sealed> opener{locals, guard, revocations, replays};
        if (opener.verify(text, bearer).has_value() != (text == good[1])) std::abort();
        if (is_good) check_elsewhere(text);
    }

    // The good ones are good at their time only, under their keys, and until they are revoked.
    void check_elsewhere(const std::string& text) {
        const auto refused = [&](Time now, const VerifyingKeys& public_keys, const LocalKeys& shared_keys,
                                 bool revoke) {
            ManualClock then{now};
            ClockGuard its{then};
            MemoryRevocationStore store{4};
            RevocationList list{store, its, revocation_2026};
            if (revoke) need(list.revoke(tenant, subject));
            MemoryReplayStore seen{replay_2026, its};
            Verifier<MobileTerminal> verifier{public_keys, its, list, seen};
            Verifier<Sealed> opener{shared_keys, its, list, seen};
            return !verifier.verify(text, mobile) && !opener.verify(text, bearer) && !verifier.verify(text, bearer) &&
                   !opener.verify(text, mobile);
        };
        for (const std::chrono::minutes off :
             {std::chrono::minutes{-90}, std::chrono::minutes{-1}, std::chrono::minutes{6}, std::chrono::minutes{90}})
            if (!refused(clock.now() + off, verifying, locals, false)) std::abort();
        if (!refused(clock.now(), VerifyingKeys{}, LocalKeys{}, false)) std::abort();
        if (!refused(clock.now(), verifying, locals, true)) std::abort();
        // Made before its key was.
        VerifyingKeys later;
        LocalKeys later_shared;
        const KeyPeriod period =
            KeyPeriod::of(clock.now() + std::chrono::minutes{1}, std::chrono::hours{1}, MobileTerminal::rules);
        need(later.add(key.verifying_key(), period));
        need(later_shared.add(shared.clone(), period));
        if (!refused(clock.now() + std::chrono::minutes{2}, later, later_shared, false)) std::abort();
    }
};

void check_claims(std::string_view text) {
    const auto claims = Claims::parse(as_bytes(text));
    if (!claims) return;
    const auto again = claims->encode();
    if (!again || *again != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    const std::string text{reinterpret_cast<const char*>(data), size};
    check_claims(text);
    if (size == 0 || data[0] >= 0x20) {
        world.check(text);
        return 0;
    }
    std::string changed = world.good[data[0] % world.good.size()];
    for (std::size_t at = 1; at + 3 <= size && at < 64; at += 3) {
        const std::size_t position = (std::size_t{data[at]} << 8 | data[at + 1]) % (changed.size() + 1);
        const char character = static_cast<char>(data[at + 2]);
        // At the end it is added; a zero cuts the rest off.
        if (position == changed.size()) changed.push_back(character);
        else if (character == '\0') changed.resize(position);
        else changed[position] = character;
    }
    world.check(changed);
    return 0;
}
