// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/value.hpp>

#include <limits>

#include <catch2/catch_test_macros.hpp>

#include <safeq/ipp/attribute.hpp>

using namespace safeq;
using namespace safeq::ipp;

namespace {

Bytes octets(std::initializer_list<unsigned> values) {
    Bytes out;
    for (const unsigned v : values) out.push_back(static_cast<std::byte>(v));
    return out;
}

Errc code(const Result<Value>& value) {
    REQUIRE_FALSE(value);
    return value.error().code;
}

}  // namespace

TEST_CASE("integers are taken as they come, the least and the greatest too") {
    const auto read = [](std::initializer_list<unsigned> in) {
        return Value::decode(ValueTag::integer, octets(in)).value().as_integer();
    };
    CHECK(read({0, 0, 0, 1}) == 1);
    CHECK(read({0xff, 0xff, 0xff, 0xff}) == -1);
    CHECK(read({0x80, 0, 0, 0}) == std::numeric_limits<std::int32_t>::min());
    CHECK(read({0x7f, 0xff, 0xff, 0xff}) == std::numeric_limits<std::int32_t>::max());
    CHECK(code(Value::decode(ValueTag::integer, octets({0, 0, 1}))) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::enumeration, octets({0, 0, 0, 0, 1}))) == Errc::ipp_malformed);
}

TEST_CASE("a boolean is 0 or 1") {
    CHECK(Value::decode(ValueTag::boolean, octets({0})).value().as_boolean() == false);
    CHECK(Value::decode(ValueTag::boolean, octets({1})).value().as_boolean() == true);
    CHECK(code(Value::decode(ValueTag::boolean, octets({2}))) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::boolean, {})) == Errc::ipp_malformed);
}

TEST_CASE("out-of-band values have no content") {
    CHECK(Value::decode(ValueTag::no_value, {}).value().out_of_band());
    CHECK(code(Value::decode(ValueTag::unknown, octets({0}))) == Errc::ipp_malformed);
}

TEST_CASE("strings keep to their characters") {
    CHECK(Value::decode(ValueTag::name, as_bytes("Grüße.pdf")).value().as_name() == "Grüße.pdf");
    CHECK(code(Value::decode(ValueTag::name, as_bytes("a\xc3"))) == Errc::invalid_utf8);
    CHECK(code(Value::decode(ValueTag::name, as_bytes("a\xc0\x80z"))) == Errc::invalid_utf8);
    CHECK(code(Value::decode(ValueTag::name, as_bytes("a\nb"))) == Errc::control_character);
    CHECK(code(Value::decode(ValueTag::text, as_bytes("a\x1b[2Jb"))) == Errc::control_character);
    CHECK(code(Value::decode(ValueTag::text, as_bytes("a\xc2\x9b"
                                                      "b"))) == Errc::control_character);
    CHECK(code(Value::decode(ValueTag::name, ByteView{as_bytes(std::string_view{"a\0b", 3})})) ==
          Errc::control_character);
    CHECK(code(Value::decode(ValueTag::keyword, as_bytes("two words"))) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::keyword, {})) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::uri, as_bytes("ipp://h/\r\nX"))) == Errc::control_character);
    CHECK(Value::decode(ValueTag::mime_media_type, as_bytes("text/plain; charset=utf-8")).has_value());
    CHECK(Value::decode(ValueTag::text, {}).value().as_text() == "");
}

TEST_CASE("no value is longer than its syntax allows") {
    const std::string longest(1023, 'x');
    CHECK(Value::decode(ValueTag::text, as_bytes(longest)).has_value());
    CHECK(code(Value::decode(ValueTag::text, as_bytes(longest + "x"))) == Errc::too_large);
    CHECK(code(Value::decode(ValueTag::name, as_bytes(std::string(256, 'x')))) == Errc::too_large);
    CHECK(code(Value::decode(ValueTag::keyword, as_bytes(std::string(32767, 'x')))) == Errc::too_large);
}

