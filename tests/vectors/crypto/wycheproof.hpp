// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <safeq/core/bytes.hpp>

#include "support/vectors.hpp"

namespace safeq::test {

inline nlohmann::json read_json(const std::string& relative) {
    return nlohmann::json::parse(read_vector_file(relative));
}

inline Bytes hex(const nlohmann::json& text) {
    auto bytes = from_hex(text.get<std::string>());
    REQUIRE(bytes);
    return *std::move(bytes);
}

template <std::size_t N>
std::array<std::byte, N> hex_array(const nlohmann::json& text) {
    const Bytes bytes = hex(text);
    REQUIRE(bytes.size() == N);
    std::array<std::byte, N> out;
    std::memcpy(out.data(), bytes.data(), N);
    return out;
}

/// How many vectors of each verdict a test has run.
struct Count {
    int valid = 0;
    int invalid = 0;
    int acceptable = 0;

    friend bool operator==(const Count&, const Count&) = default;

    void add(const nlohmann::json& vector) {
        const auto verdict = vector.at("result").get<std::string>();
        (verdict == "valid" ? valid : verdict == "invalid" ? invalid : acceptable) += 1;
    }
};

/// Calls `run(group, vector)` for each vector of a Wycheproof file that `wanted(group)` lets through.
template <class Wanted, class Run>
Count each_vector(const std::string& file, Wanted wanted, Run run) {
    Count count;
    const nlohmann::json all = read_json("wycheproof/" + file);
    for (const auto& group : all.at("testGroups")) {
        if (!wanted(group)) continue;
        for (const auto& vector : group.at("tests")) {
            CAPTURE(vector.at("tcId").get<int>());
            run(group, vector);
            count.add(vector);
        }
    }
    return count;
}

template <class Run>
Count each_vector(const std::string& file, Run run) {
    return each_vector(file, [](const nlohmann::json&) { return true; }, run);
}

inline bool is_valid(const nlohmann::json& vector) { return vector.at("result") == "valid"; }

}  // namespace safeq::test
