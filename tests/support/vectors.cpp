// SPDX-License-Identifier: Apache-2.0
#include "support/vectors.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

namespace safeq::test {

std::filesystem::path vector_file(const std::string& relative) {
    const char* root = std::getenv("SAFEQ_VECTORS");
    if (root == nullptr || *root == '\0') SKIP("SAFEQ_VECTORS is not set: " << relative << " was not tested");
    const std::filesystem::path file = std::filesystem::path{root} / relative;
    INFO(file.string());
    REQUIRE(std::filesystem::exists(file));
    return file;
}

std::string read_vector_file(const std::string& relative) {
    std::ifstream in{vector_file(relative), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace safeq::test
