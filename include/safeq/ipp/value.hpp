// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>

namespace safeq::ipp {

struct Attribute;

/// The syntax of a value, by its tag on the wire. *Source*: RFC 8010, 3.5.2; RFC 3380 for the last three out-of-band
/// values.
enum class ValueTag : std::uint8_t {
    unsupported = 0x10,
    unknown = 0x12,
    no_value = 0x13,
    not_settable = 0x15,
    delete_attribute = 0x16,
    admin_define = 0x17,

    integer = 0x21,
    boolean = 0x22,
    enumeration = 0x23,

    octet_string = 0x30,
    date_time = 0x31,
    resolution = 0x32,
    range_of_integer = 0x33,
    collection = 0x34,
    text_with_language = 0x35,
    name_with_language = 0x36,

    text = 0x41,  ///< textWithoutLanguage
    name = 0x42,  ///< nameWithoutLanguage
    keyword = 0x44,
    uri = 0x45,
    uri_scheme = 0x46,
    charset = 0x47,
    natural_language = 0x48,
    mime_media_type = 0x49,
};

/// The syntax for a tag from the wire, or nothing for a tag that is no value's.
[[nodiscard]] std::optional<ValueTag> value_tag(std::uint8_t tag) noexcept;

/// "integer", "nameWithoutLanguage", "no-value", …
[[nodiscard]] std::string_view name(ValueTag tag) noexcept;

/// The longest value of a syntax, in octets as on the wire. *Source*: RFC 8011, 5.1.
[[nodiscard]] std::size_t max_length(ValueTag tag) noexcept;

/// A moment with its offset from UTC. *Source*: RFC 2579, DateAndTime.
struct DateTime {
    std::uint16_t year = 1970;
    std::uint8_t month = 1;
    std::uint8_t day = 1;
    std::uint8_t hour = 0;
    std::uint8_t minute = 0;
    std::uint8_t second = 0;  ///< 60 for a leap second
    std::uint8_t deciseconds = 0;
    char direction = '+';  ///< from UTC: '+' or '-'
    std::uint8_t offset_hours = 0;
    std::uint8_t offset_minutes = 0;

    /// In UTC, cut to a tenth of a second.
    [[nodiscard]] static DateTime from(Time time) noexcept;
    [[nodiscard]] Time to_time() const noexcept;
    friend bool operator==(const DateTime&, const DateTime&) = default;
};

/// Dots per unit of length, across the feed and along it.
struct Resolution {
    /// The unit of length, by its number on the wire.
    enum class Unit : std::uint8_t { per_inch = 3, per_centimetre = 4 };
    std::int32_t cross_feed = 0;
    std::int32_t feed = 0;
    Unit unit = Unit::per_inch;
    friend bool operator==(const Resolution&, const Resolution&) = default;
};

/// Bounds as they came: a peer may send a lower bound that is above the upper one.
struct Range {
    std::int32_t lower = 0;
    std::int32_t upper = 0;
    /// Whether the value is within the bounds, or one of them.
    [[nodiscard]] bool contains(std::int32_t value) const noexcept { return lower <= value && value <= upper; }
    friend bool operator==(const Range&, const Range&) = default;
};

/// A text and the natural language that it is in.
struct LanguageText {
    std::string language;
    std::string text;
    friend bool operator==(const LanguageText&, const LanguageText&) = default;
};

/// Member attributes of one collection value, in order.
class Collection final {
public:
    Collection() noexcept;
    explicit Collection(std::vector<Attribute> members) noexcept;
    Collection(const Collection&);
    Collection(Collection&&) noexcept;
    Collection& operator=(const Collection&);
    Collection& operator=(Collection&&) noexcept;
    ~Collection();

    [[nodiscard]] const std::vector<Attribute>& members() const noexcept { return members_; }
    /// The member of that name, or null.
    [[nodiscard]] const Attribute* find(std::string_view name) const noexcept;

