// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include <safeq/token/store.hpp>

namespace safeq::token {

/// Tells a device's pairings apart, one after the other.
using PairingId = Id<struct PairingIdTag>;

/// A pending pairing as it is kept; the code itself is not.
struct PairingRecord {
    PairingId id;
    TenantId tenant;
    DeviceId device;
    SubjectId by;              ///< who began it
    crypto::MacTag code{};     ///< the code's HMAC
    std::uint32_t attempts{};  ///< made so far
    Time created{};
    Time expires{};

    friend bool operator==(const PairingRecord&, const PairingRecord&) = default;
};

/// Where pending pairings are kept. *Threads*: safe from several threads.
class PairingStore : public ExpiringStore {
public:
    /// Adds a pairing in place of the one that this device has, if any. *Errors*: `too_many` when a bounded store is
    /// full.
    [[nodiscard]] virtual Result<void> put(const PairingRecord& record) = 0;
    /// Counts an attempt and returns the pairing with it, in one atomic step. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<PairingRecord> attempt(TenantId tenant, DeviceId device) = 0;
    /// Removes this device's pairing if it is the one of this id, in one atomic step: of several, one succeeds.
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> erase(TenantId tenant, DeviceId device, PairingId id) = 0;
    /// Removes whatever pairing this device has. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> erase(TenantId tenant, DeviceId device) = 0;
};

/// Pending pairings in memory, at most `max_entries`.
class MemoryPairingStore final : public PairingStore {
public:
    explicit MemoryPairingStore(std::size_t max_entries) noexcept : max_entries_{max_entries} {}

    [[nodiscard]] Result<void> put(const PairingRecord& record) override;
    [[nodiscard]] Result<PairingRecord> attempt(TenantId tenant, DeviceId device) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, DeviceId device, PairingId id) override;
    [[nodiscard]] Result<void> erase(TenantId tenant, DeviceId device) override;
    [[nodiscard]] Result<std::size_t> erase_expired(Time now) override;

private:
    std::mutex mutex_;
    std::size_t max_entries_;
    std::map<std::pair<TenantId, DeviceId>, PairingRecord> pairings_;
};

}  // namespace safeq::token
