// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/policy.hpp>

#include "support/source_folder.hpp"

// What a guideline wants and we do otherwise, as data: the list is the documentation, and must be complete and current.
namespace safeq::test {

using Names = std::set<std::string>;

struct Difference {
    std::string_view what;      ///< the guideline's word for it
    std::string_view policies;  ///< their aliases, or "all"
    std::string_view ours;      ///< "+more -less" of a list; else what is ours
    std::string_view reason;
};

/// By what and by policy: what is ours.
using Differences = std::map<std::pair<std::string, std::string>, std::string>;

/// "+a -b" for what `ours` has more and less; empty for the same.
[[nodiscard]] inline std::string more_and_less(const Names& ours, const Names& theirs) {
    std::string out;
    const auto add = [&](char sign, const Names& in, const Names& not_in) {
        for (const std::string& name : in)
            if (!not_in.contains(name)) out += (out.empty() ? "" : " ") + std::string{sign} + name;
    };
    add('+', ours, theirs);
    add('-', theirs, ours);
    return out;
}

/// A file of ours.
[[nodiscard]] inline std::string read_source(const std::string& relative) {
    std::ifstream in{source_folder() / relative, std::ios::binary};
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Holds what was found against what is listed, both ways: a difference without a reason fails, and so does a reason
/// that no longer applies.
inline void check_listed(const Differences& found, std::span<const Difference> listed) {
    Differences expected;
    for (const Difference& row : listed) {
        CHECK_FALSE(row.reason.empty());
        std::istringstream policies{std::string{row.policies}};
        Names aliases;
        for (std::string alias; policies >> alias;) aliases.insert(alias);
        if (aliases == Names{"all"}) {
            aliases.clear();
            for (const tls::Policy* const policy : tls::all_policies()) aliases.emplace(policy->alias());
        }
        for (const std::string& alias : aliases) {
            INFO(row.what << " of " << alias << " is listed twice");
            CHECK(expected.emplace(std::pair{std::string{row.what}, alias}, row.ours).second);
        }
    }
    for (const auto& [key, ours] : found) {
        INFO("a difference without a reason: " << key.first << " of " << key.second << ": " << ours);
        CHECK((expected.contains(key) && expected.at(key) == ours));
    }
    for (const auto& [key, ours] : expected) {
        INFO("a reason that no longer applies: " << key.first << " of " << key.second << ": " << ours);
        CHECK(found.contains(key));
    }
}

}  // namespace safeq::test
