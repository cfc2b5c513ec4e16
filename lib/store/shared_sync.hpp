// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <safeq/core/error.hpp>

namespace safeq::store {

/// One sync for all who ask while another is under way: each returns after a sync that began after it asked.
/// *Threads*: safe from several threads; `sync` is called in one of them, one call at a time.
class SharedSync final {
public:
    using Sync = std::function<Result<void>()>;

    explicit SharedSync(Sync sync) : sync_{std::move(sync)} {}

    /// *Errors*: those of the sync, which everybody gets who waited for it.
    [[nodiscard]] Result<void> operator()();

private:
    struct Round;  // those who are served by one sync

    Sync sync_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool syncing_ = false;
    std::shared_ptr<Round> next_;  // whoever asks now joins it; null: nobody has yet
};

}  // namespace safeq::store
