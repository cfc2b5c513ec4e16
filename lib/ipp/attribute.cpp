// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/attribute.hpp>

#include <algorithm>

namespace safeq::ipp {
namespace {

template <class T, class Make>
Attribute many(std::string name, const std::vector<T>& values, Make make) {
    Attribute out;
    out.name = std::move(name);
    out.values.reserve(values.size());
    for (const T& value : values) out.values.push_back(make(value));
    return out;
}

}  // namespace

Attribute keywords(std::string name, const std::vector<std::string>& values) {
    return many(std::move(name), values, [](const std::string& v) { return Value::keyword(v); });
}

Attribute integers(std::string name, const std::vector<std::int32_t>& values) {
    return many(std::move(name), values, [](std::int32_t v) { return Value::integer(v); });
}

Attribute enumerations(std::string name, const std::vector<std::int32_t>& values) {
    return many(std::move(name), values, [](std::int32_t v) { return Value::enumeration(v); });
}

const Attribute* Group::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(attributes, name, &Attribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

const Value* Group::value(std::string_view name) const noexcept {
    const Attribute* attribute = find(name);
    return attribute ? attribute->only() : nullptr;
}

void Group::set(Attribute attribute) {
    const auto found = std::ranges::find(attributes, attribute.name, &Attribute::name);
    if (found == attributes.end()) attributes.push_back(std::move(attribute));
    else *found = std::move(attribute);
}

}  // namespace safeq::ipp
