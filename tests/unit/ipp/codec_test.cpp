// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/codec.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::ipp;

namespace {

// Writes messages by hand, right or wrong.
class Raw {
public:
    Raw(unsigned major = 2, unsigned minor = 0, std::uint16_t code = 0x000b, std::uint32_t id = 1) {
        out_.u8(static_cast<std::uint8_t>(major)).u8(static_cast<std::uint8_t>(minor)).u16(code).u32(id);
    }
    Raw& tag(unsigned t) {
        out_.u8(static_cast<std::uint8_t>(t));
        return *this;
    }
    Raw& value(unsigned t, std::string_view name, std::string_view content) {
        tag(t);
        out_.u16(static_cast<std::uint16_t>(name.size())).text(name);
        out_.u16(static_cast<std::uint16_t>(content.size())).text(content);
        return *this;
    }
    Raw& length(std::uint16_t n) {
        out_.u16(n);
        return *this;
    }
    Bytes end() {
        out_.u8(0x03);
        return out_.take();
    }
    Bytes cut() { return out_.take(); }

private:
    ByteWriter out_;
};

constexpr std::string_view one{"\0\0\0\1", 4};

Error error_of(ByteView in, const Limits& limits = Limits::standard()) {
    const auto whole = decode(in, limits);
    REQUIRE_FALSE(whole);
    // One input has one error, however it arrives.
    HeadDecoder pieces{limits};
    Result<std::size_t> fed;
    for (std::size_t at = 0; at < in.size() && fed; ++at) fed = pieces.feed(in.subspan(at, 1));
    const auto end = pieces.finish();
    REQUIRE_FALSE(end);
    CHECK(end.error().message() == whole.error().message());
    return whole.error();
}

Errc code_of(ByteView in, const Limits& limits = Limits::standard()) { return error_of(in, limits).code; }

Message accepted(const Bytes& in) {
    const auto decoded = decode(in, Limits::standard());
    REQUIRE(decoded);
    CHECK(decoded->consumed == in.size());
    CHECK(encode(decoded->message) == in);
    return decoded->message;
}

}  // namespace

// The messages of RFC 8010, appendix A, by their content.
TEST_CASE("Print-Job request") {
    const Bytes in = Raw{1, 1, 0x0002, 1}
                         .tag(0x01)
                         .value(0x47, "attributes-charset", "utf-8")
                         .value(0x48, "attributes-natural-language", "en-us")
                         .value(0x45, "printer-uri", "ipp://printer.example.com/ipp/print/pinetree")
                         .value(0x42, "job-name", "foobar")
                         .value(0x22, "ipp-attribute-fidelity", "\1")
                         .tag(0x02)
                         .value(0x21, "copies", std::string_view{"\0\0\0\x14", 4})
                         .value(0x44, "sides", "two-sided-long-edge")
                         .end();
    const Message message = accepted(in);
    CHECK(message.version == Version{1, 1});
    CHECK(message.operation() == Operation::print_job);
    CHECK(message.request_id == 1);
    REQUIRE(message.groups.size() == 2);
    CHECK(message.groups[0].value("ipp-attribute-fidelity")->as_boolean() == true);
    CHECK(message.groups[1].value("copies")->as_integer() == 20);
}

TEST_CASE("Print-Job response, success with ignored attributes") {
    const Bytes in = Raw{1, 1, 0x0001, 1}
                         .tag(0x01)
                         .value(0x47, "attributes-charset", "utf-8")
                         .value(0x48, "attributes-natural-language", "en-us")
                         .value(0x41, "status-message", "successful-ok-ignored-or-substituted-attributes")
                         .tag(0x05)
                         .value(0x21, "copies", std::string_view{"\0\0\0\x14", 4})
                         .value(0x10, "sides", "")
                         .tag(0x02)
                         .value(0x21, "job-id", std::string_view{"\0\0\0\x93", 4})
                         .value(0x45, "job-uri", "ipp://printer.example.com/ipp/print/pinetree/147")
                         .value(0x23, "job-state", std::string_view{"\0\0\0\x03", 4})
                         .end();
    const Message message = accepted(in);
    CHECK(message.status() == Status::successful_ok_ignored_or_substituted_attributes);
    CHECK(message.find(GroupTag::unsupported)->value("sides")->tag() == ValueTag::unsupported);
    CHECK(message.find(GroupTag::job)->value("job-id")->as_integer() == 147);
}

