// SPDX-License-Identifier: Apache-2.0
#include "core/json.hpp"

#include <set>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq {

Result<JsonReader> JsonReader::parse(std::string_view text, std::size_t max_bytes, std::string what) {
    if (text.size() > max_bytes)
        return fail(Errc::too_large, what, fmt::format("{} bytes, at most {}", text.size(), max_bytes));
    if (!is_utf8(text)) return fail(Errc::invalid_utf8, what);
    bool duplicate = false;
    bool deep = false;
    std::vector<std::set<std::string>> names;
    const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
        deep = deep || depth > 8;
        if (event == Json::parse_event_t::object_start) names.emplace_back();
        if (event == Json::parse_event_t::object_end && !names.empty()) names.pop_back();
        if (event == Json::parse_event_t::key && !names.empty())
            duplicate = !names.back().insert(parsed.get<std::string>()).second || duplicate;
        return !deep;
    };
    Json value = Json::parse(text, check, false);
    if (value.is_discarded() || !value.is_object()) return fail(Errc::malformed, what, "not a JSON object");
    if (duplicate || deep)
        return fail(Errc::malformed, what, duplicate ? "a name twice in one object" : "nested too deep");
    return JsonReader{std::move(value), std::move(what)};
}

std::unexpected<Error> JsonReader::wrong(const char* name, const char* expected) const {
    return fail(Errc::malformed, what_ + "." + name, std::string{"expected "} + expected);
}

Result<std::string> JsonReader::text(const char* name, std::size_t max_bytes) const {
    const auto it = object_.find(name);
    if (it == object_.end() || !it->is_string()) return wrong(name, "a string");
    auto value = it->get<std::string>();
    if (value.size() > max_bytes)
        return fail(Errc::too_large, what_ + "." + name, fmt::format("at most {} bytes", max_bytes));
    return value;
}

Result<std::int64_t> JsonReader::integer(const char* name, std::int64_t least, std::int64_t most) const {
    const auto it = object_.find(name);
    if (it == object_.end() || !it->is_number_integer()) return wrong(name, "an integer");
    if (it->is_number_unsigned() && it->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return wrong(name, "a smaller integer");
    const auto value = it->get<std::int64_t>();
    if (value < least || value > most)
        return fail(Errc::malformed, what_ + "." + name, fmt::format("expected {} to {}", least, most));
    return value;
}

Result<bool> JsonReader::boolean(const char* name) const {
    const auto it = object_.find(name);
    if (it == object_.end() || !it->is_boolean()) return wrong(name, "true or false");
    return it->get<bool>();
}

Result<Time> JsonReader::time(const char* name) const {
    SAFEQ_TRY(const std::string value, text(name, 32));
    return parse_rfc3339(value);
}

Result<Bytes> JsonReader::bytes(const char* name, std::size_t max_bytes) const {
    SAFEQ_TRY(const std::string value, text(name, (max_bytes + 2) / 3 * 4));
    SAFEQ_TRY(Bytes out, from_base64(value));
    if (out.size() > max_bytes)
        return fail(Errc::too_large, what_ + "." + name, fmt::format("at most {} bytes", max_bytes));
    return out;
}

Result<std::vector<JsonReader>> JsonReader::objects(const char* name, std::size_t max_count) const {
    const auto it = object_.find(name);
    if (it == object_.end() || !it->is_array()) return wrong(name, "an array of objects");
    if (it->size() > max_count) return fail(Errc::too_many, what_ + "." + name, fmt::format("at most {}", max_count));
    std::vector<JsonReader> out;
    for (const Json& item : *it) {
        if (!item.is_object()) return wrong(name, "an array of objects");
        out.push_back(JsonReader{item, what_ + "." + name});
    }
    return out;
}

Result<std::vector<std::string>> JsonReader::texts(const char* name, std::size_t max_count,
                                                   std::size_t max_bytes) const {
    const auto it = object_.find(name);
    if (it == object_.end() || !it->is_array()) return wrong(name, "an array of strings");
    if (it->size() > max_count) return fail(Errc::too_many, what_ + "." + name, fmt::format("at most {}", max_count));
    std::vector<std::string> out;
    for (const Json& item : *it) {
        if (!item.is_string() || item.get_ref<const std::string&>().size() > max_bytes)
            return wrong(name, "short strings");
        out.push_back(item.get<std::string>());
    }
    return out;
}

}  // namespace safeq
