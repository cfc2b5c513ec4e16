// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace safeq {

/// For SAFEQ_FAIL_POINT. *Threads*: any.
void reach_fail_point(std::string_view name) noexcept;

}  // namespace safeq

/// A named moment at which a crash test may end the process, as `kill -9` would. In the environment of a process,
/// `SAFEQ_FAIL_POINT=NAME` or `NAME:N` lets it end when it comes there for the first or the N-th time, and
/// `SAFEQ_FAIL_POINT_TRACE=FILE` appends the name of each point that it passes, a line each.
/// Compiled only where the CMake option SAFEQ_FAIL_POINTS is on, which it is for development and never for a release:
/// elsewhere it is nothing. A name stands at one place alone (tests/house/fail_points_test.py), and each is met by
/// tests/crash/fail_points_test.py.
#ifdef SAFEQ_FAIL_POINTS
#define SAFEQ_FAIL_POINT(name) ::safeq::reach_fail_point(name)
#else
#define SAFEQ_FAIL_POINT(name) static_cast<void>(0)
#endif
