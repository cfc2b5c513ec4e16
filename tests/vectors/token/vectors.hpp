// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vectors/crypto/wycheproof.hpp"

namespace safeq::test {

/// How many vectors of a PASETO file have run.
struct Ran {
    int good = 0;
    int failing = 0;

    friend bool operator==(const Ran&, const Ran&) = default;
};

inline bool must_fail(const nlohmann::json& vector) { return vector.at("expect-fail").get<bool>(); }

/// Calls `run(vector)` for each vector of a file of the PASETO test vectors.
template <class Run>
Ran each_paseto_vector(std::string_view file, Run run) {
    Ran ran;
    const nlohmann::json all = read_json("paseto/" + std::string{file});
    for (const auto& vector : all.at("tests")) {
        CAPTURE(vector.at("name").get<std::string>());
        run(vector);
        ++(must_fail(vector) ? ran.failing : ran.good);
    }
    return ran;
}

inline std::string text(const nlohmann::json& vector, const char* name) { return vector.at(name).get<std::string>(); }

}  // namespace safeq::test
