// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <safeq/core/network.hpp>
#include <safeq/net/connection_limits.hpp>

namespace safeq::net {

/// Who may have a connection, and who has. *Threads*: safe from several threads.
class ConnectionPlaces {
    using Strangers = std::map<std::string, std::size_t>;

public:
    /// One connection's; gives it back when destroyed.
    class Place {
    public:
        Place(Place&& other) noexcept
            : all_{std::exchange(other.all_, nullptr)}, stranger_{std::exchange(other.stranger_, std::nullopt)} {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (all_ == nullptr) return;
            const std::scoped_lock lock{all_->mutex_};
            forget_stranger();
            --all_->taken_;
        }

        /// The peer has shown who it is.
        void known() noexcept {
            const std::scoped_lock lock{all_->mutex_};
            forget_stranger();
        }

    private:
        friend class ConnectionPlaces;
        Place(ConnectionPlaces& all, Strangers::iterator stranger) noexcept : all_{&all}, stranger_{stranger} {}
        void forget_stranger() noexcept {
            if (!stranger_) return;
            if (--(*stranger_)->second == 0) all_->strangers_.erase(*stranger_);
            stranger_.reset();
        }

        ConnectionPlaces* all_;
        std::optional<Strangers::iterator> stranger_;
    };

    explicit ConnectionPlaces(ConnectionLimits limits) noexcept : limits_{limits} {}

    /// None where the address, or the listener, has as many as it may.
    [[nodiscard]] std::optional<Place> enter(const std::string& address) {
        const std::scoped_lock lock{mutex_};
        if (taken_ >= limits_.all) return std::nullopt;
        const auto at = strangers_.try_emplace(network_of(address)).first;
        if (at->second >= limits_.strangers_each) return std::nullopt;
        ++at->second;
        ++taken_;
        return Place{*this, at};
    }

    [[nodiscard]] std::size_t taken() const noexcept {
        const std::scoped_lock lock{mutex_};
        return taken_;
    }

private:
    const ConnectionLimits limits_;
    mutable std::mutex mutex_;
    std::size_t taken_ = 0;
    Strangers strangers_;  // networks from which there are some
};

}  // namespace safeq::net
