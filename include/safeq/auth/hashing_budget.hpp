// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include <safeq/core/error.hpp>

namespace safeq::auth {

/// What password hashing may take of a process.
struct HashingLimits {
    std::uint32_t concurrent;  ///< hashes computed at a time
    std::uint32_t waiting;     ///< callers that may stand in line behind them; the next one is told `busy`
    std::uint32_t memory_kib;  ///< memory of all that are computed, whatever each costs
};

/// For one release daemon, which stays under 8 × 64 MiB with what else a flood takes: connections and records.
inline constexpr HashingLimits hashing_2026{.concurrent = 7, .waiting = 64, .memory_kib = 7 * 64 * 1024};

/// How much password hashing goes on at a time in this process; one object shared by every `Hasher`, so that a flood
/// of sign-ins can't take more memory than planned. First come, first served.
/// *Threads*: safe from several threads; `acquire` blocks.
class HashingBudget final {
public:
    /// The right to compute one hash of the memory asked for; gives it back when destroyed. Must not outlive the
    /// budget.
    class Permit final {
    public:
        Permit(Permit&& other) noexcept
            : budget_{std::exchange(other.budget_, nullptr)}, memory_kib_{other.memory_kib_} {}
        Permit& operator=(Permit&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(memory_kib_, other.memory_kib_);
            return *this;
        }
        ~Permit() {
            if (budget_ != nullptr) budget_->release(memory_kib_);
        }

    private:
        friend class HashingBudget;
        Permit(HashingBudget& budget, std::uint32_t memory_kib) noexcept : budget_{&budget}, memory_kib_{memory_kib} {}
        HashingBudget* budget_;
        std::uint32_t memory_kib_;
    };

    /// A limit of no concurrent hash counts as one.
    explicit HashingBudget(const HashingLimits& limits);
    HashingBudget(const HashingBudget&) = delete;
    HashingBudget& operator=(const HashingBudget&) = delete;

    /// Waits for a place in turn, and until that much memory is free. *Errors*: `busy`, at once, when the line is full;
    /// `too_large` when the budget never has as much.
    [[nodiscard]] Result<Permit> acquire(std::uint32_t memory_kib);

    /// For metrics: hashes being computed, callers waiting, the most that were ever computed at a time, the most memory
    /// that they had, and all permits ever given.
    [[nodiscard]] std::uint32_t running() const;
    [[nodiscard]] std::uint32_t waiting() const;
    [[nodiscard]] std::uint32_t peak() const;
    [[nodiscard]] std::uint32_t peak_memory_kib() const;
    [[nodiscard]] std::uint64_t granted() const;

private:
    [[nodiscard]] bool fits(std::uint32_t memory_kib) const noexcept;
    void release(std::uint32_t memory_kib) noexcept;

    HashingLimits limits_;
    mutable std::mutex mutex_;
    std::condition_variable turn_;
    std::deque<std::uint64_t> line_;
    std::uint64_t next_ticket_ = 0;
    std::uint32_t running_ = 0;
    std::uint32_t memory_kib_ = 0;
    std::uint32_t peak_ = 0;
    std::uint32_t peak_memory_kib_ = 0;
    std::uint64_t granted_ = 0;
};

}  // namespace safeq::auth
