// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace safeq::bench {

/// A folder on the disk that is measured: below SAFEQ_BENCH_FOLDER, or the folder in which the benchmark runs, unless
/// it is told where. Gone with the object.
class Scratch {
public:
    Scratch() : Scratch{chosen()} {}
    explicit Scratch(const std::filesystem::path& below) {
        std::string pattern = (std::filesystem::absolute(below) / "safeq-bench-XXXXXX").string();
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
    static std::filesystem::path chosen() {
        const char* where = std::getenv("SAFEQ_BENCH_FOLDER");
        return where == nullptr ? "." : where;
    }

    std::filesystem::path path_;
};

}  // namespace safeq::bench
