// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace safeq::daemon {

/// A value that is read by many and now and then replaced as a whole. Who has got it keeps what it got.
/// *Threads*: safe from several threads.
template <class T>
class Current {
public:
    [[nodiscard]] std::shared_ptr<const T> get() const {
        const std::scoped_lock lock{mutex_};
        return value_;
    }
    void set(T value) {
        auto fresh = std::make_shared<const T>(std::move(value));
        const std::scoped_lock lock{mutex_};
        value_.swap(fresh);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_ = std::make_shared<const T>();
};

}  // namespace safeq::daemon
