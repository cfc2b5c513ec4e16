// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <safeq/http/message.hpp>

namespace safeq::http::detail {

/// Where a message ends, by its head.
struct Framing {
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
};

/// Reads what the head says about the body, and refuses what two readers could take in two ways.
/// *Errors*: `http_malformed`; `too_large` for more than `most` bytes. *Source*: RFC 9112, 6.
[[nodiscard]] Result<Framing> read_framing(const Headers& headers, int minor_version, std::uint64_t most);

/// Whether a field of this name says where a message ends or to whom it goes: in a trailer, after the fact, it must not
/// stand (RFC 9110, 6.5.1).
[[nodiscard]] bool frames(std::string_view name) noexcept;

}  // namespace safeq::http::detail
