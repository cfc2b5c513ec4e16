// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include <asio/thread_pool.hpp>

namespace safeq::net {

/// Threads of their own for calls that take long, so that others never stand in line behind them; and only so many
/// calls at a time, running or in line: the next one is turned away before anything is done for it.
/// *Threads*: safe from several threads.
class BoundedPool final {
public:
    /// The right to one call; gives it back when destroyed. Must not outlive the pool.
    class Place final {
    public:
        Place(Place&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)} {}
        Place& operator=(Place&& other) noexcept {
            std::swap(pool_, other.pool_);
            return *this;
        }
        ~Place() {
            if (pool_ != nullptr) --pool_->taken_;
        }

    private:
        friend class BoundedPool;
        explicit Place(BoundedPool& pool) noexcept : pool_{&pool} {}
        BoundedPool* pool_;
    };

    BoundedPool(std::size_t threads, std::size_t at_once) : at_once_{at_once}, threads_{threads} {}
    BoundedPool(const BoundedPool&) = delete;
    BoundedPool& operator=(const BoundedPool&) = delete;

    /// None, at once, when `at_once` calls have one.
    [[nodiscard]] std::optional<Place> enter() noexcept {
        if (taken_.fetch_add(1) < at_once_) return Place{*this};
        --taken_;
        return std::nullopt;
    }

    /// Where the calls run, each while it has its place.
    [[nodiscard]] asio::thread_pool& threads() noexcept { return threads_; }

private:
    std::size_t at_once_;
    std::atomic<std::size_t> taken_{0};
    asio::thread_pool threads_;
};

}  // namespace safeq::net
