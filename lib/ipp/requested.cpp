// SPDX-License-Identifier: Apache-2.0
#include "ipp/requested.hpp"

namespace safeq::ipp::detail {

Requested::Requested(const Attribute* attribute, std::initializer_list<std::string_view> defaults) {
    if (!attribute) {
        names_.insert(defaults.begin(), defaults.end());
        return;
    }
    for (const Value& value : attribute->values)
        if (const auto word = value.as_keyword()) names_.emplace(*word);
}

bool Requested::wants(Kind kind, std::string_view name) const {
    if (names_.contains(name)) return true;
    switch (kind) {
        case Kind::printer_description: return names_.contains("all") || names_.contains("printer-description");
        case Kind::job_description: return names_.contains("all") || names_.contains("job-description");
        case Kind::job_template: return names_.contains("all") || names_.contains("job-template");
        case Kind::named_only: return false;
    }
    return false;
}

Group Requested::pick(GroupTag tag, const std::vector<KindAttribute>& all) const {
    Group out{tag, {}};
    for (const auto& [kind, attribute] : all)
        if (wants(kind, attribute.name) && !out.find(attribute.name)) out.attributes.push_back(attribute);
    return out;
}

}  // namespace safeq::ipp::detail
