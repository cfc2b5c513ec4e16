// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/value.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <safeq/ipp/attribute.hpp>
#include "ipp/syntax.hpp"
#include "ipp/text_rules.hpp"

namespace safeq::ipp {
namespace {

std::string cleaned(ValueTag tag, std::string_view text) {
    std::string out = detail::clean(text, detail::charset_of(tag), max_length(tag));
    if (out.empty() && detail::min_length(tag) > 0) out = "?";
    return out;
}

std::int32_t read_i32(ByteView in) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(in[i]);
    return static_cast<std::int32_t>(value);
}

bool valid(const DateTime& d) noexcept {
    return d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 && d.hour <= 23 && d.minute <= 59 &&
           d.second <= 60 && d.deciseconds <= 9 && (d.direction == '+' || d.direction == '-') && d.offset_hours <= 14 &&
           d.offset_minutes <= 59;
}

Result<DateTime> read_date_time(ByteView in) {
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint8_t>(in[i]); };
    DateTime d;
    d.year = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
    d.month = byte(2);
    d.day = byte(3);
    d.hour = byte(4);
    d.minute = byte(5);
    d.second = byte(6);
    d.deciseconds = byte(7);
    d.direction = static_cast<char>(byte(8));
    d.offset_hours = byte(9);
    d.offset_minutes = byte(10);
    if (!valid(d)) return fail(Errc::ipp_malformed, "ipp value", "a dateTime with a field out of range");
    return d;
}

Result<LanguageText> read_language_text(ByteView in, detail::Charset charset, std::size_t max_text) {
    ByteReader reader{in};
    constexpr std::string_view what = "ipp value";
    const auto broken = [&] {
        return fail(Errc::ipp_malformed, std::string{what}, "lengths inside a string with language");
    };
    const auto language_length = reader.u16(what);
    if (!language_length || *language_length == 0 || *language_length > max_length(ValueTag::natural_language))
        return broken();
    const auto language = reader.take(*language_length, what);
    if (!language) return broken();
    const auto text_length = reader.u16(what);
    if (!text_length || *text_length != reader.remaining() || *text_length > max_text) return broken();
    LanguageText out{std::string{as_text(*language)}, std::string{as_text(reader.rest())}};
    SAFEQ_TRY_VOID(detail::check(out.language, detail::Charset::graphic));
    SAFEQ_TRY_VOID(detail::check(out.text, charset));
    return out;
}

template <class T, class V>
std::optional<T> get(ValueTag tag, ValueTag wanted, const V& data) noexcept {
    if (tag != wanted) return std::nullopt;
    const T* value = std::get_if<T>(&data);
    return value ? std::optional<T>{*value} : std::nullopt;
}

}  // namespace

Value Value::octets(ByteView value) {
    return {ValueTag::octet_string, to_bytes(value.first(std::min(value.size(), max_length(ValueTag::octet_string))))};
}

Value Value::date_time(const DateTime& value) { return {ValueTag::date_time, valid(value) ? value : DateTime{}}; }
Value Value::text(std::string_view value) { return {ValueTag::text, cleaned(ValueTag::text, value)}; }
Value Value::name(std::string_view value) { return {ValueTag::name, cleaned(ValueTag::name, value)}; }
Value Value::text_with_language(std::string_view language, std::string_view text) {
    return {ValueTag::text_with_language,
            LanguageText{cleaned(ValueTag::natural_language, language), cleaned(ValueTag::text, text)}};
}
Value Value::name_with_language(std::string_view language, std::string_view text) {
    return {ValueTag::name_with_language,
            LanguageText{cleaned(ValueTag::natural_language, language), cleaned(ValueTag::name, text)}};
}
Value Value::keyword(std::string_view value) { return {ValueTag::keyword, cleaned(ValueTag::keyword, value)}; }
Value Value::uri(std::string_view value) { return {ValueTag::uri, cleaned(ValueTag::uri, value)}; }
Value Value::uri_scheme(std::string_view value) { return {ValueTag::uri_scheme, cleaned(ValueTag::uri_scheme, value)}; }
Value Value::charset(std::string_view value) { return {ValueTag::charset, cleaned(ValueTag::charset, value)}; }
Value Value::natural_language(std::string_view value) {
    return {ValueTag::natural_language, cleaned(ValueTag::natural_language, value)};
}
Value Value::mime_media_type(std::string_view value) {
    return {ValueTag::mime_media_type, cleaned(ValueTag::mime_media_type, value)};
}

