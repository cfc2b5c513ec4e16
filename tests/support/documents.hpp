// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <safeq/core/bytes.hpp>

namespace safeq::test {

/// A valid PDF with a cross-reference table; every page shows the text and its own number.
[[nodiscard]] Bytes make_pdf(std::uint32_t pages, std::string_view text);

/// A valid PWG raster stream of small grey pages, with repeated lines, runs and literal pixels.
[[nodiscard]] Bytes make_pwg_raster(std::uint32_t pages);

/// A valid baseline JPEG of 8 by 8 grey pixels.
[[nodiscard]] Bytes make_jpeg();

}  // namespace safeq::test
