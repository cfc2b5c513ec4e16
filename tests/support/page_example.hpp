// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace safeq::test {

/// Of a page below docs: what stands in the line that begins with `name` and spaces, within the part "Example". Fails
/// the test when there is none.
[[nodiscard]] std::string page_example(const std::filesystem::path& page, const std::string& name);

}  // namespace safeq::test
