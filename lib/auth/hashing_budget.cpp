// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/hashing_budget.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace safeq::auth {

HashingBudget::HashingBudget(const HashingLimits& limits)
    : limits_{.concurrent = std::max(limits.concurrent, 1u), .waiting = limits.waiting} {}

Result<HashingBudget::Permit> HashingBudget::acquire() {
    std::unique_lock lock{mutex_};
    if (running_ >= limits_.concurrent || !line_.empty()) {
        if (line_.size() >= limits_.waiting)
            return fail(Errc::busy, "password hashing", fmt::format("{} running, {} waiting", running_, line_.size()));
        const std::uint64_t ticket = next_ticket_++;
        line_.push_back(ticket);
        turn_.wait(lock, [&] { return running_ < limits_.concurrent && line_.front() == ticket; });
        line_.pop_front();
        // Two places may have become free at once: the next in line looks again.
        if (!line_.empty()) turn_.notify_all();
    }
    ++running_;
    ++granted_;
    peak_ = std::max(peak_, running_);
    return Permit{*this};
}

void HashingBudget::release() noexcept {
    {
        const std::scoped_lock lock{mutex_};
        --running_;
    }
    turn_.notify_all();
}

std::uint32_t HashingBudget::running() const {
    const std::scoped_lock lock{mutex_};
    return running_;
}

std::uint32_t HashingBudget::waiting() const {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::uint32_t>(line_.size());
}

std::uint32_t HashingBudget::peak() const {
    const std::scoped_lock lock{mutex_};
    return peak_;
}

std::uint64_t HashingBudget::granted() const {
    const std::scoped_lock lock{mutex_};
    return granted_;
}

}  // namespace safeq::auth
