// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/spent_nonces.hpp>

namespace safeq::auth {

Result<void> SpentNonces::spend(const CredentialPlace& place, const CredentialNonce& nonce, Time forget_after,
                                Time now) {
    const std::scoped_lock lock{mutex_};
    forget(now);
    if (spent_.contains(nonce)) return fail(Errc::duplicate, "sealed credential", "its nonce was used before");
    const auto here = at_.find(place);
    if (spent_.size() >= limits_.in_all || (here != at_.end() && here->second >= limits_.each_place))
        return fail(Errc::busy, "sealed credential", "too many in a short time");
    const auto in_order = by_time_.emplace(forget_after, nonce).first;
    try {
        spent_.emplace(nonce, place);
        ++at_[place];
    } catch (...) {  // memory: remembered whole, or not at all
        spent_.erase(nonce);
        by_time_.erase(in_order);
        throw;
    }
    return {};
}

std::size_t SpentNonces::size() const {
    const std::scoped_lock lock{mutex_};
    return spent_.size();
}

void SpentNonces::forget(Time now) {
    while (!by_time_.empty() && by_time_.begin()->first < now) {
        const auto spent = spent_.find(by_time_.begin()->second);
        const auto at = at_.find(spent->second);
        if (--at->second == 0) at_.erase(at);
        spent_.erase(spent);
        by_time_.erase(by_time_.begin());
    }
}

}  // namespace safeq::auth
