// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/path_pattern.hpp>

#include <algorithm>

namespace safeq::http {

std::optional<PathParameters> match_path(std::string_view pattern, std::string_view path) {
    PathParameters out;
    while (!pattern.empty() && !path.empty()) {
        if (pattern.front() != '/' || path.front() != '/') return std::nullopt;
        pattern.remove_prefix(1);
        path.remove_prefix(1);
        const std::string_view wanted = pattern.substr(0, pattern.find('/'));
        const std::string_view given = path.substr(0, path.find('/'));
        if (wanted.starts_with('{') && wanted.ends_with("...}")) {
            if (path.empty()) return std::nullopt;
            out.emplace(wanted.substr(1, wanted.size() - 5), path);
            return out;
        }
        if (wanted.starts_with('{') && wanted.ends_with('}')) {
            if (given.empty()) return std::nullopt;
            out.emplace(wanted.substr(1, wanted.size() - 2), given);
        } else if (wanted != given) {
            return std::nullopt;
        }
        pattern.remove_prefix(wanted.size());
        path.remove_prefix(given.size());
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return out;
}

}  // namespace safeq::http
