// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/session.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

// A deadline is written again only when it moves at least this far: a busy terminal needn't cost a write a request.
constexpr std::chrono::milliseconds least_slide = std::chrono::seconds{1};

Session session_of(const TokenRecord& record) {
    IdBytes id;
    std::ranges::copy(record.id.bytes(), id.begin());
    return {.id = SessionId{id},
            .tenant = record.tenant,
            .device = record.device.value_or(DeviceId{}),
            .subject = record.subject,
            .created = record.created,
            .idle_deadline = record.idle_deadline.value_or(record.created),
            .absolute_deadline = record.expires.value_or(record.created)};
}

// Whether a session's time is over. One that was opened under a date far ahead would last until then, so it is over
// too.
bool is_over(const TokenRecord& record, const SessionRules& rules, Time now) {
    return record.expired_at(now) || record.created - now > rules.idle;
}

}  // namespace

Result<OpenedSession> SessionManager::open(TenantId tenant, DeviceId device, SubjectId subject) {
    if (tenant.nil() || device.nil() || subject.nil()) return fail(Errc::invalid_argument, "session", "a nil id");
    if (rules_.idle.count() <= 0 || rules_.idle > rules_.absolute)
        return fail(Errc::invalid_argument, "session", "rules without time");
    SAFEQ_TRY(const Time now, expiry_.now());
    const OpaqueToken token = OpaqueToken::generate(random_);
    const TokenRecord record{.hash = token.hash(TokenKind::session, tenant),
                             .id = TokenId::make(clock_, random_),
                             .kind = TokenKind::session,
                             .tenant = tenant,
                             .subject = subject,
                             .device = device,
                             .label = {},
                             .created = now,
                             .idle_deadline = now + rules_.idle,
                             .expires = now + rules_.absolute};
    SAFEQ_TRY_VOID(store_.add(record));
    return OpenedSession{.text = token.text(), .session = session_of(record)};
}

Result<TokenRecord> SessionManager::find(std::string_view text, TenantId tenant, DeviceId device, Time now) {
    SAFEQ_TRY(const OpaqueToken token, OpaqueToken::parse(text));
    const TokenHash hash = token.hash(TokenKind::session, tenant);
    auto record = store_.find(tenant, hash);
    if (!record && record.error().code != Errc::not_found) return record;
    if (!record || record->hash != hash || record->kind != TokenKind::session || record->tenant != tenant)
        return fail(Errc::credential_wrong, "session", "no session of this tenant has this token");
    if (record->device != device)
        return fail(Errc::denied, "session", "shown at another device than where it was opened");
    if (is_over(*record, rules_, now)) {
        const auto erased = store_.erase(tenant, record->id);
        if (!erased && erased.error().code != Errc::not_found) return std::unexpected{erased.error()};
        return fail(Errc::expired, "session");
    }
    return record;
}

Result<Session> SessionManager::check(std::string_view text, TenantId tenant, DeviceId device) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(TokenRecord record, find(text, tenant, device, now));
    Time deadline = now + rules_.idle;
    if (record.expires) deadline = std::min(deadline, *record.expires);
    if (!record.idle_deadline || deadline - *record.idle_deadline >= least_slide) {
        const auto slid = store_.slide(tenant, record.id, deadline);
        if (!slid && slid.error().code == Errc::not_found)
            return fail(Errc::credential_wrong, "session", "closed in the meantime");
        SAFEQ_TRY_VOID(slid);
        record.idle_deadline = deadline;
    }
    return session_of(record);
}

Result<void> SessionManager::close(std::string_view text, TenantId tenant, DeviceId device) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const TokenRecord record, find(text, tenant, device, now));
    const auto erased = store_.erase(tenant, record.id);
    if (!erased && erased.error().code == Errc::not_found)
        return fail(Errc::credential_wrong, "session", "closed in the meantime");
    return erased;
}

Result<std::size_t> SessionManager::close_all(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const std::vector<TokenRecord> records, store_.list(tenant, subject, TokenKind::session));
    std::size_t closed = 0;
    for (const TokenRecord& record : records) {
        const auto erased = store_.erase(tenant, record.id);
        if (!erased && erased.error().code != Errc::not_found) return std::unexpected{erased.error()};
        if (erased) ++closed;
    }
    return closed;
}

Result<std::size_t> SessionManager::close_all(TenantId tenant, DeviceId device) {
    return store_.erase_at(tenant, device);
}

Result<std::vector<Session>> SessionManager::list(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const std::vector<TokenRecord> records, store_.list(tenant, subject, TokenKind::session));
    std::vector<Session> sessions;
    for (const TokenRecord& record : records) {
        if (!is_over(record, rules_, now)) sessions.push_back(session_of(record));
    }
    return sessions;
}

Result<std::size_t> SessionManager::sweep() {
    SAFEQ_TRY(const Time now, expiry_.now());
    return store_.erase_expired(now);
}

}  // namespace safeq::token
