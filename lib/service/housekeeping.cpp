// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/housekeeping.hpp>

#include <utility>

namespace safeq::service {

Housekeeping::Housekeeping(Parts parts)
    : parts_{std::move(parts)},
      changes_{{.clock = parts_.clock,
                .record = [this](std::chrono::milliseconds by) { return parts_.recorder.time_changed(by); },
                .steady = parts_.steady}},
      time_{parts_.unseen, parts_.steady()} {}

Time Housekeeping::settled() {
    const std::scoped_lock lock{mutex_};
    const ClockJournal::Look now = changes_.look();
    if (now.change) time_.changed(*now.change, now.steady);
    if (const auto told = changes_.settle(); !told) parts_.explain("log-owed", told.error());
    return time_.at(now.wall, now.steady);
}

void Housekeeping::discard_ended(const job::Job& job) {
    if (!job::is_terminal(job.state)) return;
    if (const auto gone = parts_.discard(job); !gone) parts_.explain("discard-failed", gone.error());
}

void Housekeeping::each_second() {
    const Time by = settled();
    if (const auto owed = parts_.jobs.flush(parts_.tenant)) {
        for (const job::Job& job : *owed) discard_ended(job);
    } else {
        parts_.explain("log-owed", owed.error());
    }
    if (const auto expired = parts_.jobs.expire_due(parts_.tenant, by)) {
        for (const job::Settled& settled : *expired)
            if (settled.leaf == job::Leaf::durable) discard_ended(settled.job);
    } else {
        parts_.explain("expiry-failed", expired.error());
    }
}

void Housekeeping::each_minute() {
    const Time by = settled();
    if (const auto gone = parts_.jobs.forget(parts_.tenant, by - parts_.retention.ended, parts_.discard); !gone)
        parts_.explain("forget-failed", gone.error());
    if (const auto done = parts_.keeper.tick(by); !done) parts_.explain("epochs-failed", done.error());
}

}  // namespace safeq::service
