// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/pairing_store.hpp>

#include <limits>

namespace safeq::token {
namespace {

std::unexpected<Error> not_found() { return fail(Errc::not_found, "pairing"); }

}  // namespace

Result<void> MemoryPairingStore::put(const PairingRecord& record) {
    const std::scoped_lock lock{mutex_};
    const std::pair key{record.tenant, record.device};
    if (!pairings_.contains(key) && pairings_.size() >= max_entries_) return fail(Errc::too_many, "pairings");
    pairings_.insert_or_assign(key, record);
    return {};
}

Result<PairingRecord> MemoryPairingStore::attempt(TenantId tenant, DeviceId device) {
    const std::scoped_lock lock{mutex_};
    const auto found = pairings_.find({tenant, device});
    if (found == pairings_.end()) return not_found();
    std::uint32_t& attempts = found->second.attempts;
    if (attempts < std::numeric_limits<std::uint32_t>::max()) ++attempts;
    return found->second;
}

Result<void> MemoryPairingStore::erase(TenantId tenant, DeviceId device, PairingId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = pairings_.find({tenant, device});
    if (found == pairings_.end() || found->second.id != id) return not_found();
    pairings_.erase(found);
    return {};
}

Result<void> MemoryPairingStore::erase(TenantId tenant, DeviceId device) {
    const std::scoped_lock lock{mutex_};
    if (pairings_.erase({tenant, device}) == 0) return not_found();
    return {};
}

Result<std::size_t> MemoryPairingStore::erase_expired(Time now) {
    const std::scoped_lock lock{mutex_};
    return std::erase_if(pairings_, [&](const auto& each) { return each.second.expires <= now; });
}

}  // namespace safeq::token
