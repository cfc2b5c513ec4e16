// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace safeq::ipp::detail {

/// As much of a URI as tells a printer or job.
struct Uri {
    std::string_view scheme;
    std::string_view authority;
    std::string_view path;  ///< without a '/' at its end
};

/// Nothing for what is no hierarchical URI of a printer: "ipp", "ipps", "http" or "https", an authority, no query.
[[nodiscard]] std::optional<Uri> parse_uri(std::string_view uri) noexcept;

struct JobPath {
    std::string_view printer;
    std::int32_t id;
};

/// Takes "<printer path>/jobs/<number from 1>" apart.
[[nodiscard]] std::optional<JobPath> parse_job_path(std::string_view path) noexcept;

}  // namespace safeq::ipp::detail
