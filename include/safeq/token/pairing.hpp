// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/pairing_store.hpp>

namespace safeq::token {

/// The key under which codes are stored: a code is short, so a plain hash of it could be found by trying.
using PairingKey = crypto::Key<32, struct PairingTag>;

/// How long a code lives, and what guesses it bears.
struct PairingRules {
    std::chrono::milliseconds lifetime;
    std::uint32_t attempts;  ///< wrong codes for one pairing, then it ends
};

/// Ten minutes and five attempts: one guess in 5,000,000,000 succeeds.
inline constexpr PairingRules pairing_2026{.lifetime = std::chrono::minutes{10}, .attempts = 5};

/// A code that a person reads in one place and types in another: eight of twenty consonants, 34 bits, shown as
/// "BCDF-GHJK". No vowels, so no words; no letter that looks like another or like a digit. *Secrets*: wiped.
/// *Source*: RFC 8628, section 6.1.
class PairingCode final {
public:
    static constexpr std::size_t letters = 8;
    static constexpr std::size_t max_typed_bytes = 32;

    /// A fresh code, each letter as likely as any other.
    [[nodiscard]] static PairingCode generate(Random& random);

    /// Takes what people type: either case, hyphens and spaces anywhere. *Errors*: `too_large`, `malformed`.
    [[nodiscard]] static Result<PairingCode> parse(std::string_view typed);

    /// As it is shown: "BCDF-GHJK".
    [[nodiscard]] crypto::Secret text() const;

    /// HMAC-SHA-256 over tenant, device and the letters.
    [[nodiscard]] crypto::MacTag tag(const PairingKey& key, TenantId tenant, DeviceId device) const;

private:
    using Letters = crypto::Key<letters, struct PairingCodeTag>;
    explicit PairingCode(Letters value) noexcept : letters_{std::move(value)} {}
    Letters letters_;
};

/// A code to show, this once, and what it is for.
struct IssuedPairing {
    crypto::Secret text;
    PairingRecord pairing;
};

/// Pairs devices by codes: one pending for each device, good for one redemption and few attempts.
/// *Threads*: safe from several threads. Borrows all that it is made of.
class Pairings final {
public:
    Pairings(PairingStore& store, const PairingKey& key, const Clock& clock, Random& random,
             const PairingRules& rules) noexcept
        : store_{store}, key_{key}, clock_{clock}, random_{random}, rules_{rules}, expiry_{clock, store} {}
    Pairings(PairingStore& store, const PairingKey&& key, const Clock& clock, Random& random,
             const PairingRules& rules) = delete;

    /// A code for this device; an earlier one ends. *Errors*: `invalid_argument` for a nil id or rules without time or
    /// attempts; the store's.
    [[nodiscard]] Result<IssuedPairing> begin(TenantId tenant, DeviceId device, SubjectId by);

    /// Spends a device's code. The attempt is counted before it is looked at. *Errors*: `too_large`, `malformed` for
    /// what can't be a code, which doesn't count; `credential_wrong` for a wrong code, and where none is pending;
    /// `throttled` when the attempts are used up: then the code is gone; `expired`, once; the store's. Peers are told
    /// `denied`.
    [[nodiscard]] Result<PairingRecord> redeem(std::string_view typed, TenantId tenant, DeviceId device);

    /// Ends a device's code. *Errors*: `not_found`.
    [[nodiscard]] Result<void> cancel(TenantId tenant, DeviceId device);

    /// Removes what has expired; returns how many.
    [[nodiscard]] Result<std::size_t> sweep();

private:
    [[nodiscard]] Result<void> end(const PairingRecord& record);

    PairingStore& store_;
    const PairingKey& key_;
    const Clock& clock_;
    Random& random_;
    PairingRules rules_;
    ExpiryClock expiry_;
};

}  // namespace safeq::token
