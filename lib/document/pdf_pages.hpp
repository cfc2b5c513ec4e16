// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <safeq/core/bytes.hpp>

namespace safeq::document {

/// The number of pages of a PDF in memory; nothing for one that is encrypted or can't be read, and for one with more
/// than `max_pages` or whose structure unpacks to much more than itself. This is the seam over libqpdf: none of its
/// exceptions, warnings or output pass. *Threads*: safe from several threads.
[[nodiscard]] std::optional<std::uint32_t> count_pdf_pages(ByteView pdf, std::uint32_t max_pages) noexcept;

}  // namespace safeq::document
