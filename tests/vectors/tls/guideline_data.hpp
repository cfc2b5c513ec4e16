// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace safeq::test {

/// An element of the guidelines' XML, which has neither attributes nor entities.
struct Element {
    std::string tag, text;
    std::vector<Element> children = {};

    [[nodiscard]] const Element* find(std::string_view name) const noexcept {
        for (const Element& child : children)
            if (child.tag == name) return &child;
        return nullptr;
    }
    [[nodiscard]] std::string child(std::string_view name) const {
        const Element* const found = find(name);
        return found == nullptr ? std::string{} : found->text;
    }
};

/// The element that begins at `at`, which moves behind its end.
[[nodiscard]] inline Element read_element(std::string_view xml, std::size_t& at) {
    REQUIRE(xml.substr(at, 1) == "<");
    const std::size_t named = xml.find('>', at);
    REQUIRE(named != xml.npos);
    Element out{std::string{xml.substr(at + 1, named - at - 1)}, {}};
    at = named + 1;
    if (out.tag.ends_with('/')) {
        out.tag.pop_back();
        return out;
    }
    for (;;) {
        const std::size_t next = xml.find('<', at);
        REQUIRE(next != xml.npos);
        out.text += xml.substr(at, next - at);
        at = next;
        if (xml.substr(at, 2) != "</") {
            out.children.push_back(read_element(xml, at));
            continue;
        }
        at = xml.find('>', at) + 1;
        REQUIRE(xml.substr(next + 2, at - next - 3) == out.tag);
        return out;
    }
}

/// The whole guideline, behind the XML declaration.
[[nodiscard]] inline Element read_guideline(std::string_view xml) {
    std::size_t at = xml.find("<guideline>");
    REQUIRE(at != xml.npos);
    return read_element(xml, at);
}

}  // namespace safeq::test
