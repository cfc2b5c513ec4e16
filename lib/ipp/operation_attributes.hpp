// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/ipp/message.hpp>

namespace safeq::ipp::detail {

/// Why a request is refused before its operation begins.
struct Refusal {
    Status status;
    std::string message;
    std::vector<Attribute> unsupported;
};

/// Request-id, charset and language, and the order of groups. *Source*: RFC 8011, 4.1.1 to 4.1.4.
[[nodiscard]] std::optional<Refusal> check_frame(const Message& request);

/// Whether each operation attribute that the engine knows has the syntax and number of values that it must have.
[[nodiscard]] std::optional<Refusal> check_operation_attributes(const Group& operation);

/// The operation attributes that nobody here knows, as they go back to the client: with the value "unsupported".
[[nodiscard]] std::vector<Attribute> unknown_operation_attributes(const Group& operation);

// The value of an operation attribute, after `check_operation_attributes`.
[[nodiscard]] std::string string_value(const Group& operation, std::string_view name);
[[nodiscard]] std::optional<std::int32_t> integer_value(const Group& operation, std::string_view name);
[[nodiscard]] std::optional<bool> boolean_value(const Group& operation, std::string_view name);

}  // namespace safeq::ipp::detail
