// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/sign_in.hpp>

namespace safeq::service {

Result<SignedIn> SignIn::open(const job::Device& device, std::string address, std::span<const auth::Factor> factors) {
    SAFEQ_TRY(const auth::FactorRule rule, auth::FactorRule::parse(device.factor_rule));
    const auth::Origin origin{.device = device.id, .address = std::move(address)};
    const auto who = parts_.authenticator.authenticate(parts_.tenant, origin, factors, rule);
    if (!who) {
        SAFEQ_TRY_VOID(parts_.recorder.sign_in_refused(device.id, name(who.error().code)));
        return std::unexpected(who.error());
    }
    SAFEQ_TRY_VOID(parts_.recorder.signed_in(who->subject, device.id, who->factors.text()));
    SAFEQ_TRY(token::OpenedSession opened, parts_.sessions.open(parts_.tenant, device.id, who->subject));
    return SignedIn{.session = std::move(opened.text),
                    .user_name = who->display_name.value_or(who->name),
                    .expires = opened.session.absolute_deadline};
}

Result<token::Session> SignIn::check(std::string_view session, const job::Device& device) {
    return parts_.sessions.check(session, parts_.tenant, device.id);
}

Result<void> SignIn::close(std::string_view session, const job::Device& device) {
    return parts_.sessions.close(session, parts_.tenant, device.id);
}

Result<Identity> SignIn::identify(InstanceId intake, const SealedCredential& sealed) {
    if (sealed.tenant != parts_.tenant || sealed.intake != intake)
        return fail(Errc::denied, "sealed credential",
                    "made for another tenant, or by another intake than the one that sent it");
    SAFEQ_TRY(crypto::Secret secret, parts_.opener.open(sealed));
    switch (sealed.shown) {
        case Shown::password: return identify_password(sealed, std::move(secret));
        case Shown::print_token: return identify_token(secret);
    }
    return fail(Errc::malformed, "sealed credential", "unknown kind");
}

Result<Identity> SignIn::identify_password(const SealedCredential& sealed, crypto::Secret password) {
    static const auth::FactorRule rule = auth::FactorRule::of({auth::FactorSet{auth::FactorKind::password}}).value();
    std::vector<auth::Factor> factors;
    factors.emplace_back(auth::GivenPassword{.name = sealed.user, .password = std::move(password)});
    SAFEQ_TRY(const auth::Authenticated who,
              parts_.authenticator.authenticate(parts_.tenant, {.device = std::nullopt, .address = sealed.address},
                                                factors, rule));
    return Identity{.subject = who.subject, .user_name = who.name};
}

Result<Identity> SignIn::identify_token(const crypto::Secret& token) {
    SAFEQ_TRY(const token::Submitter submitter, parts_.print_tokens.verify(as_text(token.expose()), parts_.tenant));
    SAFEQ_TRY(const auth::Account account, parts_.accounts.find_by_subject(parts_.tenant, submitter.subject));
    if (account.disabled) return fail(Errc::revoked, "account", "disabled");
    return Identity{.subject = account.subject, .user_name = account.name};
}

}  // namespace safeq::service
