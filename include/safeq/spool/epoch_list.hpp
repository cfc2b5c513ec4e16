// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/signed_note.hpp>
#include <safeq/spool/epoch.hpp>

namespace safeq::spool {

/// A list is believed for so long at most.
inline constexpr std::chrono::hours epoch_list_lifetime{48};
/// So far may the clock of the host that reads a list be behind that of the host that signed it.
inline constexpr std::chrono::minutes epoch_list_clock_skew{5};
inline constexpr std::size_t max_epoch_list_keys = 64;
inline constexpr std::size_t max_epoch_list_bytes = 160 * 1024;

/// One epoch's public key and the time in which documents may be sealed to it.
struct EpochKeyEntry {
    EpochPublicKey key{};
    Time not_before;
    Time not_after;     ///< from this moment on nothing new is sealed to it
    bool kept = false;  ///< for what outlives its epoch (favourites); not for new documents

    [[nodiscard]] EpochId id() const { return EpochId::of(key); }
    /// Whether documents may be sealed to it at that time.
    [[nodiscard]] bool covers(Time time) const noexcept { return not_before <= time && time < not_after; }

    friend bool operator==(const EpochKeyEntry&, const EpochKeyEntry&) = default;
};

/// The public epoch keys of a tenant, signed by its release tier; what an intake needs to seal documents.
/// *Source*: docs/formats/spool_v1.md, "Epoch list".
struct EpochList {
    TenantId tenant;
    std::uint64_t sequence = 0;  ///< never goes back
    Time issued;
    Time expires;  ///< at most `epoch_list_lifetime` after `issued`
    std::vector<EpochKeyEntry> keys;

    /// A list that is valid for the whole `epoch_list_lifetime` from `issued` on.
    [[nodiscard]] static EpochList issue(const TenantId& tenant, std::uint64_t sequence, Time issued,
                                         std::vector<EpochKeyEntry> keys);

    /// The list as a signed note. *Errors*: `invalid_argument` for times or keys that `open` would refuse, `too_many`;
    /// those of `crypto::check_note_key_name`.
    [[nodiscard]] Result<std::string> encode_signed(const crypto::SigningKey& key, std::string_view key_name) const;

    /// Reads a list that `pinned` signed for `tenant`. Equal sequence numbers pass, so that the same list can be read
    /// again. *Errors*, in the order of the checks: `too_large`, `too_many`, `malformed`, `not_canonical`,
    /// `invalid_utf8`, `control_character` (the note); `signature_invalid`; `malformed`, `not_canonical`, `duplicate`,
    /// `bad_version`, `too_many` (the list); `header_mismatch` for another tenant; `rollback` below
    /// `least_sequence`; `epoch_expired` when the list is over or from the future.
    [[nodiscard]] static Result<EpochList> open(std::string_view note, const crypto::NoteKey& pinned,
                                                const TenantId& tenant, std::uint64_t least_sequence, Time now);

    /// The sequence of a list that `pinned` signed for `tenant`, also of one that is over: no older one is to be
    /// believed after it. *Errors*: as `open`, but `rollback` and `epoch_expired`.
    [[nodiscard]] static Result<std::uint64_t> sequence_of(std::string_view note, const crypto::NoteKey& pinned,
                                                           const TenantId& tenant);

    /// The key that new documents are sealed to: of those whose time it is, the one that began last.
    /// Points into this list. *Errors*: `epoch_expired` when there is none, or the list itself is over.
    [[nodiscard]] Result<const EpochKeyEntry*> current(Time now) const&;
    Result<const EpochKeyEntry*> current(Time now) const&& = delete;

    /// The same among the keys for what is kept.
    [[nodiscard]] Result<const EpochKeyEntry*> kept(Time now) const&;
    Result<const EpochKeyEntry*> kept(Time now) const&& = delete;

    /// Null when the list has no key of that epoch.
    [[nodiscard]] const EpochKeyEntry* find(const EpochId& epoch) const&;

    friend bool operator==(const EpochList&, const EpochList&) = default;
};

}  // namespace safeq::spool
