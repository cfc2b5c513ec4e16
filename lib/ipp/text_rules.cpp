// SPDX-License-Identifier: Apache-2.0
#include "ipp/text_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::ipp::detail {
namespace {

bool control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

std::size_t character_length(char lead) noexcept {
    const auto byte = static_cast<unsigned char>(lead);
    return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

}  // namespace

Result<void> check(std::string_view text, Charset charset) {
    if (charset == Charset::unicode) return check_name(text, text.size(), "ipp value");
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (control(text[at]))
            return fail(Errc::control_character, "ipp value", fmt::format("0x{:02x} at byte {}", text[at], at));
        if (!ascii(text[at]) || (text[at] == ' ' && charset == Charset::graphic))
            return fail(Errc::ipp_malformed, "ipp value",
                        fmt::format("0x{:02x} at byte {} of an ASCII token", static_cast<unsigned char>(text[at]), at));
    }
    return {};
}

std::string clean(std::string_view text, Charset charset, std::size_t max_bytes) {
    if (text.size() <= max_bytes && check(text, charset)) return std::string{text};
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view character = text.substr(at, character_length(text[at]));
        const bool good = check(character, charset).has_value();
        const std::string_view kept = good ? character : std::string_view{"?"};
        if (kept.size() > max_bytes - out.size()) break;
        out += kept;
        at += good ? character.size() : 1;
    }
    return out;
}

}  // namespace safeq::ipp::detail
