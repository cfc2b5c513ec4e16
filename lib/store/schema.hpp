// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <safeq/store/database.hpp>

namespace safeq::store {

/// The steps that bring a file from one version of its schema to the next; the n-th makes version n. Never edit one
/// that was released: add one.
[[nodiscard]] std::span<const char* const> schema_steps(Database::Purpose purpose) noexcept;

/// Tells the file's purpose in its header (SQLite's application_id).
[[nodiscard]] std::int64_t application_id(Database::Purpose purpose) noexcept;

}  // namespace safeq::store
