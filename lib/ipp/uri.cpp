// SPDX-License-Identifier: Apache-2.0
#include "ipp/uri.hpp"

#include <charconv>

#include <safeq/core/text.hpp>

namespace safeq::ipp::detail {

std::optional<Uri> parse_uri(std::string_view uri) noexcept {
    const std::size_t colon = uri.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view scheme = uri.substr(0, colon), rest = uri.substr(colon + 3);
    if (!ascii_iequals(scheme, "ipps") && !ascii_iequals(scheme, "ipp") && !ascii_iequals(scheme, "https") &&
        !ascii_iequals(scheme, "http"))
        return std::nullopt;
    const std::size_t slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
    if (authority.empty() || rest.find_first_of("?#") != std::string_view::npos) return std::nullopt;
    if (path.ends_with('/')) path.remove_suffix(1);
    return Uri{scheme, authority, path};
}

std::optional<JobPath> parse_job_path(std::string_view path) noexcept {
    constexpr std::string_view middle = "/jobs/";
    const std::size_t at = path.rfind(middle);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view number = path.substr(at + middle.size());
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    if (error != std::errc{} || end != number.data() + number.size() || id < 1 || number.front() == '0')
        return std::nullopt;
    return JobPath{path.substr(0, at), id};
}

}  // namespace safeq::ipp::detail
