// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/clock.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace safeq {
namespace {

using namespace std::chrono;

// Reads exactly `n` decimal digits at `at`; -1 when one isn't a digit.
int digits(std::string_view text, std::size_t at, std::size_t n) noexcept {
    int value = 0;
    for (std::size_t i = at; i < at + n; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

}  // namespace

Time SystemClock::now() const noexcept { return time_point_cast<milliseconds>(system_clock::now()); }

std::string to_rfc3339(Time time) {
    // The form has four digits for the year; a peer may name any number of milliseconds.
    time = std::clamp(time, Time{sys_days{year{0} / January / 1}},
                      Time{sys_days{year{9999} / December / 31}} + days{1} - milliseconds{1});
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<Time> parse_rfc3339(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
    bool good = text.size() == form.size();
    for (std::size_t i = 0; good && i < form.size(); ++i)
        good = form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    if (!good) return fail(Errc::malformed, "time", "expected YYYY-MM-DDThh:mm:ss.mmmZ");
    const year_month_day date{year{digits(text, 0, 4)}, month{static_cast<unsigned>(digits(text, 5, 2))},
                              day{static_cast<unsigned>(digits(text, 8, 2))}};
    const int h = digits(text, 11, 2);
    const int m = digits(text, 14, 2);
    const int s = digits(text, 17, 2);
    if (!date.ok() || date.year() < year{1970} || h > 23 || m > 59 || s > 59)
        return fail(Errc::malformed, "time", "no such date or time of day");
    return Time{sys_days{date}} + hours{h} + minutes{m} + seconds{s} + milliseconds{digits(text, 20, 3)};
}

}  // namespace safeq
