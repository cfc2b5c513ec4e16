// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/ipp/value.hpp>

namespace safeq::ipp {

/// A name with one value or more.
struct Attribute {
    std::string name;
    std::vector<Value> values;

    Attribute() = default;
    Attribute(std::string attribute_name, Value value) : name{std::move(attribute_name)} {
        values.push_back(std::move(value));
    }
    Attribute(std::string attribute_name, std::vector<Value> all)
        : name{std::move(attribute_name)}, values{std::move(all)} {}

    /// The value where there is exactly one, otherwise null.
    [[nodiscard]] const Value* only() const noexcept { return values.size() == 1 ? &values.front() : nullptr; }
    friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// Several values of one string syntax: `keywords("sides-supported", {"one-sided", …})`.
[[nodiscard]] Attribute keywords(std::string name, const std::vector<std::string>& values);
/// Several numbers, of syntax integer or enum.
/// @{
[[nodiscard]] Attribute integers(std::string name, const std::vector<std::int32_t>& values);
[[nodiscard]] Attribute enumerations(std::string name, const std::vector<std::int32_t>& values);
/// @}

/// What begins a group of attributes. *Source*: RFC 8010, 3.5.1; PWG 5100.22 for the last three.
enum class GroupTag : std::uint8_t {
    operation = 0x01,
    job = 0x02,
    printer = 0x04,
    unsupported = 0x05,
    subscription = 0x06,
    event_notification = 0x07,
    resource = 0x08,
    document = 0x09,
    system = 0x0a,
};

/// Attributes under one delimiter; each name at most once.
struct Group {
    GroupTag tag = GroupTag::operation;
    std::vector<Attribute> attributes;

    /// The attribute of that name, or null.
    [[nodiscard]] const Attribute* find(std::string_view name) const noexcept;
    /// The only value of that attribute; null where there is none or more than one.
    [[nodiscard]] const Value* value(std::string_view name) const noexcept;
    /// Puts the attribute at the end, or in the place of one with that name.
    /// @{
    void set(Attribute attribute);
    void set(std::string name, Value value) { set(Attribute{std::move(name), std::move(value)}); }
    /// @}

    friend bool operator==(const Group&, const Group&) = default;
};

}  // namespace safeq::ipp
