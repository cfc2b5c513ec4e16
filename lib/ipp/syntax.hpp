// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <safeq/core/error.hpp>
#include <safeq/ipp/value.hpp>
#include "ipp/text_rules.hpp"

namespace safeq::ipp::detail {

/// The characters of a string syntax.
[[nodiscard]] Charset charset_of(ValueTag tag) noexcept;

/// The shortest value of a syntax, in octets as on the wire.
[[nodiscard]] std::size_t min_length(ValueTag tag) noexcept;

/// Whether a value of that syntax may have so many octets. *Errors*: `ipp_malformed`; `too_large` for a string.
[[nodiscard]] Result<void> check_length(ValueTag tag, std::size_t octets);

}  // namespace safeq::ipp::detail