TEST_CASE("Create-Job request with a collection") {
    const Bytes in = Raw{1, 1, 0x0005, 1}
                         .tag(0x01)
                         .value(0x47, "attributes-charset", "utf-8")
                         .value(0x48, "attributes-natural-language", "en-us")
                         .value(0x45, "printer-uri", "ipp://printer.example.com/ipp/print/pinetree")
                         .tag(0x02)
                         .value(0x34, "media-col", "")
                         .value(0x4a, "", "media-size")
                         .value(0x34, "", "")
                         .value(0x4a, "", "x-dimension")
                         .value(0x21, "", std::string_view{"\0\0\x52\x08", 4})
                         .value(0x4a, "", "y-dimension")
                         .value(0x21, "", std::string_view{"\0\0\x74\x04", 4})
                         .value(0x37, "", "")
                         .value(0x4a, "", "media-type")
                         .value(0x44, "", "stationery")
                         .value(0x37, "", "")
                         .end();
    const Message message = accepted(in);
    const Collection* media = message.groups[1].value("media-col")->as_collection();
    REQUIRE(media);
    const Collection* size = media->find("media-size")->only()->as_collection();
    REQUIRE(size);
    CHECK(size->find("x-dimension")->only()->as_integer() == 21000);
    CHECK(media->find("media-type")->only()->as_keyword() == "stationery");
}

TEST_CASE("Get-Jobs request, several values; response with several groups, one of them empty") {
    const Message request = accepted(Raw{1, 1, 0x000a, 123}
                                         .tag(0x01)
                                         .value(0x47, "attributes-charset", "utf-8")
                                         .value(0x48, "attributes-natural-language", "en-us")
                                         .value(0x45, "printer-uri", "ipp://printer.example.com/ipp/print/pinetree")
                                         .value(0x21, "limit", std::string_view{"\0\0\0\x32", 4})
                                         .value(0x44, "requested-attributes", "job-id")
                                         .value(0x44, "", "job-name")
                                         .value(0x44, "", "document-format")
                                         .end());
    CHECK(request.groups[0].find("requested-attributes")->values.size() == 3);

    const Message response = accepted(Raw{1, 1, 0, 123}
                                          .tag(0x01)
                                          .value(0x47, "attributes-charset", "utf-8")
                                          .value(0x48, "attributes-natural-language", "en-us")
                                          .tag(0x02)
                                          .value(0x21, "job-id", std::string_view{"\0\0\0\x93", 4})
                                          .value(0x36, "job-name", std::string_view{"\0\5fr-ca\0\3fou", 12})
                                          .tag(0x02)
                                          .tag(0x02)
                                          .value(0x21, "job-id", std::string_view{"\0\0\0\x94", 4})
                                          .value(0x36, "job-name", std::string_view{"\0\5de-CH\0\x09isch guet", 18})
                                          .end());
    REQUIRE(response.groups.size() == 4);
    CHECK(response.groups[2].attributes.empty());
    CHECK(response.groups[3].value("job-name")->language() == "de-CH");
}

TEST_CASE("what follows the end belongs to the document") {
    Bytes in = Raw{}.tag(1).value(0x21, "n", one).end();
    const std::size_t head = in.size();
    const Bytes document = to_bytes("%PDF-1.7 \x03 and more");
    in.insert(in.end(), document.begin(), document.end());
    const auto decoded = decode(in, Limits::standard());
    REQUIRE(decoded);
    CHECK(decoded->consumed == head);

    for (std::size_t piece = 1; piece <= in.size(); ++piece) {
        HeadDecoder decoder{Limits::standard()};
        std::size_t at = 0;
        while (!decoder.done()) {
            const auto taken = decoder.feed(ByteView{in}.subspan(at, std::min(piece, in.size() - at)));
            REQUIRE(taken);
            at += *taken;
        }
        CHECK(at == head);
        CHECK(decoder.consumed() == head);
        CHECK(decoder.feed(document).value() == 0);
        CHECK(decoder.finish().value() == decoded->message);
    }
}

TEST_CASE("the ids of a broken request are known") {
    HeadDecoder decoder{Limits::standard()};
    const Bytes in = Raw{1, 1, 0x0002, 77}.tag(0x7f).cut();
    CHECK(decoder.header() == std::nullopt);
    CHECK_FALSE(decoder.feed(in));
    CHECK(decoder.header() == MessageHeader{{1, 1}, 2, 77});
    CHECK_FALSE(decoder.done());
    CHECK_FALSE(decoder.feed(in));
    CHECK_FALSE(decoder.finish());
}

