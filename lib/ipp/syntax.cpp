// SPDX-License-Identifier: Apache-2.0
#include "ipp/syntax.hpp"

#include <array>

#include <fmt/format.h>

namespace safeq::ipp {
namespace {

struct Syntax {
    ValueTag tag;
    std::string_view name;
    std::size_t least;
    std::size_t most;
    detail::Charset charset = detail::Charset::graphic;
};

constexpr auto unicode = detail::Charset::unicode;
constexpr auto printable = detail::Charset::printable;
constexpr std::size_t language = 63;

// RFC 8011, 5.1, with two lengths of two octets and a language before the strings that carry one.
constexpr std::array syntaxes{
    Syntax{ValueTag::unsupported, "unsupported", 0, 0},
    Syntax{ValueTag::unknown, "unknown", 0, 0},
    Syntax{ValueTag::no_value, "no-value", 0, 0},
    Syntax{ValueTag::not_settable, "not-settable", 0, 0},
    Syntax{ValueTag::delete_attribute, "delete-attribute", 0, 0},
    Syntax{ValueTag::admin_define, "admin-define", 0, 0},
    Syntax{ValueTag::integer, "integer", 4, 4},
    Syntax{ValueTag::boolean, "boolean", 1, 1},
    Syntax{ValueTag::enumeration, "enum", 4, 4},
    Syntax{ValueTag::octet_string, "octetString", 0, 1023},
    Syntax{ValueTag::date_time, "dateTime", 11, 11},
    Syntax{ValueTag::resolution, "resolution", 9, 9},
    Syntax{ValueTag::range_of_integer, "rangeOfInteger", 8, 8},
    Syntax{ValueTag::collection, "collection", 0, 0},
    Syntax{ValueTag::text_with_language, "textWithLanguage", 5, 4 + language + 1023, unicode},
    Syntax{ValueTag::name_with_language, "nameWithLanguage", 5, 4 + language + 255, unicode},
    Syntax{ValueTag::text, "textWithoutLanguage", 0, 1023, unicode},
    Syntax{ValueTag::name, "nameWithoutLanguage", 0, 255, unicode},
    Syntax{ValueTag::keyword, "keyword", 1, 255},
    Syntax{ValueTag::uri, "uri", 0, 1023},
    Syntax{ValueTag::uri_scheme, "uriScheme", 1, 63},
    Syntax{ValueTag::charset, "charset", 1, 63},
    Syntax{ValueTag::natural_language, "naturalLanguage", 1, language},
    Syntax{ValueTag::mime_media_type, "mimeMediaType", 1, 255, printable},
};

constexpr const Syntax& syntax(ValueTag tag) noexcept {
    for (const Syntax& s : syntaxes)
        if (s.tag == tag) return s;
    return syntaxes.front();
}

}  // namespace

std::optional<ValueTag> value_tag(std::uint8_t tag) noexcept {
    for (const Syntax& s : syntaxes)
        if (static_cast<std::uint8_t>(s.tag) == tag) return s.tag;
    return std::nullopt;
}

std::string_view name(ValueTag tag) noexcept { return syntax(tag).name; }
std::size_t max_length(ValueTag tag) noexcept { return syntax(tag).most; }

namespace detail {

Charset charset_of(ValueTag tag) noexcept { return syntax(tag).charset; }
std::size_t min_length(ValueTag tag) noexcept { return syntax(tag).least; }

Result<void> check_length(ValueTag tag, std::size_t octets) {
    const Syntax& s = syntax(tag);
    if (octets > s.most && s.most > s.least)
        return fail(Errc::too_large, "ipp value", fmt::format("{} octets of {}, at most {}", octets, s.name, s.most));
    if (octets < s.least || octets > s.most)
        return fail(Errc::ipp_malformed, "ipp value", fmt::format("{} octets of {}", octets, s.name));
    return {};
}

}  // namespace detail
}  // namespace safeq::ipp
