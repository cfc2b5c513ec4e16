// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/throttle.hpp>

#include <algorithm>
#include <array>

#include <safeq/core/bytes.hpp>
#include <safeq/core/network.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::auth {

using namespace std::chrono_literals;

struct Throttle::Keys {
    ThrottleTable at_origin_table;
    ThrottleTable who_table;
    ThrottleKey at_origin;
    ThrottleKey who;
    ThrottleKey origin;
    std::optional<std::pair<ThrottleTable, ThrottleKey>> source;  // the device's bucket, or the address's
};

namespace {

ThrottleKey shortened_hash(ByteWriter& fields) {
    const crypto::Sha256Digest digest = crypto::sha256(fields.view());
    ThrottleKey key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

ThrottleEntry nothing_at(ThrottleTable which, const ThrottleKey& key) { return {.table = which, .key = key}; }

// `first` doubled `times` times, at most `most`; without overflow for any number of times.
std::chrono::milliseconds doubled(std::chrono::milliseconds first, std::uint32_t times,
                                  std::chrono::milliseconds most) {
    std::chrono::milliseconds wait = first;
    for (; times > 0 && wait < most; --times) wait *= 2;
    return std::min(wait, most);
}

std::chrono::milliseconds wait_after(const ThrottleRules& rules, std::uint32_t failures) {
    if (failures <= rules.free_at_origin) return 0ms;
    if (failures < rules.at_origin) return doubled(1s, failures - rules.free_at_origin - 1, rules.long_wait);
    return doubled(rules.long_wait, failures - rules.at_origin, rules.longest_wait);
}

}  // namespace

Throttle::Keys Throttle::keys_of(const Attempt& attempt) {
    const bool known = std::holds_alternative<SubjectId>(attempt.who);
    ByteWriter who;
    who.field(known ? "account" : "stranger").field(attempt.tenant.bytes());
    if (known) who.field(std::get<SubjectId>(attempt.who).bytes());
    else who.field(std::get<std::string>(attempt.who));

    // Device or address: a realm of its own for each.
    who.field(attempt.origin.device ? "device" : "address");

    ByteWriter origin;
    if (attempt.origin.device)
        origin.field("device").field(attempt.tenant.bytes()).field(attempt.origin.device->bytes());
    else origin.field("address").field(attempt.tenant.bytes()).field(network_of(attempt.origin.address));

    ByteWriter both;
    both.field(who.view()).field(origin.view());

    Keys keys{.at_origin_table = known ? ThrottleTable::account_at_origin : ThrottleTable::stranger_at_origin,
              .who_table = known ? ThrottleTable::account : ThrottleTable::stranger,
              .at_origin = shortened_hash(both),
              .who = shortened_hash(who),
              .origin = shortened_hash(origin),
              .source = std::nullopt};
    if (attempt.origin.device) keys.source.emplace(ThrottleTable::device, keys.origin);
    else if (!attempt.origin.address.empty()) keys.source.emplace(ThrottleTable::address, keys.origin);
    return keys;
}

Admission Throttle::admit(const Attempt& attempt) {
    const Time now = clock_->now();
    const Keys keys = keys_of(attempt);

    Time until = wait_at_origin(keys, now);
    if (keys.source) {
        const bool device = keys.source->first == ThrottleTable::device;
        const FailureBucket& rule = device ? rules_.device : rules_.address;
        until = std::max(until, wait_for_bucket(keys.source->first, keys.source->second, rule, now));
    }
    const Counter* who = find(keys.who_table, keys.who);
    const bool familiar = who != nullptr && std::ranges::find(who->familiar, keys.origin) != who->familiar.end();
    if (!familiar) until = std::max(until, wait_for_bucket(keys.who_table, keys.who, rules_.unfamiliar, now));
    if (until > now) return {.verdict = Verdict::wait, .until = until};

    who = find(keys.who_table, keys.who);
    if (!familiar && !attempt.stepped_up && who != nullptr && who->failures >= rules_.step_up)
        return {.verdict = Verdict::step_up};
    count_at_origin(keys, now);
    if (keys.source) count_in_bucket(keys.source->first, keys.source->second, now);
    if (!familiar) count_in_bucket(keys.who_table, keys.who, now);
    return {.verdict = Verdict::allowed, .counted_unfamiliar = !familiar};
}

void Throttle::succeeded(const Attempt& attempt, const Admission& admission) {
    const Keys keys = keys_of(attempt);
    take_back(keys, admission);
    if (Counter* const here = find(keys.at_origin_table, keys.at_origin)) {
        here->failures = 0;
        mark(keys.at_origin_table, keys.at_origin);
        drop_if_nothing(keys.at_origin_table, keys.at_origin);
    }
    std::vector<ThrottleKey>& familiar = find_or_add(keys.who_table, keys.who).familiar;
    std::erase(familiar, keys.origin);
    familiar.insert(familiar.begin(), keys.origin);
    if (familiar.size() > rules_.familiar_origins) familiar.resize(rules_.familiar_origins);
    drop_if_nothing(keys.who_table, keys.who);
}

void Throttle::withdraw(const Attempt& attempt, const Admission& admission) { take_back(keys_of(attempt), admission); }

void Throttle::forgive(TenantId tenant, const Counted& who) {
    for (const std::optional<DeviceId> realm : {std::optional<DeviceId>{}, std::optional{DeviceId{}}}) {
        const Keys keys = keys_of({.tenant = tenant, .who = who, .origin = {.device = realm, .address = {}}});
        if (Counter* const counter = find(keys.who_table, keys.who)) {
            counter->failures = 0;
            mark(keys.who_table, keys.who);
            drop_if_nothing(keys.who_table, keys.who);
        }
    }
}

Throttle::Counter* Throttle::find(ThrottleTable which, const ThrottleKey& key) {
    const auto found = table(which).find(key);
    if (found == table(which).end()) return nullptr;
    found->second.touched = ++touches_;
    return &found->second;
}

Throttle::Counter& Throttle::find_or_add(ThrottleTable which, const ThrottleKey& key) {
    mark(which, key);
    if (Counter* const there = find(which, key)) return *there;
    make_room(which);
    Counter& added = table(which)[key];
    added.touched = ++touches_;
    return added;
}

Time Throttle::wait_at_origin(const Keys& keys, Time now) {
    Counter* const counter = find(keys.at_origin_table, keys.at_origin);
    if (counter == nullptr) return now;
    counter->since = std::min(counter->since, now);
    const Time until = counter->since + wait_after(rules_, counter->failures);
    if (now - until >= rules_.forget_at_origin) {
        counter->failures = 0;
        drop_if_nothing(keys.at_origin_table, keys.at_origin);
        return now;
    }
    return until;
}

Time Throttle::wait_for_bucket(ThrottleTable which, const ThrottleKey& key, const FailureBucket& rule, Time now) {
    Counter* const bucket = find(which, key);
    if (bucket == nullptr) return now;
    bucket->since = std::min(bucket->since, now);
    const auto forgotten = (now - bucket->since) / rule.forget_one;
    if (forgotten >= bucket->failures) {
        bucket->failures = 0;
        drop_if_nothing(which, key);
        return now;
    }
    bucket->failures -= static_cast<std::uint32_t>(forgotten);
    bucket->since += forgotten * rule.forget_one;
    if (bucket->failures < rule.size) return now;
    return bucket->since + rule.forget_one * (bucket->failures - rule.size + 1);
}

void Throttle::count_at_origin(const Keys& keys, Time now) {
    Counter& counter = find_or_add(keys.at_origin_table, keys.at_origin);
    ++counter.failures;
    counter.since = now;
}

void Throttle::count_in_bucket(ThrottleTable which, const ThrottleKey& key, Time now) {
    Counter& bucket = find_or_add(which, key);
    if (bucket.failures == 0) bucket.since = now;
    ++bucket.failures;
}

void Throttle::uncount(ThrottleTable which, const ThrottleKey& key) {
    Counter* const counter = find(which, key);
    if (counter == nullptr || counter->failures == 0) return;
    --counter->failures;
    mark(which, key);
    drop_if_nothing(which, key);
}

void Throttle::take_back(const Keys& keys, const Admission& admission) {
    if (admission.verdict != Verdict::allowed) return;
    uncount(keys.at_origin_table, keys.at_origin);
    if (keys.source) uncount(keys.source->first, keys.source->second);
    if (admission.counted_unfamiliar) uncount(keys.who_table, keys.who);
}

void Throttle::drop_if_nothing(ThrottleTable which, const ThrottleKey& key) {
    const auto found = table(which).find(key);
    if (found == table(which).end() || found->second.failures != 0 || !found->second.familiar.empty()) return;
    table(which).erase(found);
    mark(which, key);
}

void Throttle::make_room(ThrottleTable which) {
    Table& full = table(which);
    if (full.size() < std::max<std::size_t>(rules_.entries, 1)) return;
    // An eighth at a time, so that the search for the oldest is paid for by many additions.
    std::vector<std::pair<std::uint64_t, ThrottleKey>> by_age;
    by_age.reserve(full.size());
    for (const auto& [key, counter] : full) by_age.emplace_back(counter.touched, key);
    const auto end = by_age.begin() + static_cast<std::ptrdiff_t>(full.size() / 8 + 1);
    std::nth_element(by_age.begin(), end - 1, by_age.end());
    for (auto oldest = by_age.begin(); oldest != end; ++oldest) {
        full.erase(oldest->second);
        mark(which, oldest->second);
    }
}

void Throttle::mark(ThrottleTable which, const ThrottleKey& key) {
    // Where nobody saves, the list of changes must not grow for ever.
    if (changed_.size() > tables * std::max<std::size_t>(rules_.entries, 1)) changed_.clear();
    changed_.emplace(which, key);
}

std::vector<ThrottleEntry> Throttle::snapshot() const {
    std::vector<ThrottleEntry> out;
    for (std::size_t i = 0; i < tables; ++i) {
        for (const auto& [key, counter] : tables_[i])
            out.push_back({.table = static_cast<ThrottleTable>(i),
                           .key = key,
                           .failures = counter.failures,
                           .since = counter.since,
                           .familiar = counter.familiar});
    }
    return out;
}

void Throttle::restore(std::span<const ThrottleEntry> entries) {
    for (Table& each : tables_) each.clear();
    changed_.clear();
    for (const ThrottleEntry& entry : entries) {
        const auto which = static_cast<std::size_t>(entry.table);
        if (which >= tables || entry.nothing() || tables_[which].size() >= rules_.entries) continue;
        Counter counter{
            .failures = entry.failures, .since = entry.since, .familiar = entry.familiar, .touched = ++touches_};
        if (counter.familiar.size() > rules_.familiar_origins) counter.familiar.resize(rules_.familiar_origins);
        tables_[which].insert_or_assign(entry.key, std::move(counter));
    }
}

std::vector<ThrottleEntry> Throttle::changes() const {
    std::vector<ThrottleEntry> out;
    for (const auto& [which, key] : changed_) {
        const Table& in = tables_[static_cast<std::size_t>(which)];
        const auto found = in.find(key);
        if (found == in.end()) {
            out.push_back(nothing_at(which, key));
            continue;
        }
        const Counter& counter = found->second;
        out.push_back({.table = which,
                       .key = key,
                       .failures = counter.failures,
                       .since = counter.since,
                       .familiar = counter.familiar});
    }
    return out;
}

std::size_t Throttle::size() const noexcept {
    std::size_t count = 0;
    for (const Table& each : tables_) count += each.size();
    return count;
}

Result<void> SharedThrottle::load() {
    const std::scoped_lock lock{mutex_};
    return load_once();
}

// A throttle that knew nothing would forgive everybody, and write that over what is stored.
Result<void> SharedThrottle::load_once() {
    if (loaded_) return {};
    SAFEQ_TRY(const std::vector<ThrottleEntry> entries, store_.load());
    throttle_.restore(entries);
    loaded_ = true;
    return {};
}

Result<Admission> SharedThrottle::admit(const Attempt& attempt) {
    const std::scoped_lock lock{mutex_};
    SAFEQ_TRY_VOID(load_once());
    const Admission admission = throttle_.admit(attempt);
    SAFEQ_TRY_VOID(save());
    return admission;
}

Result<void> SharedThrottle::succeeded(const Attempt& attempt, const Admission& admission) {
    const std::scoped_lock lock{mutex_};
    SAFEQ_TRY_VOID(load_once());
    throttle_.succeeded(attempt, admission);
    return save();
}

Result<void> SharedThrottle::withdraw(const Attempt& attempt, const Admission& admission) {
    const std::scoped_lock lock{mutex_};
    SAFEQ_TRY_VOID(load_once());
    throttle_.withdraw(attempt, admission);
    return save();
}

Result<void> SharedThrottle::forgive(TenantId tenant, const Counted& who) {
    const std::scoped_lock lock{mutex_};
    SAFEQ_TRY_VOID(load_once());
    throttle_.forgive(tenant, who);
    return save();
}

Result<void> SharedThrottle::save() {
    const std::vector<ThrottleEntry> changes = throttle_.changes();
    if (changes.empty()) return {};
    SAFEQ_TRY_VOID(store_.save(changes));
    throttle_.saved();
    return {};
}

}  // namespace safeq::auth
