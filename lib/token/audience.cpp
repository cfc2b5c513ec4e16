// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/audience.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

// Nothing that JSON would have to escape, so that a name has one spelling in a token.
bool is_allowed(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '/' || c == '_' || c == '-';
}

}  // namespace

Result<Audience> Audience::parse(std::string_view text) {
    if (text.empty()) return fail(Errc::malformed, "audience", "empty");
    if (text.size() > max_bytes) return fail(Errc::too_large, "audience");
    if (!std::ranges::all_of(text, is_allowed)) return fail(Errc::malformed, "audience");
    return Audience{text};
}

}  // namespace safeq::token
