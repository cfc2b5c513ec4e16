// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/verifier.hpp>

#include <safeq/token/binding.hpp>

namespace safeq::token::detail {
namespace {

constexpr const char* where = "token";

Result<void> check_times(const VerifierParts& parts, const Claims& claims, const KeyPeriod& key, Time now) {
    const auto refuse = [](const char* why) { return fail(Errc::denied, where, why); };
    const auto skew = parts.rules.clock_skew;
    if (claims.not_before < claims.issued || claims.expires <= claims.not_before) return refuse("times not in order");
    if (claims.expires - claims.issued > parts.rules.max_lifetime) return refuse("lifetime over its purpose's");
    // Who found an old key must not make tokens with it.
    if (claims.issued < key.issue_from || claims.issued >= key.issue_until)
        return refuse("made outside its key's time");
    if (claims.issued > now + skew) return refuse("made in the future");
    if (claims.not_before > now + skew) return refuse("not yet");
    // Made by a server whose clock is ahead, it may have been shown before the clock went back.
    if (claims.expires + skew <= now || parts.clock.was_over(claims.issued - skew, claims.expires + skew))
        return fail(Errc::expired, where);
    return {};
}

// `open` gives the claims of a token under a key.
template <class Keys, class Open>
Result<Claims> verify_with(const VerifierParts& parts, const Keys& keys, std::string_view text,
                           const ExpectedToken& expected, Open open) {
    const PurposeRules& rules = parts.rules;
    if (expected.device_key.has_value() != (rules.holder == TokenHolder::key))
        return fail(Errc::invalid_argument, where, "a device's key too many or too few");
    if (!parts.revocations.serves(rules))
        return fail(Errc::invalid_argument, where, "the list forgets revocations before tokens of this purpose end");
    SAFEQ_TRY(const Paseto token, Paseto::parse(text, typed_token_limits_2026));
    const Time now = parts.clock.now();
    // The id is looked at before its key is used: its kind and form must be those of this purpose.
    if (token.form() != rules.form) return fail(Errc::denied, where, "not of its purpose's form");
    SAFEQ_TRY(const KeyId id, parse_key_footer(token.unverified_footer()));
    SAFEQ_TRY(const auto key, keys.find(id, now, rules.clock_skew));
    const Bytes implicit = implicit_assertion({.tenant = expected.tenant,
                                               .audience = expected.audience,
                                               .purpose = rules.name,
                                               .device_key = expected.device_key});
    SAFEQ_TRY(const Claims claims, open(key->key, token, ImplicitAssertion{implicit}));
    if (claims.tenant != expected.tenant || claims.audience != expected.audience || claims.purpose != rules.name)
        return fail(Errc::denied, where, "the claims contradict what they are bound to");
    SAFEQ_TRY_VOID(check_times(parts, claims, key->period, now));
    SAFEQ_TRY_VOID(parts.revocations.check(claims));
    if (rules.use == TokenUse::once) {
        SAFEQ_TRY_VOID(
            parts.replays.spend(spending_of("token", claims.tenant, claims.id, {}, claims.expires + rules.clock_skew)));
    }
    return claims;
}

}  // namespace

Result<Claims> verify(const VerifierParts& parts, const VerifyingKeys& keys, std::string_view text,
                      const ExpectedToken& expected) {
    return verify_with(
        parts, keys, text, expected,
        [](const crypto::VerifyingKey& key, const Paseto& token, ImplicitAssertion implicit) -> Result<Claims> {
            SAFEQ_TRY(const Bytes message, verify_paseto(key, token, implicit));
            return Claims::parse(message);
        });
}

Result<Claims> verify(const VerifierParts& parts, const LocalKeys& keys, std::string_view text,
                      const ExpectedToken& expected) {
    return verify_with(parts, keys, text, expected,
                       [](const LocalKey& key, const Paseto& token, ImplicitAssertion implicit) -> Result<Claims> {
                           SAFEQ_TRY(const crypto::Secret message, open_paseto(key, token, implicit));
                           return Claims::parse(message.expose());
                       });
}

}  // namespace safeq::token::detail
