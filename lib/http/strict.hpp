// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace safeq::http::detail {

/// Whether the llhttp that is linked, with nothing before it, refuses what only a lenient reader takes: a head that
/// ends with a bare carriage return, and chunk data that no line end follows.
[[nodiscard]] bool llhttp_is_strict();

}  // namespace safeq::http::detail
