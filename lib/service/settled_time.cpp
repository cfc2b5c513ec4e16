// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/settled_time.hpp>

#include <algorithm>

namespace safeq::service {

void SettledTime::changed(std::chrono::milliseconds by, Steady now) {
    while (by < by.zero() && !jumps_.empty()) {
        Jump& last = jumps_.back();
        const auto taken = std::min(last.by, -by);
        by += taken;
        last.by -= taken;
        if (last.by == last.by.zero()) jumps_.pop_back();
    }
    if (by > by.zero()) jumps_.push_back({by, now});
}

Time SettledTime::at(Time wall, Steady now) {
    std::erase_if(jumps_, [&](const Jump& jump) { return now - jump.at >= settling; });
    for (const Jump& jump : jumps_) wall -= jump.by;
    return wall;
}

Result<std::chrono::milliseconds> unseen_time(const audit::Log& log, Time now) {
    // In growing steps back from the end, until a day is covered. A clock that was far back finds no end of it.
    constexpr std::uint64_t most = 65'536;
    constexpr std::chrono::hours quiet{1};
    const std::uint64_t size = log.size();
    std::vector<Time> times;
    for (std::uint64_t count = 256;; count *= 4) {
        const audit::Index from = size - std::min(size, count);
        times.clear();
        SAFEQ_TRY_VOID(log.scan(from, [&](audit::Index, ByteView entry) -> Result<void> {
            SAFEQ_TRY(const audit::RecordHead head, audit::record_head(entry));
            times.push_back(head.at);
            return {};
        }));
        if (from == 0 || count >= most || times.front() <= now - SettledTime::settling) break;
    }
    std::chrono::milliseconds unseen{0};
    Time later = now;
    for (auto at = times.rbegin(); at != times.rend(); ++at) {
        const auto gap = later - *at;
        // One that goes back belongs to one that went too far forward.
        if (gap > quiet || gap < -quiet) unseen += gap;
        if (*at <= now - SettledTime::settling) break;
        later = *at;
    }
    return unseen > quiet ? unseen : unseen.zero();
}

}  // namespace safeq::service
