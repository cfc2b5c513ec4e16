// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq::daemon {

/// Structured logging to standard error: "time level event key=value …", values escaped. No secret, no document title
/// and no person's name is ever handed to these.
void start_logging(std::string_view program, bool verbose);

/// One event with its fields, already formatted as "key=value key=value".
void log_info(std::string_view event, std::string_view fields = {});
void log_warning(std::string_view event, std::string_view fields = {});
void log_error(std::string_view event, const Error& error);
void log_debug(std::string_view event, std::string_view fields = {});

/// key=value with the value quoted and escaped where needed.
[[nodiscard]] std::string field(std::string_view key, std::string_view value);

}  // namespace safeq::daemon
