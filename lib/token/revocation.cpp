// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/revocation.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

template <class Tag>
RevocationKey key_of(TenantId tenant, RevocationScope scope, Id<Tag> id) {
    RevocationKey key{.tenant = tenant, .scope = scope};
    std::ranges::copy(id.bytes(), key.id.begin());
    return key;
}

}  // namespace

Result<void> MemoryRevocationStore::add(const Revocation& revocation) {
    const std::scoped_lock lock{mutex_};
    if (const auto found = entries_.find(revocation.key); found != entries_.end()) {
        Times& times = found->second;
        times.issued_until = std::max(times.issued_until, revocation.issued_until);
        times.forget_at = std::max(times.forget_at, revocation.forget_at);
        return {};
    }
    if (entries_.size() >= max_entries_) return fail(Errc::too_many, "revocations");
    entries_.emplace(revocation.key, Times{revocation.issued_until, revocation.forget_at});
    return {};
}

Result<std::optional<Time>> MemoryRevocationStore::issued_until(const RevocationKey& key) {
    const std::scoped_lock lock{mutex_};
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return found->second.issued_until;
}

Result<std::size_t> MemoryRevocationStore::forget(Time now, const ClockMarks& /*marks*/) {
    const std::scoped_lock lock{mutex_};
    return std::erase_if(entries_, [&](const auto& each) { return each.second.forget_at <= now; });
}

// A token or a sign-in that was withdrawn never makes a new token, so the time of issue doesn't matter for them. Kept
// from the latest time on: were the clock behind by now, and the list swept when it is right, they would be good again.
Result<void> RevocationList::revoke_all_of(const RevocationKey& key) {
    [[maybe_unused]] const Time now = clock_.now();
    return store_.add({key, Time::max(), clock_.latest() + rules_.keep_for()});
}

Result<void> RevocationList::revoke(TenantId tenant, TokenId token) {
    return revoke_all_of(key_of(tenant, RevocationScope::token, token));
}

Result<void> RevocationList::revoke(TenantId tenant, SessionId session) {
    return revoke_all_of(key_of(tenant, RevocationScope::session, session));
}

Result<void> RevocationList::revoke(TenantId tenant, SubjectId subject) {
    const Time now = clock_.now();
    return store_.add(
        {key_of(tenant, RevocationScope::subject, subject), now + rules_.clock_skew, now + rules_.keep_for()});
}

Result<void> RevocationList::check(const Claims& claims) {
    const auto withdrawn = [&](const RevocationKey& key) -> Result<void> {
        SAFEQ_TRY(const std::optional<Time> until, store_.issued_until(key));
        if (until && claims.issued <= *until) return fail(Errc::revoked, "token");
        return {};
    };
    SAFEQ_TRY_VOID(withdrawn(key_of(claims.tenant, RevocationScope::token, claims.id)));
    SAFEQ_TRY_VOID(withdrawn(key_of(claims.tenant, RevocationScope::subject, claims.subject)));
    if (claims.session) SAFEQ_TRY_VOID(withdrawn(key_of(claims.tenant, RevocationScope::session, *claims.session)));
    return {};
}

Result<std::size_t> RevocationList::sweep() {
    const Time now = clock_.now();
    return store_.forget(now, clock_.marks());
}

}  // namespace safeq::token
