// SPDX-License-Identifier: Apache-2.0
#include "common/upkeep.hpp"

#include <fmt/format.h>

#include "common/log.hpp"
#include "common/readiness.hpp"

namespace safeq::daemon {
namespace {

constexpr std::string_view renewing = "safeq tls renew";

void tell(const tls::ExpiryNotice& notice, Time now) {
    const tls::Ending& ending = notice.ending;
    if (notice.nearness == tls::Nearness::over) {
        log_error("expired " + field("what", ending.what),
                  Error{Errc::expired, ending.file,
                        fmt::format("ended {}; `{}` renews it", to_rfc3339(ending.end), renewing)});
        return;
    }
    log_warning("expires-soon",
                fmt::format("{} {} {} days={} {}", field("what", ending.what), field("file", ending.file),
                            field("end", to_rfc3339(ending.end)),
                            std::chrono::floor<std::chrono::days>(ending.end - now).count(), field("renew", renewing)));
}

}  // namespace

void Upkeep::reload() {
    notify_reloading();
    auto fresh = reload_();
    if (fresh) {
        endings_ = std::move(fresh->endings);
        watch_ = {};
        const tls::Certificate& own = fresh->credentials->certificate();
        log_info("reloaded", fmt::format("serial={} end={}", own.serial(), to_rfc3339(own.not_after())));
    } else {
        log_error("reload-refused kept=former", fresh.error());
    }
    notify_reloaded();
}

void Upkeep::look() {
    const Time now = clock_.now();
    for (const tls::ExpiryNotice& notice : watch_.look(endings_, now)) tell(notice, now);
}

}  // namespace safeq::daemon