Result<Value> Value::decode(ValueTag tag, ByteView octets) {
    SAFEQ_TRY_VOID(detail::check_length(tag, octets.size()));
    switch (tag) {
        case ValueTag::unsupported:
        case ValueTag::unknown:
        case ValueTag::no_value:
        case ValueTag::not_settable:
        case ValueTag::delete_attribute:
        case ValueTag::admin_define: return Value{tag, std::monostate{}};
        case ValueTag::integer:
        case ValueTag::enumeration: return Value{tag, read_i32(octets)};
        case ValueTag::boolean: {
            const auto byte = std::to_integer<unsigned>(octets[0]);
            if (byte > 1) return fail(Errc::ipp_malformed, "ipp value", fmt::format("a boolean of 0x{:02x}", byte));
            return Value{tag, byte == 1};
        }
        case ValueTag::octet_string: return Value{tag, to_bytes(octets)};
        case ValueTag::date_time: {
            SAFEQ_TRY(const DateTime moment, read_date_time(octets));
            return Value{tag, moment};
        }
        case ValueTag::resolution: {
            const auto unit = std::to_integer<std::uint8_t>(octets[8]);
            if (unit != 3 && unit != 4)
                return fail(Errc::ipp_malformed, "ipp value", fmt::format("resolution in unit {}", unit));
            return Value{
                tag, Resolution{read_i32(octets), read_i32(octets.subspan(4)), static_cast<Resolution::Unit>(unit)}};
        }
        case ValueTag::range_of_integer: return Value{tag, Range{read_i32(octets), read_i32(octets.subspan(4))}};
        case ValueTag::collection:
            return fail(Errc::invalid_argument, "ipp value", "a collection has no octets of its own");
        case ValueTag::text_with_language:
        case ValueTag::name_with_language: {
            const ValueTag plain = tag == ValueTag::text_with_language ? ValueTag::text : ValueTag::name;
            SAFEQ_TRY(LanguageText text, read_language_text(octets, detail::charset_of(plain), max_length(plain)));
            return Value{tag, std::move(text)};
        }
        case ValueTag::text:
        case ValueTag::name:
        case ValueTag::keyword:
        case ValueTag::uri:
        case ValueTag::uri_scheme:
        case ValueTag::charset:
        case ValueTag::natural_language:
        case ValueTag::mime_media_type:
            SAFEQ_TRY_VOID(detail::check(safeq::as_text(octets), detail::charset_of(tag)));
            return Value{tag, std::string{safeq::as_text(octets)}};
    }
    return fail(Errc::ipp_malformed, "ipp value", "unknown syntax");
}

std::optional<std::int32_t> Value::as_integer() const noexcept {
    return get<std::int32_t>(tag_, ValueTag::integer, data_);
}
std::optional<std::int32_t> Value::as_enumeration() const noexcept {
    return get<std::int32_t>(tag_, ValueTag::enumeration, data_);
}
std::optional<bool> Value::as_boolean() const noexcept { return get<bool>(tag_, ValueTag::boolean, data_); }
std::optional<Range> Value::as_range() const noexcept { return get<Range>(tag_, ValueTag::range_of_integer, data_); }
std::optional<Resolution> Value::as_resolution() const noexcept {
    return get<Resolution>(tag_, ValueTag::resolution, data_);
}
std::optional<DateTime> Value::as_date_time() const noexcept { return get<DateTime>(tag_, ValueTag::date_time, data_); }