TEST_CASE("request-ids of any value can be decoded") {
    CHECK(accepted(Raw{2, 0, 2, 0}.tag(1).end()).request_id == 0);
    CHECK(accepted(Raw{2, 0, 2, 0x80000000u}.tag(1).end()).request_id == std::numeric_limits<std::int32_t>::min());
}

TEST_CASE("a head that is cut anywhere is truncated") {
    const Bytes in = Raw{}
                         .tag(1)
                         .value(0x21, "number", one)
                         .value(0x34, "c", "")
                         .value(0x4a, "", "m")
                         .value(0x44, "", "k")
                         .value(0x37, "", "")
                         .end();
    for (std::size_t size = 0; size < in.size(); ++size) CHECK(code_of(ByteView{in}.first(size)) == Errc::truncated);
}

TEST_CASE("an error tells the attribute and the offset") {
    const Error error = error_of(Raw{}.tag(1).value(0x42, "job-name", "a\nb").end());
    CHECK(error.code == Errc::control_character);
    CHECK(error.where == "ipp attribute 'job-name'");
    CHECK(error.detail.find("at offset 22") != std::string::npos);
    const Error nested =
        error_of(Raw{}.tag(1).value(0x34, "media-col", "").value(0x4a, "", "media-size").value(0x22, "", "\2").end());
    CHECK(nested.where == "ipp attribute 'media-col/media-size'");
}

TEST_CASE("tags that nobody knows are refused") {
    for (const unsigned tag : {0x00u, 0x0bu, 0x0fu}) CHECK(code_of(Raw{}.tag(tag).end()) == Errc::ipp_malformed);
    for (const unsigned tag : {0x11u, 0x14u, 0x20u, 0x2fu, 0x38u, 0x43u, 0x5fu, 0x7fu, 0x80u, 0xffu})
        CHECK(code_of(Raw{}.tag(1).value(tag, "x", "").end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.value(0x21, "x", one).end()) == Errc::ipp_malformed);
}

TEST_CASE("lengths that lie are refused before anything is kept") {
    CHECK(code_of(Raw{}.tag(1).tag(0x21).length(0x8000).cut()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).tag(0x21).length(0xffff).cut()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).tag(0x21).length(0x7fff).cut()) == Errc::too_large);
    CHECK(code_of(Raw{}.tag(1).tag(0x41).length(1).tag('t').length(0xffff).cut()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).tag(0x41).length(1).tag('t').length(0x7fff).cut()) == Errc::too_large);
    CHECK(code_of(Raw{}.tag(1).tag(0x21).length(1).tag('t').length(5).cut()) == Errc::ipp_malformed);
}

TEST_CASE("names must be there, printable and unique") {
    CHECK(code_of(Raw{}.tag(1).value(0x21, "", one).end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x21, "a\x01", one).end()) == Errc::control_character);
    CHECK(code_of(Raw{}.tag(1).value(0x21, "a b", one).end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x21, "\xc3\xa4", one).end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x21, "a", one).value(0x21, "b", one).value(0x21, "a", one).end()) ==
          Errc::duplicate);
    CHECK(accepted(Raw{}.tag(1).value(0x21, "a", one).tag(2).value(0x21, "a", one).end()).groups.size() == 2);
    CHECK(code_of(
              Raw{}.tag(1).value(0x34, "c", "").value(0x4a, "", "m").value(0x21, "", one).value(0x4a, "", "m").end()) ==
          Errc::duplicate);
}

TEST_CASE("collections must be whole") {
    const auto begin = [] { return Raw{}.tag(1).value(0x34, "c", ""); };
    CHECK(code_of(begin().end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().tag(2).end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x21, "", one).end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x4a, "", "m").value(0x37, "", "").end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x4a, "", "m").value(0x4a, "", "n").end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x4a, "", "").end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x4a, "name", "m").end()) == Errc::ipp_malformed);
    CHECK(code_of(begin().value(0x37, "", "x").end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x34, "c", "x").end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x37, "", "").end()) == Errc::ipp_malformed);
    CHECK(code_of(Raw{}.tag(1).value(0x21, "n", one).value(0x4a, "", "m").end()) == Errc::ipp_malformed);
    CHECK(accepted(begin().value(0x37, "", "").end()).groups[0].value("c")->as_collection()->members().empty());
}

