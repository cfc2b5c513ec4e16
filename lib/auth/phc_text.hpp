// SPDX-License-Identifier: Apache-2.0
// Pieces of strings in the PHC manner, shared by their parsers; strict and canonical.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/auth/pepper.hpp>
#include <safeq/core/bytes.hpp>

namespace safeq::auth::phc {

/// Base64 without padding.
[[nodiscard]] std::string b64(ByteView bytes);
/// *Errors*: `malformed`, `not_canonical`, naming `where`.
[[nodiscard]] Result<Bytes> from_b64(std::string_view text, std::string_view where);

/// The text up to `stop`, which must be there; `in` goes on after it. *Errors*: `malformed`.
[[nodiscard]] Result<std::string_view> until(std::string_view& in, char stop, std::string_view what,
                                             std::string_view where);

/// The decimal number after `prefix`. *Errors*: `malformed`; `not_canonical` for leading zeros; `weak_parameters` over
/// 32 bits.
[[nodiscard]] Result<std::uint32_t> number(std::string_view text, std::string_view prefix, std::string_view where);

/// `keyid=` and the id of a pepper. *Errors*: `malformed`, `not_canonical`; `unsupported` for an id of another length.
[[nodiscard]] Result<PepperId> key_id(std::string_view text, std::string_view where);

}  // namespace safeq::auth::phc
