// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <safeq/auth/throttle.hpp>

#include "support/random.hpp"

namespace safeq::test {

/// A throttle, somebody who signs in, and somebody who guesses.
struct ThrottleWorld {
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);
    auth::Throttle throttle{auth::throttle_2026, clock};

    DeviceId device() { return DeviceId::make(clock, random); }
    auth::Attempt at(std::optional<DeviceId> device, std::string address = "192.0.2.1") const {
        return {.tenant = tenant, .who = alice, .origin = {.device = device, .address = std::move(address)}};
    }
    void sign_in(const auth::Attempt& attempt) {
        const auth::Admission admission = throttle.admit(attempt);
        REQUIRE(admission.verdict == auth::Verdict::allowed);
        throttle.succeeded(attempt, admission);
    }
    // Guesses that were judged before the throttle said to wait.
    int guesses(auth::Attempt attempt, int tries = 1000, bool second_factor = false) {
        attempt.stepped_up = second_factor;
        int judged = 0;
        for (int i = 0; i < tries; ++i) judged += throttle.admit(attempt).verdict == auth::Verdict::allowed ? 1 : 0;
        return judged;
    }
};

}  // namespace safeq::test
