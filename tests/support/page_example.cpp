// SPDX-License-Identifier: Apache-2.0
#include "support/page_example.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include "support/source_folder.hpp"

namespace safeq::test {

std::string page_example(const std::filesystem::path& page, const std::string& name) {
    std::ifstream in{source_folder() / "docs" / page};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t examples = text.find("## Example");
    REQUIRE(examples != std::string::npos);
    const std::size_t line = text.find("\n" + name + "  ", examples);
    REQUIRE(line != std::string::npos);
    const std::size_t begin = text.find_first_not_of(' ', line + 1 + name.size());
    return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace safeq::test
