// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/clock_guard.hpp>

#include <algorithm>

namespace safeq::token {

Time ClockGuard::now() {
    const std::scoped_lock lock{mutex_};
    const Time now = clock_.now();
    if (now < latest_) {
        made_by_ = std::max(made_by_, now);
        over_by_ = std::max(over_by_, latest_);
    }
    latest_ = now;
    return now;
}

bool ClockGuard::was_over(Time issued, Time expires) const {
    const std::scoped_lock lock{mutex_};
    return issued <= made_by_ && expires <= over_by_;
}

}  // namespace safeq::token
