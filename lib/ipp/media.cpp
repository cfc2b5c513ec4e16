// SPDX-License-Identifier: Apache-2.0
#include "ipp/media.hpp"

#include <algorithm>

#include <safeq/ipp/attribute.hpp>

namespace safeq::ipp::detail {
namespace {

// A decimal number with up to three places, in thousandths.
std::optional<std::int64_t> thousandths(std::string_view text) noexcept {
    std::int64_t value = 0;
    std::size_t places = 0, digits = 0;
    bool after_point = false;
    for (const char c : text) {
        if (c == '.' && !after_point && digits > 0) {
            after_point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 8 || (after_point && ++places > 3)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    if (digits == 0 || (after_point && places == 0)) return std::nullopt;
    for (; places < 3; ++places) value *= 10;
    return value;
}

std::optional<std::int32_t> hundredths_of_mm(std::string_view text, bool inches) noexcept {
    const auto value = thousandths(text);
    if (!value) return std::nullopt;
    const std::int64_t size = inches ? (*value * 254 + 50) / 100 : (*value + 5) / 10;
    if (size <= 0 || size > 10'000'000) return std::nullopt;
    return static_cast<std::int32_t>(size);
}

bool is_integer(const Attribute& attribute, std::int32_t value) noexcept {
    const Value* only = attribute.only();
    return only && only->as_integer() == value;
}

bool is_word(const Attribute& attribute, std::string_view word) noexcept {
    const Value* only = attribute.only();
    return only && (only->as_keyword() == word || only->as_name() == word);
}

std::optional<MediaSize> size_of(const Attribute& attribute) noexcept {
    const Value* only = attribute.only();
    const Collection* size = only ? only->as_collection() : nullptr;
    if (!size || size->members().size() != 2) return std::nullopt;
    const auto dimension = [&](std::string_view name) -> std::optional<std::int32_t> {
        const Attribute* member = size->find(name);
        return member && member->only() ? member->only()->as_integer() : std::nullopt;
    };
    const auto width = dimension("x-dimension"), length = dimension("y-dimension");
    if (!width || !length) return std::nullopt;
    return MediaSize{*width, *length};
}

}  // namespace

std::optional<MediaSize> media_size(std::string_view name) noexcept {
    const std::size_t last = name.rfind('_');
    if (last == std::string_view::npos || name.find('_') == last) return std::nullopt;
    std::string_view size = name.substr(last + 1);
    const bool inches = size.ends_with("in");
    if (!inches && !size.ends_with("mm")) return std::nullopt;
    size.remove_suffix(2);
    const std::size_t x = size.find('x');
    if (x == std::string_view::npos) return std::nullopt;
    const auto width = hundredths_of_mm(size.substr(0, x), inches),
               length = hundredths_of_mm(size.substr(x + 1), inches);
    if (!width || !length) return std::nullopt;
    return MediaSize{*width, *length};
}

Collection media_size_collection(MediaSize size) {
    return Collection{
        {Attribute{"x-dimension", Value::integer(size.width)}, Attribute{"y-dimension", Value::integer(size.length)}}};
}

Collection media_col(MediaSize size) {
    return Collection{{
        Attribute{"media-size", Value::collection(media_size_collection(size))},
        Attribute{"media-bottom-margin", Value::integer(media_margin)},
        Attribute{"media-left-margin", Value::integer(media_margin)},
        Attribute{"media-right-margin", Value::integer(media_margin)},
        Attribute{"media-top-margin", Value::integer(media_margin)},
        Attribute{"media-source", Value::keyword(media_source)},
        Attribute{"media-type", Value::keyword(media_type)},
    }};
}

std::optional<std::string> match_media_col(const Collection& wanted, const std::vector<std::string>& supported) {
    std::string found;
    for (const Attribute& member : wanted.members()) {
        if (member.name == "media-size") {
            const auto size = size_of(member);
            const auto match = std::ranges::find_if(
                supported, [&](const std::string& name) { return size && media_size(name) == size; });
            if (match == supported.end()) return std::nullopt;
            found = *match;
        } else if (member.name == "media-size-name") {
            const auto match =
                std::ranges::find_if(supported, [&](const std::string& name) { return is_word(member, name); });
            if (match == supported.end()) return std::nullopt;
            if (found.empty()) found = *match;
        } else if (member.name == "media-type") {
            if (!is_word(member, media_type)) return std::nullopt;
        } else if (member.name == "media-source") {
            if (!is_word(member, media_source)) return std::nullopt;
        } else if (member.name.starts_with("media-") && member.name.ends_with("-margin")) {
            if (!is_integer(member, media_margin)) return std::nullopt;
        } else {
            return std::nullopt;
        }
    }
    return found;
}

}  // namespace safeq::ipp::detail
