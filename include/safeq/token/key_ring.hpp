// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/token/paserk.hpp>
#include <safeq/token/purpose.hpp>

namespace safeq::token {

/// When a key counts. Periods of the old key and the new one overlap, so that nothing breaks at a rotation.
struct KeyPeriod {
    Time issue_from{};    ///< from here on it makes tokens
    Time issue_until{};   ///< from here on it makes none
    Time verify_until{};  ///< from here on its tokens are refused

    /// The period of a key that issues from `from` for `issue_for`, and whose last token may live out its time.
    [[nodiscard]] static KeyPeriod of(Time from, std::chrono::milliseconds issue_for, const PurposeRules& rules) {
        return {
            .issue_from = from, .issue_until = from + issue_for, .verify_until = from + issue_for + rules.max_lifetime};
    }
};

/// The id by which tokens name the key that verifies them.
/// @{
[[nodiscard]] inline KeyId token_key_id(const crypto::SigningKey& key) { return KeyId::of(key.verifying_key()); }
[[nodiscard]] inline KeyId token_key_id(const crypto::VerifyingKey& key) { return KeyId::of(key); }
[[nodiscard]] inline KeyId token_key_id(const LocalKey& key) { return KeyId::of(key); }
/// @}

/// The keys of one kind, each with its id and its period. *Threads*: safe from several threads; a key that was given
/// out stays alive while it is used.
template <class KeyType>
class KeyRing final {
public:
    static constexpr std::size_t max_keys = 16;

    /// A key of the ring.
    struct Entry {
        KeyId id;
        KeyType key;
        KeyPeriod period;
    };
    /// A key that was given out.
    using Found = std::shared_ptr<const Entry>;

    /// *Errors*: `invalid_argument` for a period whose times aren't in order; `already_exists`; `too_many`.
    [[nodiscard]] Result<void> add(KeyType key, const KeyPeriod& period) {
        if (period.issue_from >= period.issue_until || period.issue_until > period.verify_until)
            return fail(Errc::invalid_argument, "key ring", "a period whose times aren't in order");
        const KeyId id = token_key_id(key);
        auto entry = std::make_shared<const Entry>(Entry{id, std::move(key), period});
        const std::scoped_lock lock{mutex_};
        if (at(id) != entries_.end()) return fail(Errc::already_exists, "key ring", id.text());
        if (entries_.size() >= max_keys) return fail(Errc::too_many, "key ring");
        entries_.push_back(std::move(entry));
        return {};
    }

    /// Withdraws a key at once, and with it all its tokens: what to do when it has become known.
    /// *Errors*: `not_found`.
    [[nodiscard]] Result<void> remove(const KeyId& id) {
        const std::scoped_lock lock{mutex_};
        const auto found = at(id);
        if (found == entries_.end()) return fail(Errc::not_found, "key ring", id.text());
        entries_.erase(found);
        return {};
    }

    /// Removes the keys whose tokens are refused by now, as `find` does; returns how many.
    std::size_t drop_expired(Time now, std::chrono::milliseconds clock_skew) {
        const std::scoped_lock lock{mutex_};
        return std::erase_if(entries_, [&](const Found& each) { return is_over(each->period, now, clock_skew); });
    }

    /// The key to issue with: of those whose time it is, the one that began last. *Errors*: `key_unknown`.
    [[nodiscard]] Result<Found> current(Time now) const {
        const std::scoped_lock lock{mutex_};
        Found best;
        for (const Found& each : entries_) {
            if (now < each->period.issue_from || now >= each->period.issue_until) continue;
            if (!best || best->period.issue_from < each->period.issue_from) best = each;
        }
        if (!best) return fail(Errc::key_unknown, "key ring", "no key issues at this time");
        return best;
    }

    /// The key to verify with. *Errors*: `key_unknown`, also before and after its period.
    [[nodiscard]] Result<Found> find(const KeyId& id, Time now, std::chrono::milliseconds clock_skew) const {
        const std::scoped_lock lock{mutex_};
        const auto found = at(id);
        if (found == entries_.end()) return fail(Errc::key_unknown, "key ring", id.text());
        const KeyPeriod& period = (*found)->period;
        if (now + clock_skew < period.issue_from || is_over(period, now, clock_skew))
            return fail(Errc::key_unknown, "key ring", "not its time: " + id.text());
        return *found;
    }

    [[nodiscard]] std::size_t size() const {
        const std::scoped_lock lock{mutex_};
        return entries_.size();
    }

private:
    using Entries = std::vector<Found>;

    static bool is_over(const KeyPeriod& period, Time now, std::chrono::milliseconds clock_skew) noexcept {
        return now - clock_skew >= period.verify_until;
    }

    typename Entries::const_iterator at(const KeyId& id) const {
        return std::ranges::find_if(entries_, [&](const Found& each) { return each->id == id; });
    }

    mutable std::mutex mutex_;
    Entries entries_;
};

/// The rings of keys that sign, that verify, and that seal and open.
/// @{
using SigningKeys = KeyRing<crypto::SigningKey>;
using VerifyingKeys = KeyRing<crypto::VerifyingKey>;
using LocalKeys = KeyRing<LocalKey>;
/// @}

}  // namespace safeq::token
