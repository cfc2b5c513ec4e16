// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/epoch.hpp>

#include <algorithm>

#include <safeq/crypto/hash.hpp>

namespace safeq::spool {

EpochId EpochId::of(const EpochPublicKey& key) { return {crypto::sha256(key)}; }

std::string EpochId::text() const { return to_hex(bytes); }

Result<EpochId> EpochId::parse(std::string_view text) {
    SAFEQ_TRY(const Bytes raw, from_hex(text));
    EpochId id;
    if (raw.size() != id.bytes.size()) return fail(Errc::malformed, "epoch id", "not 64 digits");
    std::ranges::copy(raw, id.bytes.begin());
    if (id.text() != text) return fail(Errc::not_canonical, "epoch id", "upper case");
    return id;
}

Result<EpochId> EpochRing::add(crypto::XwingPrivateKey key) {
    const EpochId epoch = EpochId::of(key.public_key());
    auto shared = std::make_shared<const crypto::XwingPrivateKey>(std::move(key));
    const std::scoped_lock lock{mutex_};
    const auto [at, inserted] = keys_.try_emplace(epoch, std::move(shared));
    if (!inserted && at->second == nullptr) return fail(Errc::key_destroyed, "epoch " + epoch.text());
    return epoch;
}

void EpochRing::destroy(const EpochId& epoch) {
    std::shared_ptr<const crypto::XwingPrivateKey> last;  // wiped outside the lock
    const std::scoped_lock lock{mutex_};
    last = std::exchange(keys_[epoch], nullptr);
}

Result<std::shared_ptr<const crypto::XwingPrivateKey>> EpochRing::opening_key(const EpochId& epoch) {
    const std::scoped_lock lock{mutex_};
    const auto at = keys_.find(epoch);
    if (at == keys_.end()) return fail(Errc::epoch_unknown, "epoch " + epoch.text());
    if (at->second == nullptr) return fail(Errc::key_destroyed, "epoch " + epoch.text());
    return at->second;
}

std::vector<EpochId> EpochRing::epochs() const {
    const std::scoped_lock lock{mutex_};
    std::vector<EpochId> held;
    for (const auto& [epoch, key] : keys_) {
        if (key != nullptr) held.push_back(epoch);
    }
    return held;
}

}  // namespace safeq::spool
