// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/report/report_store.hpp>

#include "sqlite.hpp"

namespace safeq::store {

/// The columns of a job's row, in the order in which `bind_row` binds and `read_row` reads them.
inline constexpr std::string_view report_job_columns =
    "tenant, job, owner, user_name, title, format, bytes, pages, copies, documents, prints, uncounted_prints, "
    "printed_pages, device, accepted, "
    "held, "
    "released, ended, outcome, restricted, first_seen";
/// What is derived from a row, so that it can be chosen and summed by; bound after the columns.
inline constexpr std::string_view report_derived_columns = "came, day, counted_prints, counted_pages, known_bytes";

void bind_row(sqlite::Statement& statement, const report::JobRow& row);
[[nodiscard]] Result<report::JobRow> read_row(sqlite::Statement& row);

/// Canonical: one text has one form.
[[nodiscard]] Bytes encode(const report::SealedText& text);
/// *Errors*: `truncated`, `trailing_data`.
[[nodiscard]] Result<report::SealedText> decode_sealed_text(ByteView bytes);

}  // namespace safeq::store
