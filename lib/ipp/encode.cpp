// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/codec.hpp>

#include "ipp/text_rules.hpp"

namespace safeq::ipp {
namespace {

constexpr std::uint8_t end_of_attributes = 0x03;
constexpr std::uint8_t end_collection = 0x37;
constexpr std::uint8_t member_name = 0x4a;
constexpr std::size_t max_name = 255;

class Encoder final {
public:
    Bytes encode(const Message& message) {
        out_.u8(message.version.major).u8(message.version.minor).u16(message.code);
        out_.u32(static_cast<std::uint32_t>(message.request_id));
        for (const Group& group : message.groups) {
            out_.u8(static_cast<std::uint8_t>(group.tag));
            for (const Attribute& attribute : group.attributes) {
                std::string name = detail::clean(attribute.name, detail::Charset::graphic, max_name);
                if (name.empty()) continue;
                for (const Value& value : attribute.values) write(value, std::exchange(name, {}));
            }
        }
        out_.u8(end_of_attributes);
        return out_.take();
    }

private:
    void field(std::string_view text) { out_.u16(static_cast<std::uint16_t>(text.size())).text(text); }

    void write(const Value& value, std::string_view name) {
        out_.u8(static_cast<std::uint8_t>(value.tag()));
        field(name);
        switch (value.tag()) {
            case ValueTag::unsupported:
            case ValueTag::unknown:
            case ValueTag::no_value:
            case ValueTag::not_settable:
            case ValueTag::delete_attribute:
            case ValueTag::admin_define: out_.u16(0); break;
            case ValueTag::integer: integer(*value.as_integer()); break;
            case ValueTag::enumeration: integer(*value.as_enumeration()); break;
            case ValueTag::boolean: out_.u16(1).u8(*value.as_boolean() ? 1 : 0); break;
            case ValueTag::octet_string: field(as_text(*value.as_octets())); break;
            case ValueTag::date_time: date_time(*value.as_date_time()); break;
            case ValueTag::resolution: resolution(*value.as_resolution()); break;
            case ValueTag::range_of_integer: range(*value.as_range()); break;
            case ValueTag::collection: collection(*value.as_collection()); break;
            case ValueTag::text_with_language:
            case ValueTag::name_with_language: {
                const std::string_view language = *value.language(), text = *value.as_string();
                out_.u16(static_cast<std::uint16_t>(4 + language.size() + text.size()));
                field(language);
                field(text);
                break;
            }
            case ValueTag::text:
            case ValueTag::name:
            case ValueTag::keyword:
            case ValueTag::uri:
            case ValueTag::uri_scheme:
            case ValueTag::charset:
            case ValueTag::natural_language:
            case ValueTag::mime_media_type: field(*value.as_string()); break;
        }
    }

    void integer(std::int32_t value) { out_.u16(4).u32(static_cast<std::uint32_t>(value)); }

    void range(const Range& value) {
        out_.u16(8).u32(static_cast<std::uint32_t>(value.lower)).u32(static_cast<std::uint32_t>(value.upper));
    }

    void resolution(const Resolution& value) {
        out_.u16(9).u32(static_cast<std::uint32_t>(value.cross_feed)).u32(static_cast<std::uint32_t>(value.feed));
        out_.u8(static_cast<std::uint8_t>(value.unit));
    }

    void date_time(const DateTime& d) {
        out_.u16(11).u16(d.year).u8(d.month).u8(d.day).u8(d.hour).u8(d.minute).u8(d.second).u8(d.deciseconds);
        out_.u8(static_cast<std::uint8_t>(d.direction)).u8(d.offset_hours).u8(d.offset_minutes);
    }

    void collection(const Collection& value) {
        out_.u16(0);
        for (const Attribute& member : value.members()) {
            const std::string name = detail::clean(member.name, detail::Charset::graphic, max_name);
            if (name.empty() || member.values.empty()) continue;
            out_.u8(member_name).u16(0);
            field(name);
            for (const Value& inner : member.values) write(inner, {});
        }
        out_.u8(end_collection).u16(0).u16(0);
    }

    ByteWriter out_;
};

}  // namespace

Bytes encode(const Message& message) { return Encoder{}.encode(message); }

}  // namespace safeq::ipp
