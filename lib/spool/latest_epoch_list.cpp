// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/latest_epoch_list.hpp>

#include <algorithm>

namespace safeq::spool {

Result<void> LatestEpochList::accept(std::string_view note, Time now) {
    SAFEQ_TRY(list_, EpochList::open(note, pinned_, tenant_, least_sequence_, now));
    least_sequence_ = list_->sequence;
    return {};
}

Result<void> LatestEpochList::recall(std::string_view note, Time now) {
    SAFEQ_TRY(const std::uint64_t sequence, EpochList::sequence_of(note, pinned_, tenant_));
    least_sequence_ = std::max(least_sequence_, sequence);
    return accept(note, now);
}

}  // namespace safeq::spool
