// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/replay.hpp>

namespace safeq::token {

Spending spending_of(std::string_view what, TenantId tenant, TokenId token, ByteView nonce, Time forget_at) {
    const Bytes fields =
        ByteWriter{}.field("safeq/spent/v1").field(what).field(tenant.bytes()).field(token.bytes()).field(nonce).take();
    return {.key = crypto::sha256(fields), .token = token, .forget_at = forget_at};
}

void MemoryReplayStore::forget(Time now) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const auto use = uses_.find(by_time_.begin()->second);
        const auto count = of_token_.find(use->second.token);
        if (--count->second == 0) of_token_.erase(count);
        uses_.erase(use);
        by_time_.erase(by_time_.begin());
    }
}

Result<void> MemoryReplayStore::spend(const Spending& spending) {
    const std::scoped_lock lock{mutex_};
    const Time now = clock_.now();
    forget(now);
    if (uses_.contains(spending.key)) return fail(Errc::duplicate, "replay", "spent before");
    // What is over by now would be forgotten at once, and could then be spent again.
    if (spending.forget_at <= now) return fail(Errc::expired, "replay");
    if (uses_.size() >= limits_.entries) return fail(Errc::busy, "replay", "no place left");
    std::size_t& count = of_token_[spending.token];
    if (count >= limits_.entries_a_token) return fail(Errc::too_many, "replay", "this token's share is used up");
    uses_.emplace(spending.key, Use{spending.token, spending.forget_at});
    by_time_.emplace(spending.forget_at, spending.key);
    ++count;
    return {};
}

std::size_t MemoryReplayStore::size() const {
    const std::scoped_lock lock{mutex_};
    return uses_.size();
}

}  // namespace safeq::token
