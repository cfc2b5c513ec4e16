// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/hashing_budget.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace safeq::auth {

HashingBudget::HashingBudget(const HashingLimits& limits)
    : limits_{
          .concurrent = std::max(limits.concurrent, 1u), .waiting = limits.waiting, .memory_kib = limits.memory_kib} {}

bool HashingBudget::fits(std::uint32_t memory_kib) const noexcept {
    return running_ < limits_.concurrent && memory_kib <= limits_.memory_kib - memory_kib_;
}

Result<HashingBudget::Permit> HashingBudget::acquire(std::uint32_t memory_kib) {
    if (memory_kib > limits_.memory_kib)
        return fail(Errc::too_large, "password hashing",
                    fmt::format("{} KiB for one hash, {} for all", memory_kib, limits_.memory_kib));
    std::unique_lock lock{mutex_};
    if (!line_.empty() || !fits(memory_kib)) {
        if (line_.size() >= limits_.waiting)
            return fail(Errc::busy, "password hashing", fmt::format("{} running, {} waiting", running_, line_.size()));
        const std::uint64_t ticket = next_ticket_++;
        line_.push_back(ticket);
        turn_.wait(lock, [&] { return line_.front() == ticket && fits(memory_kib); });
        line_.pop_front();
        // Two places may have become free at once: the next in line looks again.
        if (!line_.empty()) turn_.notify_all();
    }
    ++running_;
    memory_kib_ += memory_kib;
    ++granted_;
    peak_ = std::max(peak_, running_);
    peak_memory_kib_ = std::max(peak_memory_kib_, memory_kib_);
    return Permit{*this, memory_kib};
}

void HashingBudget::release(std::uint32_t memory_kib) noexcept {
    {
        const std::scoped_lock lock{mutex_};
        --running_;
        memory_kib_ -= memory_kib;
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

std::uint32_t HashingBudget::peak_memory_kib() const {
    const std::scoped_lock lock{mutex_};
    return peak_memory_kib_;
}

std::uint64_t HashingBudget::granted() const {
    const std::scoped_lock lock{mutex_};
    return granted_;
}

}  // namespace safeq::auth
