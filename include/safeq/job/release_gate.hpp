// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <safeq/core/clock.hpp>
#include <safeq/job/repository.hpp>

namespace safeq::job {

class Jobs;
class ReleaseGate;

/// Permission to start one attempt. Only `ReleaseGate` makes one; it moves, and is spent in the transaction that
/// starts the attempt (`Jobs::begin`). A grant that was moved from or spent is refused.
class [[nodiscard]] ReleaseGrant final {
public:
    /// Made by ReleaseGate only.
    class Passkey {
        Passkey() = default;
        friend class ReleaseGate;
    };
    ReleaseGrant(Passkey, const Job& job, SubjectId subject, DeviceId device) noexcept
        : tenant_{job.tenant},
          job_{job.id},
          subject_{subject},
          device_{device},
          state_{job.state},
          attempt_{job.attempt + 1},
          valid_{true} {}

    ReleaseGrant(ReleaseGrant&& other) noexcept { *this = std::move(other); }
    ReleaseGrant& operator=(ReleaseGrant&& other) noexcept {
        tenant_ = other.tenant_;
        job_ = other.job_;
        subject_ = other.subject_;
        device_ = other.device_;
        state_ = other.state_;
        attempt_ = other.attempt_;
        valid_ = std::exchange(other.valid_, false);
        return *this;
    }
    ReleaseGrant(const ReleaseGrant&) = delete;
    ReleaseGrant& operator=(const ReleaseGrant&) = delete;
    ~ReleaseGrant() = default;

    [[nodiscard]] TenantId tenant() const noexcept { return tenant_; }
    [[nodiscard]] JobId job() const noexcept { return job_; }
    [[nodiscard]] SubjectId subject() const noexcept { return subject_; }
    [[nodiscard]] DeviceId device() const noexcept { return device_; }
    /// The fencing number that the attempt will have.
    [[nodiscard]] std::uint64_t attempt() const noexcept { return attempt_; }

private:
    friend class Jobs;
    TenantId tenant_;
    JobId job_;
    SubjectId subject_;
    DeviceId device_;
    State state_ = initial_state;
    std::uint64_t attempt_ = 0;
    bool valid_ = false;
};

/// What the owner knows when asking.
enum class Wish {
    print,        ///< the job waits
    print_again,  ///< the owner was told that it may have printed already
};

/// The one place that decides whether a job may leave for a device.
class ReleaseGate final {
public:
    ReleaseGate(Repository& repository, const Clock& clock) noexcept : repository_{repository}, clock_{clock} {}

    /// A grant for the job's next attempt at the device.
    /// *Errors*: `not_found` when there is no such job of this subject in this tenant, or it is restricted;
    /// `expired` when its time is over; `illegal_transition` when its state doesn't allow it: a running or finished
    /// job, an uncertain one without `Wish::print_again`, or a held one with it; `invalid_argument` for a nil id.
    [[nodiscard]] Result<ReleaseGrant> request(SubjectId subject, TenantId tenant, JobId job, DeviceId device,
                                               Wish wish = Wish::print);

private:
    Repository& repository_;
    const Clock& clock_;
};

}  // namespace safeq::job
