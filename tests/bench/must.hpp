// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include <safeq/core/error.hpp>

namespace safeq::bench {

/// The value, or the end of the program with the error's sentence: a benchmark goes on from nothing.
template <class T>
T must(Result<T> result) {
    if (!result) {
        fmt::print(stderr, "benchmark: {}\n", result.error().message());
        std::exit(1);
    }
    return *std::move(result);
}

inline void must(const Result<void>& result) {
    if (!result) {
        fmt::print(stderr, "benchmark: {}\n", result.error().message());
        std::exit(1);
    }
}

}  // namespace safeq::bench
