// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/expiry.hpp>

namespace safeq::tls {

std::vector<ExpiryNotice> ExpiryWatch::look(std::span<const Ending> endings, Time now) {
    std::vector<ExpiryNotice> out;
    std::map<std::string, Told, std::less<>> told;
    for (const Ending& ending : endings) {
        const Nearness here = nearness(ending.end, now);
        Told latest{ending.end, here, now};
        const std::string key = ending.what + '\n' + ending.file;
        const auto before = told_.find(key);
        const bool known = before != told_.end() && before->second.end == ending.end;
        const bool again = known && here <= before->second.nearness &&
                           (here != Nearness::over || now - before->second.at < std::chrono::days{1});
        if (here == Nearness::far) continue;
        // A clock that was set back must not have everything told a second time.
        if (again) latest = before->second;
        else out.push_back({ending, here});
        told.insert_or_assign(key, latest);
    }
    told_ = std::move(told);
    return out;
}

}  // namespace safeq::tls
