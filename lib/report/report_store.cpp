// SPDX-License-Identifier: Apache-2.0
#include <safeq/report/report_store.hpp>

#include <algorithm>

namespace safeq::report {

std::string_view name(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::accepted: return "accepted";
        case Outcome::held: return "held";
        case Outcome::releasing: return "releasing";
        case Outcome::printed: return "printed";
        case Outcome::failed: return "failed";
        case Outcome::uncertain: return "uncertain";
        case Outcome::deleted: return "deleted";
        case Outcome::cancelled: return "cancelled";
        case Outcome::expired: return "expired";
    }
    return "";
}

Result<Outcome> parse_outcome(std::string_view text) {
    for (const Outcome outcome : all_outcomes)
        if (name(outcome) == text) return outcome;
    return fail(Errc::malformed, "outcome");
}

Time JobRow::when() const noexcept { return accepted ? *accepted : held ? *held : first_seen; }

std::uint64_t JobRow::counted_pages() const noexcept {
    // All of these come from outside, and a sum over many jobs must not overflow either.
    constexpr std::uint64_t most = audit::max_number;
    const auto times = [](std::uint64_t a, std::uint64_t b) { return a != 0 && b > most / a ? most : a * b; };
    const std::uint64_t uncounted = times(times(pages.value_or(0), copies.value_or(1)), uncounted_prints);
    return std::min(most, std::min(most, printed_pages) + uncounted);
}

}  // namespace safeq::report
