// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <safeq/spool/epoch_list.hpp>

namespace safeq::spool {

/// The newest epoch list that a reader has seen; no older one is believed after it, not even once it is over.
/// *Threads*: one at a time.
class LatestEpochList {
public:
    LatestEpochList(crypto::NoteKey pinned, const TenantId& tenant) : pinned_{std::move(pinned)}, tenant_{tenant} {}

    /// Takes a list in. *Errors*: those of `EpochList::open`; then it is as it was.
    [[nodiscard]] Result<void> accept(std::string_view note, Time now);

    /// Takes in what an earlier process accepted and kept. One that is over, or from the future, is not to be sealed
    /// by, and still seen. *Errors*: as `accept`.
    [[nodiscard]] Result<void> recall(std::string_view note, Time now);

    /// Nothing before the first.
    [[nodiscard]] const std::optional<EpochList>& list() const noexcept { return list_; }

private:
    crypto::NoteKey pinned_;
    TenantId tenant_;
    std::optional<EpochList> list_;
    std::uint64_t least_sequence_ = 0;
};

}  // namespace safeq::spool
