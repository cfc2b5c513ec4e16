// SPDX-License-Identifier: Apache-2.0
// Under test: from_hex, from_base64, from_base64url, parse_rfc3339, parse_id, is_utf8, check_name, escape_for_log,
// JsonReader.
// Property: what is read is written back as it was (but for the case of hexadecimal digits), and whatever is written is
// read; UTF-8 and names are what a second, slow reader says; a JSON object is taken exactly when a second reader finds
// no name twice in an object and nothing deeper than eight, and its members keep to their bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/core/text.hpp>

#include "core/json.hpp"

using namespace safeq;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// Code points by the table of RFC 3629, row by row; nothing for what isn't in it.
std::optional<std::u32string> code_points(std::string_view text) {
    struct Row {
        unsigned char first_from, first_to, second_from, second_to;
        std::size_t length;
        unsigned mask;
    };
    static constexpr Row rows[]{{0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f}, {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f},
                                {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f}, {0xed, 0xed, 0x80, 0x9f, 3, 0x0f},
                                {0xee, 0xef, 0x80, 0xbf, 3, 0x0f}, {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07},
                                {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07}, {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07}};
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
        if (byte(0) < 0x80) {
            out.push_back(byte(0));
            ++at;
            continue;
        }
        const Row* row = nullptr;
        for (const Row& each : rows)
            if (byte(0) >= each.first_from && byte(0) <= each.first_to) row = &each;
        if (row == nullptr || text.size() - at < row->length) return std::nullopt;
        if (byte(1) < row->second_from || byte(1) > row->second_to) return std::nullopt;
        char32_t point = byte(0) & row->mask;
        for (std::size_t i = 1; i < row->length; ++i) {
            if (byte(i) < 0x80 || byte(i) > 0xbf) return std::nullopt;
            point = point * 64 + (byte(i) - 0x80u);
        }
        out.push_back(point);
        at += row->length;
    }
    return out;
}

bool harmless(const std::u32string& points) {
    static const std::set<char32_t> refused{0x7f,   0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d,
                                            0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff};
    for (const char32_t c : points)
        if (c < 0x20 || (c >= 0x80 && c < 0xa0) || refused.contains(c)) return false;
    return true;
}

void check_texts(std::string_view text) {
    if (const auto bytes = from_hex(text)) require(to_hex(*bytes) == ascii_lower(text));
    else require(text.size() % 2 == 1 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos);
    if (const auto bytes = from_base64(text)) require(to_base64(*bytes) == text);
    if (const auto bytes = from_base64url(text)) require(to_base64url(*bytes) == text);
    require(same_bytes(from_base64(to_base64(as_bytes(text))).value(), as_bytes(text)));
    require(same_bytes(from_base64url(to_base64url(as_bytes(text))).value(), as_bytes(text)));
    require(same_bytes(from_hex(to_hex(as_bytes(text))).value(), as_bytes(text)));
    if (const auto id = parse_id(text)) require(format_id(*id) == text);
    if (const auto time = parse_rfc3339(text)) require(to_rfc3339(*time) == text);
    if (text.size() < sizeof(std::int64_t)) return;
    std::int64_t number = 0;
    std::memcpy(&number, text.data(), sizeof number);
    const std::string written = to_rfc3339(Time{std::chrono::milliseconds{number}});
    constexpr std::int64_t year_10000 = 253'402'300'800'000;
    const auto read = parse_rfc3339(written);
    require(read.has_value() == (number >= 0));
    if (read) require(read->time_since_epoch().count() == std::min(number, year_10000 - 1));
}

void check_names(std::string_view text) {
    const auto points = code_points(text);
    require(is_utf8(text) == points.has_value());
    require(check_name(text, text.size(), "name").has_value() == (points && harmless(*points)));
    if (!text.empty()) require(check_name(text, text.size() - 1, "name").error().code == Errc::too_large);
    require(check_name(escape_for_log(text), 16 * text.size(), "line").has_value());
}

// What the reader must refuse although it is JSON.
struct Strict : nlohmann::json_sax<Json> {
    std::vector<std::set<std::string>> names;
    std::size_t depth = 0;
    bool object = false, twice = false, deep = false;

    bool value() {
        deep = deep || depth > 8;
        return true;
    }
    bool begin(bool is_object) {
        if (depth == 0) object = is_object;
        value();
        ++depth;
        names.emplace_back();
        return true;
    }
    bool end() {
        --depth;
        names.pop_back();
        return true;
    }
    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(std::int64_t) override { return value(); }
    bool number_unsigned(std::uint64_t) override { return value(); }
    bool number_float(double, const std::string&) override { return value(); }
    bool string(std::string&) override { return value(); }
    bool binary(Json::binary_t&) override { return value(); }
    bool start_object(std::size_t) override { return begin(true); }
    bool key(std::string& name) override {
        twice = !names.back().insert(name).second || twice;
        return value();
    }
    bool end_object() override { return end(); }
    bool start_array(std::size_t) override { return begin(false); }
    bool end_array() override { return end(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }
};

void check_members(const JsonReader& object, int depth) {
    for (const char* name : {"a", "b", "c"}) {
        const auto text = object.text(name, 8);
        require(!text || (text->size() <= 8 && is_utf8(*text)));
        const auto number = object.integer(name, -5, 1000);
        require(!number || (*number >= -5 && *number <= 1000));
        if (number) require(object.integer(name, *number, *number).has_value());
        const auto truth = object.boolean(name);
        const auto time = object.time(name);
        if (time) require(object.text(name, 24) == to_rfc3339(*time));
        const auto bytes = object.bytes(name, 6);
        if (bytes) require(bytes->size() <= 6 && object.text(name, 8) == to_base64(*bytes));
        const auto id = object.id<JobId>(name);
        if (id) require(object.text(name, 36) == id->text());
        const auto list = object.texts(name, 3, 8);
        require(!list || list->size() <= 3);
        const auto objects = object.objects(name, 3);
        require(!objects || objects->size() <= 3);
        // One member is one thing; only an empty list is of everything.
        require(number.has_value() + truth.has_value() + (text || time || bytes || id) + (list && !list->empty()) +
                    (objects && !objects->empty()) <=
                1);
        if (number || truth || text || list) require(object.has(name));
        if (objects && depth < 8)
            for (const JsonReader& each : *objects) check_members(each, depth + 1);
    }
}

void check_json(std::string_view text) {
    constexpr std::size_t most = 2000;
    const auto read = JsonReader::parse(text, most, "input");
    Strict strict;
    const bool json = is_utf8(text) && Json::sax_parse(text, &strict);
    require(read.has_value() == (text.size() <= most && json && strict.object && !strict.twice && !strict.deep));
    if (read) check_members(*read, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_texts(text);
    check_names(text);
    check_json(text);
    return 0;
}
