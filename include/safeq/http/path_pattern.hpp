// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace safeq::http {

/// Values by the names of a pattern.
using PathParameters = std::map<std::string, std::string, std::less<>>;

/// The parameters of a decoded path that fits a pattern such as "/v1/jobs/{job}/release": each `{name}` takes one
/// segment, not empty; a `{name...}` at the end takes all that is left. Nothing when it doesn't fit.
[[nodiscard]] std::optional<PathParameters> match_path(std::string_view pattern, std::string_view path);

}  // namespace safeq::http
