// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace safeq::test {

/// The top of the source tree, for tests that hold documents and corpora to the code. Asked for here so that one file
/// alone depends on where the tree lies, and every other compiled test is good for any clone.
[[nodiscard]] std::filesystem::path source_folder();

}  // namespace safeq::test