TEST_CASE("strings with a language hold two lengths that must agree") {
    const Bytes good = octets({0, 2, 'd', 'e', 0, 3, 'a', 'b', 'c'});
    const auto value = Value::decode(ValueTag::name_with_language, good);
    REQUIRE(value);
    CHECK(value->as_name() == "abc");
    CHECK(value->as_text() == std::nullopt);
    CHECK(value->language() == "de");
    CHECK(code(Value::decode(ValueTag::name_with_language, octets({0, 2, 'd', 'e', 0, 4, 'a', 'b', 'c'}))) ==
          Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::name_with_language, octets({0, 2, 'd', 'e', 0, 2, 'a', 'b', 'c'}))) ==
          Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::name_with_language, octets({0xff, 0xff, 'd', 'e', 0, 2, 'a'}))) ==
          Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::text_with_language, octets({0, 0, 0, 1, 'a'}))) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::text_with_language, octets({0, 1, 'd'}))) == Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::text_with_language, octets({0, 2, 'd', 'e', 0, 1, 7}))) ==
          Errc::control_character);
}

TEST_CASE("moments, resolutions and ranges") {
    const Bytes moment = octets({0x07, 0xea, 11, 22, 21, 54, 13, 1, '+', 1, 30});
    const auto value = Value::decode(ValueTag::date_time, moment);
    REQUIRE(value);
    CHECK(to_rfc3339(value->as_date_time()->to_time()) == "2026-11-22T20:24:13.100Z");
    CHECK(code(Value::decode(ValueTag::date_time, octets({0x07, 0xea, 13, 22, 21, 54, 13, 1, '+', 1, 30}))) ==
          Errc::ipp_malformed);
    CHECK(code(Value::decode(ValueTag::date_time, octets({0x07, 0xea, 1, 22, 21, 54, 13, 1, 'x', 1, 30}))) ==
          Errc::ipp_malformed);

    const auto resolution = Value::decode(ValueTag::resolution, octets({0, 0, 2, 0x58, 0, 0, 1, 0x2c, 3}));
    REQUIRE(resolution);
    CHECK(resolution->as_resolution() == Resolution{600, 300, Resolution::Unit::per_inch});
    CHECK(code(Value::decode(ValueTag::resolution, octets({0, 0, 2, 0x58, 0, 0, 1, 0x2c, 9}))) == Errc::ipp_malformed);

    const auto range = Value::decode(ValueTag::range_of_integer, octets({0, 0, 0, 1, 0, 0, 0, 9}));
    REQUIRE(range);
    CHECK(range->as_range() == Range{1, 9});
}

TEST_CASE("a moment survives the way through IPP to a tenth of a second") {
    const Time time = parse_rfc3339("2024-02-29T23:59:59.900Z").value();
    CHECK(DateTime::from(time).to_time() == time);
}

TEST_CASE("makers cut and clean what IPP may not carry") {
    CHECK(Value::name("a\nb\x80").as_name() == "a?b?");
    CHECK(Value::name(std::string(300, 'x')).as_name()->size() == 255);
    const std::string wide = std::string(254, 'x') + "ü";
    CHECK(Value::name(wide).as_name() == std::string(254, 'x'));
    CHECK(Value::keyword("").as_keyword() == "?");
    CHECK(Value::keyword("one two").as_keyword() == "one?two");
    CHECK(Value::octets(Bytes(2000)).as_octets()->size() == 1023);
    DateTime broken;
    broken.month = 99;
    CHECK(Value::date_time(broken).as_date_time() == DateTime{});
}

TEST_CASE("a value is read as its own syntax only") {
    const Value number = Value::integer(3);
    CHECK(number.as_enumeration() == std::nullopt);
    CHECK(number.as_boolean() == std::nullopt);
    CHECK(number.as_string() == std::nullopt);
    CHECK(number.as_collection() == nullptr);
    CHECK(Value::enumeration(3).as_integer() == std::nullopt);
    CHECK(Value::keyword("x").as_name() == std::nullopt);
    CHECK(Value::octets(to_bytes("x")).as_string() == std::nullopt);
}

TEST_CASE("tags that are no value's are not known") {
    CHECK(value_tag(0x44) == ValueTag::keyword);
    for (const int tag : {0x00, 0x03, 0x14, 0x20, 0x24, 0x2f, 0x37, 0x38, 0x40, 0x43, 0x4a, 0x5f, 0x7f, 0xff})
        CHECK(value_tag(static_cast<std::uint8_t>(tag)) == std::nullopt);
}
