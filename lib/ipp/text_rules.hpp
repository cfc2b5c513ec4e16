// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq::ipp::detail {

/// What a string may hold.
enum class Charset {
    unicode,    ///< UTF-8 without controls and what deceives a reader
    graphic,    ///< printable ASCII without space
    printable,  ///< printable ASCII with space
};

/// *Errors*: `invalid_utf8`, `control_character`; `ipp_malformed` for other characters that don't belong there.
[[nodiscard]] Result<void> check(std::string_view text, Charset charset);

/// The text cut at a character's end to `max_bytes`, with '?' for what `check` would refuse.
[[nodiscard]] std::string clean(std::string_view text, Charset charset, std::size_t max_bytes);

}  // namespace safeq::ipp::detail
