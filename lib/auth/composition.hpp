// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace safeq::auth {

/// Whether the text is surely in Unicode's composed form (NFC) already. Says no to some texts that are: those with a
/// free-standing combining accent. *Requires*: well-formed UTF-8. *Source*: Unicode Standard Annex #15, quick check.
[[nodiscard]] bool is_composed(std::string_view text) noexcept;

}  // namespace safeq::auth
