// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/auditor_sign_in.hpp>

#include <algorithm>

namespace safeq::service {
namespace {

// A person of the throttle's, so that invented names, which are counted as strangers, never push out what it knows of
// the auditor.
SubjectId subject_of(TenantId tenant) {
    IdBytes bytes;
    std::ranges::copy(tenant.bytes(), bytes.begin());
    return SubjectId{bytes};
}

// Of addresses at which the right password was shown, so there are few; a bound all the same.
constexpr std::size_t most_addresses = 1024;

}  // namespace

Result<void> AuditorSignIn::record_once(const std::string& address) const {
    const Time now = parts_.clock.now();
    {
        const std::scoped_lock lock{mutex_};
        const auto it = recorded_.find(address);
        if (it != recorded_.end() && it->second <= now && now < it->second + recorded_for) return {};
    }
    SAFEQ_TRY_VOID(parts_.journal.signed_in());
    const std::scoped_lock lock{mutex_};
    if (recorded_.size() >= most_addresses) recorded_.clear();
    recorded_.insert_or_assign(address, now);
    return {};
}

Result<void> AuditorSignIn::check(std::string_view user, const crypto::Secret& password, std::string address) const {
    SAFEQ_TRY_VOID(parts_.journal.ready());
    auth::Attempt attempt{.tenant = parts_.tenant,
                          .who = std::string{user},
                          .origin = {.device = std::nullopt, .address = std::move(address)}};
    if (user == name) attempt.who = subject_of(parts_.tenant);
    SAFEQ_TRY(const auth::Admission admission, parts_.throttle.admit(attempt));
    if (admission.verdict == auth::Verdict::wait)
        return fail(Errc::throttled, "auditor", "until " + to_rfc3339(admission.until));
    if (admission.verdict == auth::Verdict::step_up)
        return fail(Errc::throttled, "auditor", "too many failures at new addresses");
    const auto match = parts_.hasher.verify(parts_.stored, password);
    if (!match) {
        SAFEQ_TRY_VOID(parts_.throttle.withdraw(attempt, admission));
        return std::unexpected(match.error());
    }
    const bool right = *match != auth::PasswordCheck::mismatch && user == name;
    auto recorded =
        right ? record_once(attempt.origin.address) : parts_.journal.sign_in_refused(Errc::credential_wrong);
    if (!recorded) {
        // Nobody is told whether it was right, by a count neither.
        SAFEQ_TRY_VOID(parts_.throttle.withdraw(attempt, admission));
        return recorded;
    }
    if (!right) return fail(Errc::credential_wrong, "auditor");
    return parts_.throttle.succeeded(attempt, admission);
}

}  // namespace safeq::service