TEST_CASE("collections 1,000 deep stop at the limit") {
    Raw raw;
    raw.tag(1).value(0x34, "c", "");
    for (int i = 0; i < 1000; ++i) raw.value(0x4a, "", "m").value(0x34, "", "");
    for (int i = 0; i < 1001; ++i) raw.value(0x37, "", "");
    CHECK(code_of(raw.end()) == Errc::too_deep);

    Limits wide = Limits::standard();
    wide.depth = 3;
    const auto nested = [](int depth) {
        Raw in;
        in.tag(1).value(0x34, "c", "");
        for (int i = 1; i < depth; ++i) in.value(0x4a, "", "m").value(0x34, "", "");
        for (int i = 0; i < depth; ++i) in.value(0x37, "", "");
        return in.end();
    };
    CHECK(decode(nested(3), wide).has_value());
    CHECK(code_of(nested(4), wide) == Errc::too_deep);
}

TEST_CASE("10,000 attributes are too many") {
    Raw raw;
    raw.tag(1);
    for (int i = 0; i < 10'000; ++i) raw.value(0x21, "a" + std::to_string(i), one);
    CHECK(code_of(raw.end()) == Errc::too_many);
    Raw groups;
    for (int i = 0; i < 10'000; ++i) groups.tag(2);
    CHECK(code_of(groups.end()) == Errc::too_many);
}

TEST_CASE("a million values are too many") {
    Raw raw;
    raw.tag(1).value(0x21, "a", one);
    for (int i = 0; i < 10'000; ++i) raw.value(0x21, "", one);
    CHECK(code_of(raw.end()) == Errc::too_many);
}

TEST_CASE("values are counted over all attributes, members and empty ones included") {
    const auto no_values = [](int attributes, int each) {
        Raw raw;
        raw.tag(1);
        for (int i = 0; i < attributes; ++i) {
            raw.value(0x13, "a" + std::to_string(i), "");
            for (int j = 1; j < each; ++j) raw.value(0x13, "", "");
        }
        return raw.end();
    };
    CHECK(decode(no_values(8, 1024), Limits::standard()).has_value());
    CHECK(code_of(no_values(9, 1024)) == Errc::too_many);
    CHECK(code_of(no_values(52, 1000)) == Errc::too_many);  // 256 KiB of them

    Limits limits = Limits::standard();
    const Bytes collection =
        Raw{}.tag(1).value(0x34, "c", "").value(0x4a, "", "m").value(0x21, "", one).value(0x37, "", "").end();
    limits.values = 2;
    CHECK(decode(collection, limits).has_value());
    limits.values = 1;
    CHECK(code_of(collection, limits) == Errc::too_many);
}

TEST_CASE("a head is no longer than its limit") {
    Limits limits = Limits::standard();
    const Bytes in = Raw{}.tag(1).value(0x21, "number", one).end();
    limits.head_bytes = in.size();
    CHECK(decode(in, limits).has_value());
    limits.head_bytes = in.size() - 1;
    CHECK(code_of(in, limits) == Errc::too_large);
    limits.head_bytes = 0;
    CHECK(code_of(in, limits) == Errc::too_large);
}

TEST_CASE("every value that can be made can be decoded") {
    Message message{{2, 0}, 0, 9, {}};
    Group& group = message.group(GroupTag::printer);
    const std::string wild(5000, '\xff');
    group.set("text", Value::text(wild));
    group.set("text-l", Value::text_with_language(wild, wild));
    group.set("name-l", Value::name_with_language("", ""));
    group.set("octets", Value::octets(as_bytes(wild)));
    group.set("mime", Value::mime_media_type(""));
    group.set("scheme", Value::uri_scheme("ipps"));
    group.set("range", Value::range({5, -5}));
    group.set("resolution", Value::resolution({600, 600, Resolution::Unit::per_centimetre}));
    group.set("date", Value::date_time(DateTime::from(Time{})));
    group.set("no", Value::no_value());
    group.set("bad name\n", Value::unknown());
    group.set(std::string(400, 'n'), Value::boolean(true));
    group.set("", Value::integer(1));
    group.set(keywords("empty", {}));
    group.set("collection", Value::collection(Collection{{Attribute{"a", Value::integer(1)},
                                                          Attribute{"", Value::integer(2)}, keywords("b", {})}}));
    const Bytes out = encode(message);
    const auto back = decode(out, Limits::standard());
    REQUIRE(back);
    CHECK(back->consumed == out.size());
    CHECK(encode(back->message) == out);
    CHECK(back->message.groups[0].attributes.size() == group.attributes.size() - 2);
    CHECK(back->message.groups[0].value("collection")->as_collection()->members().size() == 1);
}
