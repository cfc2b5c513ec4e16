// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/refresh.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

constexpr const char* where = "refresh token";

crypto::Secret text_of(const OpaqueToken& family, const OpaqueToken& own) {
    const crypto::Secret first = family.text();
    const crypto::Secret second = own.text();
    crypto::Secret text = crypto::Secret::zeroed(first.size() + second.size());
    const auto at = std::ranges::copy(first.expose(), text.fill().begin()).out;
    std::ranges::copy(second.expose(), at);
    return text;
}

}  // namespace

Result<IssuedRefresh> RefreshTokens::open(TenantId tenant, SubjectId subject, const crypto::VerifyingKey& device_key) {
    if (tenant.nil() || subject.nil()) return fail(Errc::invalid_argument, where, "a nil id");
    if (rules_.idle.count() <= 0 || rules_.idle > rules_.absolute)
        return fail(Errc::invalid_argument, where, "rules without time");
    SAFEQ_TRY(const Time now, expiry_.now());
    const OpaqueToken selector = OpaqueToken::generate(random_);
    const OpaqueToken own = OpaqueToken::generate(random_);
    RefreshFamily family{.id = SessionId::make(clock_, random_),
                         .selector = selector.hash(TokenKind::refresh_family, tenant),
                         .current = own.hash(TokenKind::refresh, tenant),
                         .device = TokenHash::of(device_key),
                         .tenant = tenant,
                         .subject = subject,
                         .created = now,
                         .idle_deadline = now + rules_.idle,
                         .expires = now + rules_.absolute};
    SAFEQ_TRY_VOID(store_.add(family));
    return IssuedRefresh{.text = text_of(selector, own), .family = family};
}

// The tokens that came from a family end before the family does: were it the other way round, a failure in between
// would leave them good with nothing left to end them by.
Result<void> RefreshTokens::end(const RefreshFamily& family) {
    SAFEQ_TRY_VOID(revocations_.revoke(family.tenant, family.id));
    const auto erased = store_.erase(family.tenant, family.id);
    if (!erased && erased.error().code != Errc::not_found) return erased;
    return {};
}

bool RefreshTokens::is_over(const RefreshFamily& family, Time now) const noexcept {
    // One that was made under a date far ahead would last until then.
    return family.expired_at(now) || family.created - now > rules_.idle;
}

Result<IssuedRefresh> RefreshTokens::rotate(const ShownRefresh& shown, TenantId tenant) {
    SAFEQ_TRY(const Time now, expiry_.now());
    const std::string_view text = shown.text;
    if (text.size() != text_bytes) return fail(Errc::malformed, where, "not 86 characters");
    SAFEQ_TRY(const OpaqueToken selector, OpaqueToken::parse(text.substr(0, OpaqueToken::text_bytes)));
    SAFEQ_TRY(const OpaqueToken own, OpaqueToken::parse(text.substr(OpaqueToken::text_bytes)));
    SAFEQ_TRY_VOID(shown.proof.check_refresh(text, shown.device_key, shown.request));
    const TokenHash selector_hash = selector.hash(TokenKind::refresh_family, tenant);
    auto family = store_.find(tenant, selector_hash);
    if (!family && family.error().code != Errc::not_found) return std::unexpected{family.error()};
    if (!family || family->selector != selector_hash || family->tenant != tenant)
        return fail(Errc::credential_wrong, where, "of no family of this tenant");
    if (is_over(*family, now)) {
        SAFEQ_TRY_VOID(end(*family));
        return fail(Errc::expired, where);
    }
    const TokenHash shown_hash = own.hash(TokenKind::refresh, tenant);
    if (family->device != TokenHash::of(shown.device_key)) {
        SAFEQ_TRY_VOID(end(*family));
        return fail(Errc::revoked, where, "shown by another device");
    }
    const OpaqueToken next = OpaqueToken::generate(random_);
    const TokenHash next_hash = next.hash(TokenKind::refresh, tenant);
    const Time deadline = std::min(now + rules_.idle, family->expires);
    const auto rotated = store_.rotate(tenant, family->id, shown_hash, next_hash, deadline);
    if (!rotated && rotated.error().code == Errc::not_found)
        return fail(Errc::credential_wrong, where, "ended in the meantime");
    if (!rotated && rotated.error().code == Errc::conflict) {
        SAFEQ_TRY_VOID(end(*family));
        return fail(Errc::revoked, where, "shown again");
    }
    SAFEQ_TRY_VOID(rotated);
    family->current = next_hash;
    family->idle_deadline = deadline;
    return IssuedRefresh{.text = text_of(selector, next), .family = *family};
}

Result<void> RefreshTokens::revoke(TenantId tenant, SubjectId subject, SessionId id) {
    // Only among the person's own.
    SAFEQ_TRY(const std::vector<RefreshFamily> families, store_.list(tenant, subject));
    const auto found = std::ranges::find(families, id, &RefreshFamily::id);
    if (found == families.end()) return fail(Errc::not_found, where);
    return end(*found);
}

Result<std::size_t> RefreshTokens::revoke_all(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const std::vector<RefreshFamily> families, store_.list(tenant, subject));
    for (const RefreshFamily& family : families) SAFEQ_TRY_VOID(end(family));
    return families.size();
}

Result<std::vector<RefreshFamily>> RefreshTokens::list(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(std::vector<RefreshFamily> families, store_.list(tenant, subject));
    std::erase_if(families, [&](const RefreshFamily& each) { return is_over(each, now); });
    return families;
}

Result<std::size_t> RefreshTokens::sweep() {
    SAFEQ_TRY(const Time now, expiry_.now());
    return store_.erase_expired(now);
}

}  // namespace safeq::token
