// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <safeq/core/bytes.hpp>

namespace safeq::document {

/// What a document is, by its own bytes and not by what its sender says.
enum class Format : std::uint8_t {
    unknown,
    pdf,
    pwg_raster,
    jpeg,
    postscript,  ///< told apart so that it can be refused by name
};

/// The first bytes that `sniff` looks at; with fewer it may say `unknown` of what it would know later.
inline constexpr std::size_t sniff_bytes = 1024;

/// The format that the first bytes show. A PDF's header may stand anywhere in the first 1,024 bytes, as readers accept
/// it, but not behind a UEL or the beginning of another format.
[[nodiscard]] Format sniff(ByteView first_bytes) noexcept;

/// "application/pdf", "image/pwg-raster", "image/jpeg", "application/postscript"; "application/octet-stream" for
/// unknown.
[[nodiscard]] std::string_view mime_type(Format format) noexcept;

/// The format for a MIME media type without parameters; unknown for all others.
[[nodiscard]] Format format_of(std::string_view mime_type) noexcept;

/// "PDF", for people.
[[nodiscard]] std::string_view name(Format format) noexcept;

}  // namespace safeq::document
