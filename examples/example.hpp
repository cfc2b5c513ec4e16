// SPDX-License-Identifier: Apache-2.0
// What the examples share: how they tell and check what they show, and a folder that goes when they end.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <safeq/core/error.hpp>

namespace example {

/// Tells a claim, and makes it an error when it doesn't hold.
[[nodiscard]] inline safeq::Result<void> claim(std::string_view text, bool holds) {
    if (!holds) return safeq::fail(safeq::Errc::internal, std::string{text}, "the example's claim does not hold");
    fmt::print("  yes: {}\n", text);
    return {};
}

/// The same of something that must be refused, with exactly this code.
template <class T>
[[nodiscard]] safeq::Result<void> refused(std::string_view text, const safeq::Result<T>& result, safeq::Errc code) {
    if (result.has_value() || result.error().code != code)
        return safeq::fail(safeq::Errc::internal, std::string{text}, "expected " + std::string{safeq::name(code)});
    fmt::print("  no:  {} [{}]\n", text, safeq::name(code));
    return {};
}

/// A new folder below the system's temporary one; removed with all that is in it.
class Folder {
public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "safeq-example-XXXXXX";
        made_ = ::mkdtemp(name.data()) != nullptr;
        path_ = name;  // where none was made this one isn't there, and whoever opens something in it is told so
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        if (made_) std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
    bool made_ = false;
};

/// An example's main: an error is told, and is the program's failure.
inline int run(safeq::Result<void> (*show)()) {
    const safeq::Result<void> shown = show();
    if (!shown) fmt::print(stderr, "error: {}\n", shown.error().message());
    return shown ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace example
