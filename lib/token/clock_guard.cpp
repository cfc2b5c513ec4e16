// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/clock_guard.hpp>

#include <algorithm>

namespace safeq::token {

Time ClockGuard::now() {
    const std::scoped_lock lock{mutex_};
    const Time now = clock_.now();
    if (now < marks_.latest) {
        marks_.made_by = std::max(marks_.made_by, now);
        marks_.over_by = std::max(marks_.over_by, marks_.latest);
    }
    marks_.latest = now;
    return now;
}

bool ClockGuard::was_over(Time issued, Time expires) const {
    const std::scoped_lock lock{mutex_};
    return issued <= marks_.made_by && expires <= marks_.over_by;
}

Time ClockGuard::latest() const {
    const std::scoped_lock lock{mutex_};
    return std::max(marks_.latest, marks_.over_by);
}

ClockMarks ClockGuard::marks() const {
    const std::scoped_lock lock{mutex_};
    return marks_;
}

}  // namespace safeq::token
