// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <asio/thread_pool.hpp>

namespace safeq::net {

/// Threads of their own for calls that take long, so that others never stand in line behind them; and only so many
/// calls at a time, running or in line: the next one is turned away before anything is done for it. Where calls are
/// made on somebody's behalf, nobody takes all places for themselves. *Threads*: safe from several threads.
class BoundedPool final {
public:
    /// The right to one call; gives it back when destroyed. Must not outlive the pool.
    class Place final {
    public:
        Place(Place&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, holder_{other.holder_} {}
        Place& operator=(Place&& other) noexcept {
            std::swap(pool_, other.pool_);
            std::swap(holder_, other.holder_);
            return *this;
        }
        ~Place() {
            if (pool_ != nullptr) pool_->leave(holder_);
        }

    private:
        friend class BoundedPool;
        using Holder = std::map<std::string, std::size_t, std::less<>>::iterator;
        Place(BoundedPool& pool, Holder holder) noexcept : pool_{&pool}, holder_{holder} {}
        BoundedPool* pool_;
        Holder holder_;
    };

    /// `each`: places for one name at a time; all of them for who has none.
    BoundedPool(std::size_t threads, std::size_t at_once, std::size_t each)
        : at_once_{at_once}, each_{each}, threads_{threads} {}
    BoundedPool(std::size_t threads, std::size_t at_once) : BoundedPool{threads, at_once, at_once} {}
    BoundedPool(const BoundedPool&) = delete;
    BoundedPool& operator=(const BoundedPool&) = delete;

    /// None, at once, when `at_once` calls have one.
    [[nodiscard]] std::optional<Place> enter() {
        const std::scoped_lock lock{mutex_};
        if (taken_ >= at_once_) return std::nullopt;
        return take(holders_.try_emplace({}).first);
    }

    /// The same on behalf of `name`: none when that has `each` already, and, once half of all places are taken, when it
    /// has one.
    [[nodiscard]] std::optional<Place> enter(std::string_view name) {
        const std::scoped_lock lock{mutex_};
        const auto found = holders_.find(name);
        const std::size_t held = found == holders_.end() ? 0 : found->second;
        if (taken_ >= at_once_ || held >= each_ || (held > 0 && taken_ >= at_once_ / 2)) return std::nullopt;
        return take(found == holders_.end() ? holders_.emplace(name, 0).first : found);
    }

    /// Where the calls run, each while it has its place.
    [[nodiscard]] asio::thread_pool& threads() noexcept { return threads_; }

private:
    [[nodiscard]] Place take(Place::Holder holder) noexcept {
        ++taken_;
        ++holder->second;
        return {*this, holder};
    }
    void leave(Place::Holder holder) noexcept {
        const std::scoped_lock lock{mutex_};
        --taken_;
        if (--holder->second == 0) holders_.erase(holder);
    }

    const std::size_t at_once_, each_;
    std::mutex mutex_;
    std::size_t taken_ = 0;
    std::map<std::string, std::size_t, std::less<>> holders_;  // those that have places, and how many
    asio::thread_pool threads_;
};

}  // namespace safeq::net
