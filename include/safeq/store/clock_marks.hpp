// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/store/database.hpp>
#include <safeq/token/clock_guard.hpp>

namespace safeq::store {

/// What was last kept of the clock, to begin the process's one `token::ClockGuard` with; as if nothing was seen where
/// nothing was kept. `RevocationStore` keeps it at each sweep, `ReplayStore` whenever it forgets.
[[nodiscard]] Result<token::ClockMarks> clock_marks(Database& database);

/// Keeps them, durably, in place of what was kept before.
[[nodiscard]] Result<void> keep_clock_marks(Database& database, const token::ClockMarks& marks);

}  // namespace safeq::store
