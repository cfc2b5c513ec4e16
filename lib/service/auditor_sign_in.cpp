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

}  // namespace

Result<void> AuditorSignIn::check(std::string_view user, const crypto::Secret& password, std::string address) const {
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
    if (*match == auth::PasswordCheck::mismatch || user != name) return fail(Errc::credential_wrong, "auditor");
    return parts_.throttle.succeeded(attempt, admission);
}

}  // namespace safeq::service
