// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <safeq/core/clock.hpp>
#include <safeq/core/text.hpp>
#include <safeq/report/export.hpp>

namespace safeq::report {

/// What tables of text show of values; "" for what is not known.
inline std::string cell(const std::optional<Time>& time) { return time ? to_rfc3339(*time) : std::string{}; }
inline std::string cell(const std::optional<std::uint64_t>& number) {
    return number ? fmt::format("{}", *number) : std::string{};
}
inline std::string cell(std::chrono::sys_days day) { return to_rfc3339(Time{day}).substr(0, 10); }

/// Text from outside without what could act on a terminal or a table: control characters become \xNN.
inline std::string cell(std::string_view text) { return escape_for_log(text, text.size()); }

template <class Tag>
std::string cell(const std::optional<Id<Tag>>& id) {
    return id ? id->text() : std::string{};
}

/// The user, the device or the day of a sum, for people.
inline std::string group_name(const TotalLine& line, TotalsBy by) {
    switch (by) {
        case TotalsBy::user:
            if (!line.user.display().empty()) return cell(line.user.display());
            return line.total.user ? line.total.user->text() : "(unknown)";
        case TotalsBy::device:
            if (!line.device_name.empty()) return cell(line.device_name);
            return line.total.device ? line.total.device->text() : "(none)";
        case TotalsBy::day: return line.total.day ? cell(*line.total.day) : std::string{};
    }
    return {};
}

/// The id of the user or device, or the day.
inline std::string group_id(const TotalLine& line, TotalsBy by) {
    switch (by) {
        case TotalsBy::user: return cell(line.total.user);
        case TotalsBy::device: return cell(line.total.device);
        case TotalsBy::day: return line.total.day ? cell(*line.total.day) : std::string{};
    }
    return {};
}

inline std::string_view group_label(TotalsBy by) noexcept {
    switch (by) {
        case TotalsBy::user: return "user";
        case TotalsBy::device: return "device";
        case TotalsBy::day: return "day";
    }
    return "";
}

}  // namespace safeq::report
