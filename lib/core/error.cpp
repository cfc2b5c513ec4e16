// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/error.hpp>

#include <array>

#include <fmt/format.h>

namespace safeq {
namespace {

struct Row {
    Errc code;
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array rows{
#define SAFEQ_ERROR_CODE(name, meaning) Row{Errc::name, #name, meaning},
#include <safeq/core/error_codes.inc>
#undef SAFEQ_ERROR_CODE
};

constexpr auto codes = [] {
    std::array<Errc, rows.size()> out{};
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = rows[i].code;
    return out;
}();

}  // namespace

std::string_view name(Errc code) noexcept {
    const auto at = static_cast<std::size_t>(code);
    return at < rows.size() ? rows[at].name : "unknown";
}

std::string_view meaning(Errc code) noexcept {
    const auto at = static_cast<std::size_t>(code);
    return at < rows.size() ? rows[at].meaning : "an unknown error";
}

std::span<const Errc> all_error_codes() noexcept { return codes; }

std::string Error::message() const {
    std::string out =
        where.empty() ? std::string{safeq::meaning(code)} : fmt::format("{}: {}", where, safeq::meaning(code));
    if (!detail.empty()) out += fmt::format(" ({})", detail);
    return out + fmt::format(" [{}]", safeq::name(code));
}

}  // namespace safeq
