// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/clock_journal.hpp>

#include <utility>

namespace safeq::service {

ClockJournal::ClockJournal(Parts parts) : parts_{std::move(parts)} {
    (void)watch_.look(parts_.clock.now(), parts_.steady());  // the first has nothing to compare with
}

ClockJournal::Look ClockJournal::look() {
    Look now{parts_.clock.now(), parts_.steady(), {}};
    // Room first: a change that was noticed is not noticed again.
    owed_.reserve(owed_.size() + 1);
    now.change = watch_.look(now.wall, now.steady);
    if (now.change) owed_.push_back(*now.change);
    return now;
}

Result<void> ClockJournal::settle() {
    while (!owed_.empty()) {
        SAFEQ_TRY_VOID(parts_.record(owed_.front()));
        owed_.erase(owed_.begin());
    }
    return {};
}

}  // namespace safeq::service
