// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/sign_in.hpp>

#include <algorithm>
#include <tuple>

#include <safeq/core/fail_point.hpp>

namespace safeq::service {
namespace {

// Anybody on the network can try names, passwords and tokens: what costs them nothing must not fill the log. A password
// is only checked within the throttle; a token that never was is nobody's.
bool tells_of_a_person(SignInMethod method, Errc code) {
    if (method == SignInMethod::print_token) return code == Errc::expired || code == Errc::revoked;
    return code != Errc::throttled && code != Errc::busy && code != Errc::unavailable;
}

}  // namespace

std::chrono::milliseconds not_before(const Error& refusal) noexcept {
    return refusal.code == Errc::throttled ? throttled_answer : std::chrono::milliseconds{0};
}

Result<SignedIn> SignIn::open(const job::Device& device, std::string address, std::span<const auth::Factor> factors) {
    SAFEQ_TRY(const auth::FactorRule rule, auth::FactorRule::parse(device.factor_rule));
    const auth::Origin origin{.device = device.id, .address = std::move(address)};
    const SignInPlace place{SignInMethod::terminal, device.id};
    const auto who = parts_.authenticator.authenticate(parts_.tenant, origin, factors, rule);
    if (!who) {
        if (tells_of_a_person(place.method, who.error().code))
            SAFEQ_TRY_VOID(parts_.recorder.sign_in_refused(place, name(who.error().code)));
        return std::unexpected(who.error());
    }
    SAFEQ_TRY_VOID(parts_.recorder.signed_in(who->subject, place, who->factors.text()));
    SAFEQ_FAIL_POINT("sign_in.recorded");
    SAFEQ_TRY(token::OpenedSession opened, parts_.sessions.open(parts_.tenant, device.id, who->subject));
    SAFEQ_FAIL_POINT("sign_in.opened");
    if (auto stands = still_stands(*who, place); !stands) {
        std::ignore = close(as_text(opened.text.expose()), device);
        return std::unexpected(std::move(stands).error());
    }
    return SignedIn{.session = std::move(opened.text),
                    .user_name = who->display_name.value_or(who->name),
                    .expires = opened.session.absolute_deadline};
}

// Both questions come once the session is there: who changes an account closes its sessions afterwards, so that either
// they see this one or we see the change; and of two sign-ins at the same moment one sees the other.
Result<void> SignIn::still_stands(const auth::Authenticated& who, SignInPlace place) {
    if (who.revision) {
        SAFEQ_TRY(const auth::Account now, parts_.accounts.find_by_subject(parts_.tenant, who.subject));
        if (now.revision != *who.revision) {
            SAFEQ_TRY_VOID(parts_.recorder.sign_in_refused(place, name(Errc::revoked)));
            return fail(Errc::revoked, "account", "changed while it signed in");
        }
    }
    if (!who.factors.contains(auth::FactorKind::card)) return {};
    return tell_of_concurrent_use(who.subject, *place.device);
}

// Either its owner didn't sign out and walked on, or there are two cards.
Result<void> SignIn::tell_of_concurrent_use(SubjectId subject, DeviceId here) {
    SAFEQ_TRY(const std::vector<token::Session> open, parts_.sessions.list(parts_.tenant, subject));
    const auto elsewhere =
        std::ranges::find_if(open.rbegin(), open.rend(), [&](const token::Session& one) { return one.device != here; });
    if (elsewhere == open.rend()) return {};
    return parts_.recorder.concurrent_use(subject, here, elsewhere->device);
}

Result<std::optional<std::uint64_t>> SignIn::standing(SubjectId subject) {
    const auto account = parts_.accounts.find_by_subject(parts_.tenant, subject);
    if (!account && account.error().code == Errc::not_found) return std::nullopt;
    if (!account) return std::unexpected(account.error());
    if (account->disabled) return fail(Errc::revoked, "account", "disabled");
    return account->revision;
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
        case Shown::password:
            return recorded(SignInMethod::password, "password", identify_password(sealed, std::move(secret)));
        case Shown::print_token: return recorded(SignInMethod::print_token, "token", identify_token(secret));
    }
    return fail(Errc::malformed, "sealed credential", "unknown kind");
}

Result<Identity> SignIn::recorded(SignInMethod method, std::string_view factor, Result<Identity> who) {
    if (who) {
        SAFEQ_TRY_VOID(parts_.recorder.signed_in(who->subject, {method}, factor));
    } else if (tells_of_a_person(method, who.error().code)) {
        SAFEQ_TRY_VOID(parts_.recorder.sign_in_refused({method}, name(who.error().code)));
    }
    return who;
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
