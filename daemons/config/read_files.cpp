// SPDX-License-Identifier: Apache-2.0
#include "config/read_files.hpp"

#include <fmt/format.h>

#include <safeq/core/bytes.hpp>

namespace safeq::daemon {

void ReadFiles::add(std::string path, std::string_view text) {
    files_.insert_or_assign(std::move(path), crypto::sha256(as_bytes(text)));
}

std::string ReadFiles::lines() const {
    std::string out;
    for (const auto& [path, digest] : files_) out += fmt::format("file=\"{}\" sha256={}\n", path, to_hex(digest));
    return out;
}

}  // namespace safeq::daemon
