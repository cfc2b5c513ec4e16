// SPDX-License-Identifier: Apache-2.0
#include "ipp/job_template.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "ipp/media.hpp"
#include "ipp/printer_attributes.hpp"

namespace safeq::ipp::detail {
namespace {

enum class Support { yes, value_no, attribute_no };

using Supported = std::map<std::string, const Attribute*, std::less<>>;

bool is_among(const Value& value, const Attribute& supported) noexcept {
    return std::ranges::any_of(supported.values, [&](const Value& one) {
        if (const auto range = one.as_range()) return value.as_integer() && range->contains(*value.as_integer());
        // A keyword may come as a name.
        if (const auto word = one.as_keyword()) return value.as_keyword() == word || value.as_name() == word;
        return value == one;
    });
}

// Ranges from 1 upwards, in order and apart. *Source*: RFC 8011, 5.2.7.
bool good_page_ranges(const Attribute& wanted) noexcept {
    std::int32_t last = 0;
    for (const Value& value : wanted.values) {
        const auto range = value.as_range();
        if (!range || range->lower <= last || range->upper < range->lower) return false;
        last = range->upper;
    }
    return true;
}

Support check(const Attribute& wanted, const Supported& supported, const PrinterInfo& info,
              std::string& media_from_col) {
    if (wanted.name == "media-col") {
        const Value* only = wanted.only();
        const Collection* collection = only ? only->as_collection() : nullptr;
        const auto match = collection ? match_media_col(*collection, info.media) : std::nullopt;
        if (!match) return Support::value_no;
        media_from_col = *match;
        return Support::yes;
    }
    if (wanted.name == "page-ranges") return good_page_ranges(wanted) ? Support::yes : Support::value_no;
    const auto found = supported.find(wanted.name + "-supported");
    // These two describe members of media-col, and what names no template attribute isn't one.
    if (found == supported.end() || wanted.name.starts_with("media-")) return Support::attribute_no;
    if (wanted.values.size() > 1 && wanted.name != "finishings") return Support::value_no;
    const bool good =
        std::ranges::all_of(wanted.values, [&](const Value& value) { return is_among(value, *found->second); });
    return good ? Support::yes : Support::value_no;
}

std::string word(const Group& job, std::string_view name) {
    const Value* value = job.value(name);
    return value ? std::string{value->as_string().value_or("")} : std::string{};
}

}  // namespace

std::vector<Attribute> take_job_template(const Group& job, const PrinterInfo& info, JobTicket& ticket) {
    const std::vector<KindAttribute> all = job_template_attributes(info);
    Supported supported;
    for (const KindAttribute& entry : all) supported.emplace(entry.attribute.name, &entry.attribute);

    std::vector<Attribute> refused;
    Group taken{GroupTag::job, {}};
    std::string media_from_col;
    for (const Attribute& wanted : job.attributes) {
        switch (check(wanted, supported, info, media_from_col)) {
            case Support::yes: taken.attributes.push_back(wanted); break;
            case Support::value_no: refused.push_back(wanted); break;
            case Support::attribute_no: refused.emplace_back(wanted.name, Value::unsupported()); break;
        }
    }
    if (const Value* copies = taken.value("copies")) ticket.copies = copies->as_integer().value_or(1);
    ticket.sides = word(taken, "sides");
    ticket.print_color_mode = word(taken, "print-color-mode");
    ticket.media = word(taken, "media");
    if (!media_from_col.empty()) ticket.media = media_from_col;
    ticket.attributes = std::move(taken.attributes);
    return refused;
}

}  // namespace safeq::ipp::detail
