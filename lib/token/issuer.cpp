// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/issuer.hpp>

#include <span>

#include <safeq/token/binding.hpp>

namespace safeq::token::detail {
namespace {

constexpr const char* where = "token";

Result<void> check(const PurposeRules& rules, const IssueRequest& request, Time now) {
    const auto refuse = [](const char* why) { return fail(Errc::invalid_argument, where, why); };
    if (request.tenant.nil() || request.subject.nil() || (request.session && request.session->nil()))
        return refuse("a nil id");
    if (request.lifetime <= std::chrono::milliseconds{0} || request.lifetime > rules.max_lifetime)
        return refuse("lifetime not within the purpose's");
    if (request.not_before && (*request.not_before < now || *request.not_before >= now + request.lifetime))
        return refuse("beginning not within the lifetime");
    if (request.device_key.has_value() != (rules.holder == TokenHolder::key))
        return refuse("a device's key too many or too few");
    return {};
}

// `protect` makes a token of message, footer and implicit assertion.
template <class Keys, class Protect>
Result<IssuedToken> issue_with(const PurposeRules& rules, const Keys& keys, const Clock& clock, Random& random,
                               const IssueRequest& request, Protect protect) {
    const Time now = clock.now();
    SAFEQ_TRY_VOID(check(rules, request, now));
    SAFEQ_TRY(const auto key, keys.current(now));
    Claims claims{.id = TokenId::make(clock, random),
                  .tenant = request.tenant,
                  .subject = request.subject,
                  .audience = request.audience,
                  .purpose = std::string{rules.name},
                  .session = request.session,
                  .issued = now,
                  .not_before = request.not_before.value_or(now),
                  .expires = now + request.lifetime};
    SAFEQ_TRY(std::string json, claims.encode());
    const Bytes implicit = implicit_assertion({.tenant = request.tenant,
                                               .audience = request.audience,
                                               .purpose = rules.name,
                                               .device_key = request.device_key});
    const std::string footer = key_footer(key->id);
    std::string text =
        protect(key->key, Message{as_bytes(json)}, Footer{as_bytes(footer)}, ImplicitAssertion{implicit});
    IssuedToken issued{.text = crypto::Secret::copy_of(text), .claims = std::move(claims)};
    crypto::wipe(std::as_writable_bytes(std::span{text}));
    crypto::wipe(std::as_writable_bytes(std::span{json}));
    return issued;
}

}  // namespace

Result<IssuedToken> issue(const PurposeRules& rules, const SigningKeys& keys, const Clock& clock, Random& random,
                          const IssueRequest& request) {
    return issue_with(rules, keys, clock, random, request,
                      [](const crypto::SigningKey& key, Message message, Footer footer, ImplicitAssertion implicit) {
                          return sign_paseto(key, message, footer, implicit);
                      });
}

Result<IssuedToken> issue(const PurposeRules& rules, const LocalKeys& keys, const Clock& clock, Random& random,
                          const IssueRequest& request) {
    return issue_with(rules, keys, clock, random, request,
                      [&](const LocalKey& key, Message message, Footer footer, ImplicitAssertion implicit) {
                          return seal_paseto(key, random, message, footer, implicit);
                      });
}

}  // namespace safeq::token::detail
