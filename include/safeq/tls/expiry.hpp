// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>

namespace safeq::tls {

/// How near the end of something is.
enum class Nearness {
    far,
    month,  ///< 30 days or less
    week,   ///< 7 days or less
    day,    ///< 1 day or less
    over,
};

/// "far", "month", "week", "day" or "over".
[[nodiscard]] constexpr std::string_view name(Nearness nearness) noexcept {
    switch (nearness) {
        case Nearness::far: return "far";
        case Nearness::month: return "month";
        case Nearness::week: return "week";
        case Nearness::day: return "day";
        case Nearness::over: return "over";
    }
    return "";
}

/// At its end something is over, as certificates are one second after it at the latest.
[[nodiscard]] constexpr Nearness nearness(Time end, Time now) noexcept {
    using std::chrono::days;
    if (now >= end) return Nearness::over;
    const auto left = end - now;
    if (left <= days{1}) return Nearness::day;
    if (left <= days{7}) return Nearness::week;
    return left <= days{30} ? Nearness::month : Nearness::far;
}

/// A certificate or a revocation list that ends.
struct Ending {
    std::string what;  ///< "certificate", "authority", "revocation list"
    std::string file;
    Time end;

    friend bool operator==(const Ending&, const Ending&) = default;
};

/// An end that people are to be told of now.
struct ExpiryNotice {
    Ending ending;
    Nearness nearness = Nearness::far;

    friend bool operator==(const ExpiryNotice&, const ExpiryNotice&) = default;
};

/// Decides what people are told of ends to come: each once as it comes to 30, 7 and 1 days, and once a day when it is
/// over. What has another end than before is new. *Threads*: one at a time.
class ExpiryWatch final {
public:
    /// What is to be told now, in the order of `endings`. Look at least once a day.
    [[nodiscard]] std::vector<ExpiryNotice> look(std::span<const Ending> endings, Time now);

private:
    struct Told {
        Time end;
        Nearness nearness;
        Time at;
    };
    std::map<std::string, Told, std::less<>> told_;
};

}  // namespace safeq::tls
