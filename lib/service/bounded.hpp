// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <safeq/core/text.hpp>

namespace safeq::service {

/// Texts of devices and daemons are bounded, for a record is.
[[nodiscard]] inline std::string_view bounded(std::string_view text) noexcept { return utf8_prefix(text, 1024); }

}  // namespace safeq::service