    friend bool operator==(const Collection& a, const Collection& b);

private:
    std::vector<Attribute> members_;
};

/// One value of an attribute, always well formed for its syntax: `decode` refuses what isn't; the makers cut a string
/// at a character's end to what the syntax allows and put '?' where it has a character that IPP may not carry.
class Value final {
public:
    /// A value of one syntax. Octets over its length are cut; a date that there isn't becomes the beginning of 1970.
    /// @{
    [[nodiscard]] static Value integer(std::int32_t value) { return {ValueTag::integer, value}; }
    [[nodiscard]] static Value boolean(bool value) { return {ValueTag::boolean, value}; }
    [[nodiscard]] static Value enumeration(std::int32_t value) { return {ValueTag::enumeration, value}; }
    [[nodiscard]] static Value octets(ByteView value);
    [[nodiscard]] static Value date_time(const DateTime& value);
    [[nodiscard]] static Value resolution(const Resolution& value) { return {ValueTag::resolution, value}; }
    [[nodiscard]] static Value range(Range value) { return {ValueTag::range_of_integer, value}; }
    [[nodiscard]] static Value collection(Collection value) { return {ValueTag::collection, std::move(value)}; }
    [[nodiscard]] static Value text(std::string_view value);
    [[nodiscard]] static Value name(std::string_view value);
    [[nodiscard]] static Value text_with_language(std::string_view language, std::string_view text);
    [[nodiscard]] static Value name_with_language(std::string_view language, std::string_view text);
    [[nodiscard]] static Value keyword(std::string_view value);
    [[nodiscard]] static Value uri(std::string_view value);
    [[nodiscard]] static Value uri_scheme(std::string_view value);
    [[nodiscard]] static Value charset(std::string_view value);
    [[nodiscard]] static Value natural_language(std::string_view value);
    [[nodiscard]] static Value mime_media_type(std::string_view value);
    /// @}

    /// An out-of-band value, which stands in place of one.
    /// @{
    [[nodiscard]] static Value unsupported() { return {ValueTag::unsupported, std::monostate{}}; }
    [[nodiscard]] static Value unknown() { return {ValueTag::unknown, std::monostate{}}; }
    [[nodiscard]] static Value no_value() { return {ValueTag::no_value, std::monostate{}}; }
    /// @}

    /// A value of any syntax but collection from its octets.
    /// *Errors*: `ipp_malformed` for a length or content that the syntax doesn't have; `too_large`; `invalid_utf8` and
    /// `control_character` for strings.
    [[nodiscard]] static Result<Value> decode(ValueTag tag, ByteView octets);

    [[nodiscard]] ValueTag tag() const noexcept { return tag_; }
    [[nodiscard]] bool out_of_band() const noexcept { return std::holds_alternative<std::monostate>(data_); }

    // The value where it has that syntax. A name or text is given without its language.
    [[nodiscard]] std::optional<std::int32_t> as_integer() const noexcept;
    [[nodiscard]] std::optional<std::int32_t> as_enumeration() const noexcept;
    [[nodiscard]] std::optional<bool> as_boolean() const noexcept;
    [[nodiscard]] std::optional<Range> as_range() const noexcept;
    [[nodiscard]] std::optional<Resolution> as_resolution() const noexcept;
    [[nodiscard]] std::optional<DateTime> as_date_time() const noexcept;
    [[nodiscard]] std::optional<ByteView> as_octets() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_text() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_name() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_keyword() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_uri() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_charset() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_natural_language() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_mime_media_type() const noexcept;
    /// Any string syntax, without its language.
    [[nodiscard]] std::optional<std::string_view> as_string() const noexcept;
    [[nodiscard]] const Collection* as_collection() const noexcept;
    /// The language of a text or name that carries its own.
    [[nodiscard]] std::optional<std::string_view> language() const noexcept;

    friend bool operator==(const Value&, const Value&) = default;

private:
    using Data = std::variant<std::monostate, std::int32_t, bool, std::string, Bytes, LanguageText, DateTime,
                              Resolution, Range, Collection>;
    Value(ValueTag tag, Data data) : tag_{tag}, data_{std::move(data)} {}
    [[nodiscard]] std::optional<std::string_view> string_of(ValueTag tag) const noexcept;

    ValueTag tag_;
    Data data_;
};

}  // namespace safeq::ipp