std::optional<ByteView> Value::as_octets() const noexcept {
    const Bytes* octets = std::get_if<Bytes>(&data_);
    return octets ? std::optional<ByteView>{*octets} : std::nullopt;
}

std::optional<std::string_view> Value::string_of(ValueTag tag) const noexcept {
    return tag_ == tag ? as_string() : std::nullopt;
}

std::optional<std::string_view> Value::as_text() const noexcept {
    return tag_ == ValueTag::text || tag_ == ValueTag::text_with_language ? as_string() : std::nullopt;
}
std::optional<std::string_view> Value::as_name() const noexcept {
    return tag_ == ValueTag::name || tag_ == ValueTag::name_with_language ? as_string() : std::nullopt;
}
std::optional<std::string_view> Value::as_keyword() const noexcept { return string_of(ValueTag::keyword); }
std::optional<std::string_view> Value::as_uri() const noexcept { return string_of(ValueTag::uri); }
std::optional<std::string_view> Value::as_charset() const noexcept { return string_of(ValueTag::charset); }
std::optional<std::string_view> Value::as_natural_language() const noexcept {
    return string_of(ValueTag::natural_language);
}
std::optional<std::string_view> Value::as_mime_media_type() const noexcept {
    return string_of(ValueTag::mime_media_type);
}

std::optional<std::string_view> Value::as_string() const noexcept {
    if (const auto* plain = std::get_if<std::string>(&data_)) return *plain;
    if (const auto* both = std::get_if<LanguageText>(&data_)) return both->text;
    return std::nullopt;
}

const Collection* Value::as_collection() const noexcept { return std::get_if<Collection>(&data_); }

std::optional<std::string_view> Value::language() const noexcept {
    if (const auto* both = std::get_if<LanguageText>(&data_)) return both->language;
    return std::nullopt;
}

DateTime DateTime::from(Time time) noexcept {
    namespace chr = std::chrono;
    constexpr Time first{chr::sys_days{chr::year{0} / 1 / 1}};
    constexpr Time last{chr::sys_days{chr::year{9999} / 12 / 31} + chr::hours{23}};
    time = std::clamp(time, first, last);
    const auto midnight = chr::floor<chr::days>(time);
    const chr::year_month_day date{midnight};
    const chr::hh_mm_ss<chr::milliseconds> clock{time - midnight};
    DateTime d;
    d.year = static_cast<std::uint16_t>(static_cast<int>(date.year()));
    d.month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month()));
    d.day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()));
    d.hour = static_cast<std::uint8_t>(clock.hours().count());
    d.minute = static_cast<std::uint8_t>(clock.minutes().count());
    d.second = static_cast<std::uint8_t>(clock.seconds().count());
    d.deciseconds = static_cast<std::uint8_t>(clock.subseconds().count() / 100);
    return d;
}

Time DateTime::to_time() const noexcept {
    namespace chr = std::chrono;
    const chr::minutes offset = chr::hours{offset_hours} + chr::minutes{offset_minutes};
    // The days of a month are counted on where it has fewer: 31 April is 1 May.
    const chr::sys_days first_of_month{chr::year{std::min<int>(year, 32767)} / chr::month{month} / 1};
    const Time local = first_of_month + chr::days{day - 1} + chr::hours{hour} + chr::minutes{minute} +
                       chr::seconds{second} + chr::milliseconds{deciseconds * 100};
    return direction == '-' ? local + offset : local - offset;
}

Collection::Collection() noexcept = default;
Collection::Collection(std::vector<Attribute> members) noexcept : members_{std::move(members)} {}
Collection::Collection(const Collection&) = default;
Collection::Collection(Collection&&) noexcept = default;
Collection& Collection::operator=(const Collection&) = default;
Collection& Collection::operator=(Collection&&) noexcept = default;
Collection::~Collection() = default;

const Attribute* Collection::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(members_, name, &Attribute::name);
    return found == members_.end() ? nullptr : &*found;
}

bool operator==(const Collection& a, const Collection& b) { return a.members_ == b.members_; }

}  // namespace safeq::ipp
