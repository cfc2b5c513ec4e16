// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <safeq/ipp/message.hpp>

namespace safeq::ipp::detail {

/// The version in which a request is answered: its own where it is one of 1.0, 1.1 and 2.0 to 2.2, otherwise the
/// nearest.
[[nodiscard]] Version answer_version(Version asked) noexcept;

/// Whether requests of this version are understood: any of major version 1 or 2. *Source*: RFC 8011, 4.1.8.
[[nodiscard]] bool understands(Version asked) noexcept;

/// A response with charset and language and nothing else.
[[nodiscard]] Message reply(const MessageHeader& request, Status status, std::string_view status_message = {});

/// Adds what was not supported, and says so in a successful status.
void add_unsupported(Message& response, std::vector<Attribute> unsupported);

}  // namespace safeq::ipp::detail
