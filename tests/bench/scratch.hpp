// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace safeq::bench {

/// A folder on the disk that is measured: below SAFEQ_BENCH_FOLDER, or the folder in which the benchmark runs. Gone
/// with the object.
class Scratch {
public:
    Scratch() {
        const char* where = std::getenv("SAFEQ_BENCH_FOLDER");
        std::string pattern = (std::filesystem::path{where ? where : "."} / "safeq-bench-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) std::exit(1);
        path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace safeq::bench
