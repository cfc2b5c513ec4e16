// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// A policy that stays valid as long as this does: either one of the dated constants, given by address, or one made at
/// run time, of which it is an owner. Contexts hold one each. *Threads*: as `std::shared_ptr`.
class PolicyRef final {
public:
    constexpr PolicyRef() noexcept = default;
    constexpr PolicyRef(std::nullptr_t) noexcept {}

    /// *Requires*: `policy` lives as long as the program does, as the dated policies do.
    PolicyRef(const Policy* policy) noexcept : policy_{std::shared_ptr<const void>{}, policy} {}
    PolicyRef(std::shared_ptr<const Policy> policy) noexcept : policy_{std::move(policy)} {}

    [[nodiscard]] const Policy& operator*() const noexcept { return *policy_; }
    [[nodiscard]] const Policy* operator->() const noexcept { return policy_.get(); }
    [[nodiscard]] const Policy* get() const noexcept { return policy_.get(); }
    [[nodiscard]] friend bool operator==(const PolicyRef& ref, std::nullptr_t) noexcept {
        return ref.policy_ == nullptr;
    }

private:
    std::shared_ptr<const Policy> policy_;
};

}  // namespace safeq::tls
