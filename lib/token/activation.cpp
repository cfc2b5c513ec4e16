// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/activation.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

constexpr const char* where = "activation link";

Activation activation_of(const TokenRecord& record) {
    return {.id = record.id,
            .tenant = record.tenant,
            .subject = record.subject,
            .device_key = record.device_key.value_or(TokenHash{}),
            .created = record.created,
            .expires = record.expires.value_or(record.created)};
}

}  // namespace

Result<IssuedActivation> ActivationLinks::issue(TenantId tenant, SubjectId subject,
                                                const crypto::VerifyingKey& device_key,
                                                std::chrono::milliseconds lifetime) {
    if (tenant.nil() || subject.nil()) return fail(Errc::invalid_argument, where, "a nil id");
    if (lifetime <= std::chrono::milliseconds{0} || lifetime > max_activation_lifetime)
        return fail(Errc::invalid_argument, where, "lifetime not within ten minutes");
    SAFEQ_TRY(const Time now, expiry_.now());
    const OpaqueToken token = OpaqueToken::generate(random_);
    const TokenRecord record{.hash = token.hash(TokenKind::activation, tenant),
                             .id = TokenId::make(clock_, random_),
                             .kind = TokenKind::activation,
                             .tenant = tenant,
                             .subject = subject,
                             .device = std::nullopt,
                             .device_key = TokenHash::of(device_key),
                             .label = {},
                             .created = now,
                             .idle_deadline = std::nullopt,
                             .expires = now + lifetime};
    SAFEQ_TRY_VOID(store_.replace(record));
    return IssuedActivation{.text = token.text(), .activation = activation_of(record)};
}

Result<Activation> ActivationLinks::redeem(const ShownActivation& shown, TenantId tenant) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const OpaqueToken token, OpaqueToken::parse(shown.text));
    SAFEQ_TRY_VOID(shown.proof.check_activation(shown.text, shown.device_key, shown.request));
    const TokenHash hash = token.hash(TokenKind::activation, tenant);
    const auto record = store_.find(tenant, hash);
    if (!record && record.error().code != Errc::not_found) return std::unexpected{record.error()};
    if (!record || record->hash != hash || record->kind != TokenKind::activation || record->tenant != tenant)
        return fail(Errc::credential_wrong, where, "none of this tenant");
    // Before anything is spent: whoever only has the secret doesn't end the link for the one whom it is for.
    if (record->device_key != TokenHash::of(shown.device_key))
        return fail(Errc::denied, where, "shown by another device than asked for it");
    // Spent first: whoever erases it has it, all others come too late.
    const auto erased = store_.erase(tenant, record->id);
    if (!erased && erased.error().code == Errc::not_found) return fail(Errc::credential_wrong, where, "just spent");
    SAFEQ_TRY_VOID(erased);
    // One that was made under a date far ahead would last until then.
    if (record->expired_at(now) || record->created - now > max_activation_lifetime) return fail(Errc::expired, where);
    return activation_of(*record);
}

Result<std::size_t> ActivationLinks::revoke_all(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const std::vector<TokenRecord> records, store_.list(tenant, subject, TokenKind::activation));
    std::size_t ended = 0;
    for (const TokenRecord& record : records) {
        const auto erased = store_.erase(tenant, record.id);
        if (!erased && erased.error().code != Errc::not_found) return std::unexpected{erased.error()};
        if (erased) ++ended;
    }
    return ended;
}

Result<crypto::Secret> format_activation_link(std::string_view page, const crypto::Secret& text) {
    if (!page.starts_with("https://") || page.find('#') != std::string_view::npos)
        return fail(Errc::invalid_argument, where, "the page's address");
    crypto::Secret link = crypto::Secret::zeroed(page.size() + 1 + text.size());
    auto at = std::ranges::copy(as_bytes(page), link.fill().begin()).out;
    *at++ = std::byte{'#'};
    std::ranges::copy(text.expose(), at);
    return link;
}

}  // namespace safeq::token
