// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq {

/// Whether the text is well-formed UTF-8: no overlong form, no surrogate, nothing over U+10FFFF. *Source*: RFC 3629.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// The beginning of well-formed UTF-8, at most that long, that doesn't end inside a character.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept;

/// Checks a name that came from outside: valid UTF-8, at most `max_bytes` long, no C0 or C1 control character, no
/// line or paragraph separator, no bidirectional override.
/// *Errors*: `too_large`, `invalid_utf8`, `control_character`, each naming `what`.
[[nodiscard]] Result<void> check_name(std::string_view text, std::size_t max_bytes, std::string_view what);

/// The text for a log line: printable characters as they are, all others as `\xNN` or `\u{N}`; cut with an ellipsis
/// after `max_bytes` of input.
[[nodiscard]] std::string escape_for_log(std::string_view text, std::size_t max_bytes = 256);

/// The text inside HTML, in an element or a quoted attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

/// One CSV field: quoted where needed (RFC 4180), and a leading `=`, `+`, `-`, `@`, tab or return disarmed with an
/// apostrophe so that no spreadsheet takes it as a formula.
[[nodiscard]] std::string escape_csv(std::string_view text);

/// Lower case for ASCII letters only; protocol tokens, not names of people.
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool ascii_iequals(std::string_view a, std::string_view b) noexcept;

}  // namespace safeq
