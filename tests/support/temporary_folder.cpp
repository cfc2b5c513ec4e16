// SPDX-License-Identifier: Apache-2.0
#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace safeq::test {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "safeq-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp failed: " + name};
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace safeq::test
