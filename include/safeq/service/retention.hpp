// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace safeq::service {

/// How long jobs are kept for their owners.
struct Retention {
    std::chrono::milliseconds held;  ///< from when it came until it expires
    /// A favourite, from when it was made one. What is kept so long outlives the key of its day and is sealed anew.
    std::chrono::milliseconds kept = std::chrono::days{90};
    /// A job's row when it has ended; what happened to it stays in the log.
    std::chrono::milliseconds ended = std::chrono::days{7};
};

}  // namespace safeq::service
