// SPDX-License-Identifier: Apache-2.0
#include "ipp/operation_attributes.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::ipp::detail {
namespace {

constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();

struct Rule {
    std::string_view name;
    ValueTag tag;  // a name or text may also come with its language
    bool many = false;
    Range range{0, most};
};

constexpr std::array rules{
    Rule{"attributes-charset", ValueTag::charset},
    Rule{"attributes-natural-language", ValueTag::natural_language},
    Rule{"printer-uri", ValueTag::uri},
    Rule{"job-uri", ValueTag::uri},
    Rule{"job-id", ValueTag::integer, false, {1, most}},
    Rule{"requesting-user-name", ValueTag::name},
    Rule{"requesting-user-uri", ValueTag::uri},
    Rule{"job-name", ValueTag::name},
    Rule{"document-name", ValueTag::name},
    Rule{"document-format", ValueTag::mime_media_type},
    Rule{"document-natural-language", ValueTag::natural_language},
    Rule{"document-charset", ValueTag::charset},
    Rule{"compression", ValueTag::keyword},
    Rule{"ipp-attribute-fidelity", ValueTag::boolean},
    Rule{"last-document", ValueTag::boolean},
    Rule{"job-k-octets", ValueTag::integer},
    Rule{"job-impressions", ValueTag::integer},
    Rule{"job-media-sheets", ValueTag::integer},
    Rule{"requested-attributes", ValueTag::keyword, true},
    Rule{"which-jobs", ValueTag::keyword},
    Rule{"my-jobs", ValueTag::boolean},
    Rule{"limit", ValueTag::integer, false, {1, most}},
    Rule{"first-index", ValueTag::integer, false, {1, most}},
    Rule{"message", ValueTag::text},
};

const Rule* find_rule(std::string_view name) noexcept {
    const auto found = std::ranges::find(rules, name, &Rule::name);
    return found == rules.end() ? nullptr : &*found;
}

bool fits(const Rule& rule, const Value& value) noexcept {
    switch (rule.tag) {
        case ValueTag::name: return value.as_name().has_value();
        case ValueTag::text: return value.as_text().has_value();
        case ValueTag::integer: return value.as_integer() && rule.range.contains(*value.as_integer());
        default: return value.tag() == rule.tag;
    }
}

Refusal bad_request(std::string message) { return {Status::client_error_bad_request, std::move(message), {}}; }

bool begins_with(const Group& operation, std::size_t at, std::string_view name, ValueTag tag) noexcept {
    if (operation.attributes.size() <= at) return false;
    const Attribute& attribute = operation.attributes[at];
    return attribute.name == name && attribute.only() && attribute.only()->tag() == tag;
}

}  // namespace

std::optional<Refusal> check_frame(const Message& request) {
    if (request.request_id < 1) return bad_request(fmt::format("request-id {}", request.request_id));
    if (request.groups.empty() || request.groups.front().tag != GroupTag::operation)
        return bad_request("the operation attributes are missing or not first");
    const Group& operation = request.groups.front();
    if (!begins_with(operation, 0, "attributes-charset", ValueTag::charset))
        return bad_request("attributes-charset must come first");
    if (!begins_with(operation, 1, "attributes-natural-language", ValueTag::natural_language))
        return bad_request("attributes-natural-language must come second");
    const auto charset = operation.attributes[0].only()->as_charset().value_or("");
    if (!ascii_iequals(charset, "utf-8") && !ascii_iequals(charset, "us-ascii"))
        return Refusal{Status::client_error_charset_not_supported, "utf-8 only", {operation.attributes[0]}};
    for (const GroupTag once : {GroupTag::operation, GroupTag::job})
        if (std::ranges::count(request.groups, once, &Group::tag) > 1)
            return bad_request("a group of attributes is there twice");
    return std::nullopt;
}

std::optional<Refusal> check_operation_attributes(const Group& operation) {
    for (const Attribute& attribute : operation.attributes) {
        const Rule* rule = find_rule(attribute.name);
        if (!rule) continue;
        const bool good = (rule->many || attribute.values.size() == 1) &&
                          std::ranges::all_of(attribute.values, [&](const Value& value) { return fits(*rule, value); });
        if (!good)
            return bad_request(
                fmt::format("{}: not {} value of {}", rule->name, rule->many ? "a" : "one", name(rule->tag)));
    }
    return std::nullopt;
}

std::vector<Attribute> unknown_operation_attributes(const Group& operation) {
    std::vector<Attribute> out;
    for (const Attribute& attribute : operation.attributes)
        if (!find_rule(attribute.name)) out.emplace_back(attribute.name, Value::unsupported());
    return out;
}

std::string string_value(const Group& operation, std::string_view name) {
    const Value* value = operation.value(name);
    return value ? std::string{value->as_string().value_or("")} : std::string{};
}

std::optional<std::int32_t> integer_value(const Group& operation, std::string_view name) {
    const Value* value = operation.value(name);
    return value ? value->as_integer() : std::nullopt;
}

std::optional<bool> boolean_value(const Group& operation, std::string_view name) {
    const Value* value = operation.value(name);
    return value ? value->as_boolean() : std::nullopt;
}

}  // namespace safeq::ipp::detail
