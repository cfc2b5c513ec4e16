// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <safeq/core/error.hpp>
#include <safeq/tls/policy_ref.hpp>

namespace safeq::tls {

/// The policy, where it may hold for whoever comes. *Errors*: `invalid_argument` for none, and for one that is only for
/// named devices.
[[nodiscard]] Result<PolicyRef> for_everybody(PolicyRef policy);

/// The leave to make a context by one policy that is `exception_only`. `ExceptionTable::choose` gives it for the device
/// that it was asked about; the context is for connections to that device.
class ExceptionLeave final {
public:
    /// A leave that stands in no table: no device, no reason, no last day, no record. For programs that play a device,
    /// and for tests.
    [[nodiscard]] static ExceptionLeave unsafe_for_anybody(PolicyRef policy) noexcept {
        return ExceptionLeave{std::move(policy)};
    }

    /// Whether it is for this policy, the same object.
    [[nodiscard]] bool covers(const PolicyRef& policy) const noexcept { return policy_.get() == policy.get(); }

private:
    friend class ExceptionTable;
    explicit ExceptionLeave(PolicyRef policy) noexcept : policy_{std::move(policy)} {}

    PolicyRef policy_;
};

}  // namespace safeq::tls
