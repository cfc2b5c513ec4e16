// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace safeq::test {

/// A file of other people's test vectors, below the folder that the environment variable SAFEQ_VECTORS names.
/// Where the variable isn't set, the calling test is skipped, loudly; where the file is missing, it fails.
[[nodiscard]] std::filesystem::path vector_file(const std::string& relative);

/// The file's bytes as text.
[[nodiscard]] std::string read_vector_file(const std::string& relative);

}  // namespace safeq::test
