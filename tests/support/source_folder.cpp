// SPDX-License-Identifier: Apache-2.0
#include "support/source_folder.hpp"

namespace safeq::test {

std::filesystem::path source_folder() { return SAFEQ_SOURCE_DIR; }

}  // namespace safeq::test
