// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <safeq/token/store.hpp>

namespace safeq::token {

/// The time by which tokens expire. What has expired stays expired: when the clock goes back, everything that was over
/// by the latest time ever seen is removed from the store before the earlier time counts. So a clock that leaps ahead
/// and returns ends tokens too early, never too late. Over a restart it is the sweeps that count: what they removed is
/// gone, what was over since the last one is not remembered. *Threads*: safe from several threads.
class ExpiryClock final {
public:
    ExpiryClock(const Clock& clock, ExpiringStore& store) noexcept : clock_{clock}, store_{store} {}

    /// *Errors*: the store's, when what has expired couldn't be removed.
    [[nodiscard]] Result<Time> now();

private:
    std::mutex mutex_;
    const Clock& clock_;
    ExpiringStore& store_;
    Time latest_{};
};

}  // namespace safeq::token
