// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/text.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace safeq {
namespace {

struct Decoded {
    char32_t point;
    std::size_t length;
};

// The code point at `at`, or nothing where the bytes there are not well-formed UTF-8.
std::optional<Decoded> decode(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) return Decoded{first, 1};
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > text.size() - at) return std::nullopt;
    char32_t point = first & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return std::nullopt;
        point = (point << 6) | (byte(at + i) & 0x3fu);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    return Decoded{point, length};
}

// Controls, separators and directional overrides: characters that let a name forge what a reader sees.
bool deceives(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const auto c = decode(text, at);
        if (!c) return false;
        at += c->length;
    }
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept {
    if (text.size() <= max_bytes) return text;
    std::size_t end = max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

Result<void> check_name(std::string_view text, std::size_t max_bytes, std::string_view what) {
    if (text.size() > max_bytes)
        return fail(Errc::too_large, std::string{what}, fmt::format("{} bytes, at most {}", text.size(), max_bytes));
    for (std::size_t at = 0; at < text.size();) {
        const auto c = decode(text, at);
        if (!c) return fail(Errc::invalid_utf8, std::string{what}, fmt::format("at byte {}", at));
        if (deceives(c->point))
            return fail(Errc::control_character, std::string{what},
                        fmt::format("U+{:04X} at byte {}", static_cast<std::uint32_t>(c->point), at));
        at += c->length;
    }
    return {};
}

std::string escape_for_log(std::string_view text, std::size_t max_bytes) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (at >= max_bytes) return out + "…";
        const auto c = decode(text, at);
        if (!c) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at++]));
            continue;
        }
        if (c->point == '\\') out += "\\\\";
        else if (c->point < 0x80 && deceives(c->point))
            out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c->point));
        else if (deceives(c->point)) out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c->point));
        else out += text.substr(at, c->length);
        at += c->length;
    }
    return out;
}

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out.push_back(c);
        }
    }
    return out;
}

std::string escape_csv(std::string_view text) {
    std::string out;
    if (!text.empty() && std::string_view{"=+-@\t\r"}.contains(text.front())) out.push_back('\'');
    out += text;
    if (out.find_first_of(",\"\r\n") == std::string::npos && out == text) return out;
    std::string quoted = "\"";
    for (const char c : out) {
        if (c == '"') quoted.push_back('"');
        quoted.push_back(c);
    }
    return quoted + '"';
}

std::string ascii_lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace safeq
