// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <safeq/audit/log_store.hpp>

namespace safeq::store {

/// What one `append` wrote into a journal; the format is described in docs/formats/audit_v1.md.
struct JournalFrame {
    audit::Index first = 0;
    std::vector<ByteView> entries = {};
    std::size_t bytes = 0;  ///< of the whole frame
};

[[nodiscard]] Bytes encode_frame(audit::Index first, std::span<const ByteView> entries);

/// The frame at the beginning of `in`; nothing when there is no whole one.
[[nodiscard]] std::optional<JournalFrame> parse_frame(ByteView in);

/// Whether a whole frame begins anywhere in `in`.
[[nodiscard]] bool holds_frame(ByteView in);

}  // namespace safeq::store
