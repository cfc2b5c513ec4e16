// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/release_gate.hpp>

#include <string>

namespace safeq::job {

Result<ReleaseGrant> ReleaseGate::request(SubjectId subject, TenantId tenant, JobId id, DeviceId device, Wish wish) {
    if (subject.nil() || tenant.nil() || id.nil() || device.nil())
        return fail(Errc::invalid_argument, "release", "a nil id");
    SAFEQ_TRY(const auto unit, repository_.begin());
    SAFEQ_TRY(const Job job, unit->find(tenant, id));
    // Whose job it is isn't told to anybody else, and a frozen one isn't there for its owner either.
    if (job.owner != subject || job.restricted) return fail(Errc::not_found, "job", id.text());
    const Event event = wish == Wish::print ? Event::release : Event::print_again;
    SAFEQ_TRY([[maybe_unused]] const State running, next(job.state, event));
    if (job.state == State::held && job.expires <= clock_.now()) return fail(Errc::expired, "job", id.text());
    return ReleaseGrant{ReleaseGrant::Passkey{}, job, subject, device};
}

}  // namespace safeq::job
