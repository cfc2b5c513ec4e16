// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/auth/foreign_hash.hpp>

namespace safeq::auth {

/// A person of a file to import.
struct ImportedUser {
    std::size_t line;  ///< counted from 1
    std::string name;
    ForeignHash password;
};

inline constexpr std::size_t max_import_users = 2'000;
inline constexpr std::size_t max_import_bytes = std::size_t{1} << 20;

/// Reads people and their password hashes: `name:hash` on each line, as `htpasswd` writes it; empty lines and those
/// that begin with `#` are left out. The hash is one that `ForeignHash` takes. *Errors*: `too_large`, `too_many`,
/// `invalid_utf8`; with "line N" and what is wrong with it `malformed`, `duplicate`, and those of `check_user_name` and
/// `ForeignHash::parse`.
[[nodiscard]] Result<std::vector<ImportedUser>> parse_import_file(std::string_view text);

}  // namespace safeq::auth
