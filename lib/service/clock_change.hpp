// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include <safeq/audit/record.hpp>

namespace safeq::service {

/// What a record of a changed clock says: which way, and by how much.
inline void add_clock_change(audit::Record& record, std::chrono::milliseconds by) {
    const bool back = by < by.zero();
    const auto size = static_cast<std::uint64_t>(back ? -by.count() : by.count());
    record.add(audit::field::direction, back ? "back" : "forward")
        .add(audit::field::by_ms, std::min(size, audit::max_number));
}

}  // namespace safeq::service
