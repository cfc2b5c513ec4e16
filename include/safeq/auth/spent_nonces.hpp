// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <variant>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>

namespace safeq::auth {

/// Where a credential was shown: at a device, or at a listener, which is a daemon's.
using CredentialPlace = std::variant<DeviceId, InstanceId>;

/// What makes a sealed credential open only once.
using CredentialNonce = std::array<std::byte, 16>;

/// How many nonces are remembered at a time.
struct NonceLimits {
    std::size_t each_place;  ///< so that no place can take what the others need
    std::size_t in_all;      ///< and however many there are, memory is bounded
};

/// 200 a second from each listener, for the four minutes that each is remembered; 200 MiB at the most.
inline constexpr NonceLimits nonces_2026{.each_place = 50'000, .in_all = 1'000'000};
static_assert(nonces_2026.in_all / nonces_2026.each_place >= 20);

/// The nonces that must not come again, each until its time is over. Nothing is ever searched from one end to the
/// other. *Threads*: safe from several threads.
class SpentNonces final {
public:
    explicit SpentNonces(const NonceLimits& limits) noexcept : limits_{limits} {}

    /// *Errors*: `duplicate` for one that was spent, wherever; `busy` when its place, or all of them together, have as
    /// many as they may.
    [[nodiscard]] Result<void> spend(const CredentialPlace& place, const CredentialNonce& nonce, Time forget_after,
                                     Time now);

    /// How many are remembered.
    [[nodiscard]] std::size_t size() const;

private:
    using ByTime = std::set<std::pair<Time, CredentialNonce>>;

    void forget(Time now);

    NonceLimits limits_;
    mutable std::mutex mutex_;
    std::map<CredentialNonce, CredentialPlace> spent_;
    ByTime by_time_;
    std::map<CredentialPlace, std::size_t> at_;  ///< how many of each place are remembered
};

}  // namespace safeq::auth
