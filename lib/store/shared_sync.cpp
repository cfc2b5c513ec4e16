// SPDX-License-Identifier: Apache-2.0
#include "shared_sync.hpp"

#include <exception>
#include <optional>

namespace safeq::store {

struct SharedSync::Round {
    std::optional<Result<void>> outcome;
    std::exception_ptr thrown;
};

Result<void> SharedSync::operator()() {
    std::unique_lock lock{mutex_};
    if (next_ == nullptr) next_ = std::make_shared<Round>();
    const std::shared_ptr<Round> mine = next_;
    const auto done = [&] { return mine->outcome.has_value() || mine->thrown != nullptr; };
    ended_.wait(lock, [&] { return done() || !syncing_; });
    if (!done()) {
        // Nobody joins a round that has begun: what they want synced may come too late for it.
        next_.reset();
        syncing_ = true;
        lock.unlock();
        std::optional<Result<void>> outcome;
        std::exception_ptr thrown;
        try {
            outcome = sync_();
        } catch (...) {
            thrown = std::current_exception();
        }
        lock.lock();
        mine->outcome = std::move(outcome);
        mine->thrown = thrown;
        syncing_ = false;
        ended_.notify_all();
    }
    if (mine->thrown != nullptr) std::rethrow_exception(mine->thrown);
    return *mine->outcome;
}

}  // namespace safeq::store
