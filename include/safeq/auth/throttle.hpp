// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>

namespace safeq::auth {

/// Where an attempt comes from: an authenticated device, and the network address as the listener saw it.
struct Origin {
    std::optional<DeviceId> device;
    std::string address;  ///< whole; of IPv6 the first 64 bits count, because one person has them all; empty for none
};

/// A bucket of failures that empties at a steady pace.
struct FailureBucket {
    std::uint32_t size;
    std::chrono::milliseconds forget_one;
};

/// How failures slow guessing down. Devices and bare addresses are two realms, counted apart, so that a flood from the
/// network can't lock anyone out at the devices. The numbers bound what a guesser gets, whatever devices and addresses
/// he has: in each realm `unfamiliar.size` guesses at origins that are new to the account, and `at_origin` at each
/// familiar one.
struct ThrottleRules {
    std::uint32_t free_at_origin;                ///< failures of one account at one origin that cost no wait
    std::uint32_t at_origin;                     ///< then waits double from 1 s; from this many failures on …
    std::chrono::milliseconds long_wait;         ///< … the wait is this, doubling
    std::chrono::milliseconds longest_wait;      ///< … up to this
    std::chrono::milliseconds forget_at_origin;  ///< that long after the wait, failures there are forgotten
    std::uint32_t step_up;                       ///< failures at unfamiliar origins after which they ask for more
    FailureBucket unfamiliar;        ///< one account, all origins of a realm at which it hasn't signed in lately
    std::uint32_t familiar_origins;  ///< how many origins of a realm an account is remembered at, the latest
    FailureBucket device;            ///< one device, all accounts
    FailureBucket address;           ///< one address without a device, all accounts
    std::size_t entries;             ///< most counters kept in each table
};

/// Guesses at one account that a guesser gets at once, whatever he does.
[[nodiscard]] constexpr std::uint32_t most_guesses(const ThrottleRules& rules) noexcept {
    return 2 * (rules.unfamiliar.size + rules.familiar_origins * rules.at_origin);
}

/// 10 failures at one origin, then a wait; 10 at unfamiliar origins, then a second factor; 100 in all.
inline constexpr ThrottleRules throttle_2026{
    .free_at_origin = 3,
    .at_origin = 10,
    .long_wait = std::chrono::minutes{15},
    .longest_wait = std::chrono::hours{24},
    .forget_at_origin = std::chrono::hours{24},
    .step_up = 10,
    .unfamiliar = {.size = 20, .forget_one = std::chrono::hours{6}},
    .familiar_origins = 3,
    .device = {.size = 120, .forget_one = std::chrono::seconds{15}},
    .address = {.size = 120, .forget_one = std::chrono::seconds{15}},
    .entries = 65'536,
};
static_assert(most_guesses(throttle_2026) <= 100);
static_assert(throttle_2026.free_at_origin < throttle_2026.at_origin);
static_assert(throttle_2026.step_up < throttle_2026.unfamiliar.size);

/// The account, or what was given in its place (a name, a card's lookup) where there is no such account: both are
/// slowed down alike, so that the throttle doesn't tell who exists, but are counted in tables of their own, so that a
/// flood of invented names can't push out what is known about real ones.
using Counted = std::variant<SubjectId, std::string>;

/// One attempt to prove who someone is.
struct Attempt {
    TenantId tenant;
    Counted who;
    Origin origin;
    bool stepped_up = false;  ///< a password beside a card or token that is the account's
};

/// Whether an attempt may be judged.
enum class Verdict {
    allowed,
    step_up,  ///< only when stepped up
    wait,
};

/// What the throttle said to one attempt.
struct Admission {
    Verdict verdict;
    Time until{};                     ///< for `wait`: when to come again
    bool counted_unfamiliar = false;  ///< kept for `succeeded` and `withdraw`
};

/// What a counter counts for. The numbers are stored: add new ones at the end.
enum class ThrottleTable : std::uint8_t { account_at_origin, account, stranger_at_origin, stranger, device, address };
/// Which counter of a table; a hash, cut short.
using ThrottleKey = std::array<std::byte, 16>;

/// One counter, as it is kept. Without failures and familiar origins it means that there is nothing to keep.
struct ThrottleEntry {
    ThrottleTable table;
    ThrottleKey key{};  ///< a hash: no name or address can be read from it directly
    std::uint32_t failures = 0;
    Time since{};                       ///< of the last failure, or where a bucket stands in its emptying
    std::vector<ThrottleKey> familiar;  ///< only in `account` and `stranger`: the origins, latest first

    [[nodiscard]] bool nothing() const noexcept { return failures == 0 && familiar.empty(); }
    friend bool operator==(const ThrottleEntry&, const ThrottleEntry&) = default;
};

/// Slows guessing down without locking the owner out: failures of an account at one device don't count at those where
/// its owner has signed in lately, and elsewhere a second factor gets through.
/// A value, without input or output; memory is bounded by `rules.entries`, where the counters touched longest ago go
/// first. *Threads*: one at a time; `SharedThrottle` locks.
class Throttle final {
public:
    /// Borrows the clock. When it goes back, waits start anew from there: none is cut short, none grows beyond itself.
    Throttle(const ThrottleRules& rules, const Clock& clock) : rules_{rules}, clock_{&clock} {}

    /// Asks before anything is looked at, and counts the attempt as failed in advance, so that a thousand attempts at
    /// the same moment count as a thousand. What isn't allowed counts nothing, and changes nothing that is kept.
    [[nodiscard]] Admission admit(const Attempt& attempt);

    /// It was the owner: takes the count back, forgets the failures at this origin, which is familiar from now on.
    void succeeded(const Attempt& attempt, const Admission& admission);

    /// It was never judged (the server was busy): takes the count back.
    void withdraw(const Attempt& attempt, const Admission& admission);

    /// An operator's word: forgets the account's failures everywhere but at single origins, which wait out.
    void forgive(TenantId tenant, const Counted& who);

    /// Everything that is known, for tests and for moving to another store.
    [[nodiscard]] std::vector<ThrottleEntry> snapshot() const;
    /// Replaces everything; entries over the bound are dropped.
    void restore(std::span<const ThrottleEntry> entries);

    /// The counters that changed since `saved` was last called; those that are no more hold `nothing()`.
    [[nodiscard]] std::vector<ThrottleEntry> changes() const;
    /// What `changes` gave is stored: changes are collected anew.
    void saved() noexcept { changed_.clear(); }

    [[nodiscard]] std::size_t size() const noexcept;

private:
    struct Counter {
        std::uint32_t failures = 0;
        Time since{};
        std::vector<ThrottleKey> familiar;
        std::uint64_t touched = 0;
    };
    using Table = std::map<ThrottleKey, Counter>;
    struct Keys;
    static constexpr std::size_t tables = 6;

    [[nodiscard]] static Keys keys_of(const Attempt& attempt);
    [[nodiscard]] Table& table(ThrottleTable which) noexcept { return tables_[static_cast<std::size_t>(which)]; }
    [[nodiscard]] Counter* find(ThrottleTable which, const ThrottleKey& key);
    [[nodiscard]] Counter& find_or_add(ThrottleTable which, const ThrottleKey& key);
    [[nodiscard]] Time wait_at_origin(const Keys& keys, Time now);
    [[nodiscard]] Time wait_for_bucket(ThrottleTable which, const ThrottleKey& key, const FailureBucket& rule,
                                       Time now);
    void count_at_origin(const Keys& keys, Time now);
    void count_in_bucket(ThrottleTable which, const ThrottleKey& key, Time now);
    void uncount(ThrottleTable which, const ThrottleKey& key);
    void take_back(const Keys& keys, const Admission& admission);
    void drop_if_nothing(ThrottleTable which, const ThrottleKey& key);
    void make_room(ThrottleTable which);
    void mark(ThrottleTable which, const ThrottleKey& key);

    ThrottleRules rules_;
    const Clock* clock_;
    std::array<Table, tables> tables_;
    std::set<std::pair<ThrottleTable, ThrottleKey>> changed_;
    std::uint64_t touches_ = 0;
};

/// Where a throttle survives a restart. *Threads*: safe from several threads.
class ThrottleStore {
public:
    virtual ~ThrottleStore() = default;
    /// Every entry that is stored.
    [[nodiscard]] virtual Result<std::vector<ThrottleEntry>> load() = 0;
    /// Adds or replaces each entry by table and key; removes it where it holds `nothing()`.
    [[nodiscard]] virtual Result<void> save(std::span<const ThrottleEntry> changes) = 0;

protected:
    ThrottleStore() = default;
    ThrottleStore(const ThrottleStore&) = default;
    ThrottleStore& operator=(const ThrottleStore&) = default;
};

/// A throttle for several threads that reads its store before its first answer, and writes each change to it before the
/// answer. *Errors*: those of the store; an attempt that can't be counted is refused, also while what was known before
/// can't be read.
class SharedThrottle final {
public:
    SharedThrottle(const ThrottleRules& rules, const Clock& clock, ThrottleStore& store)
        : throttle_{rules, clock}, store_{store} {}

    /// Reads what was known before, unless that was read: at a start, to learn sooner that the store is good. Otherwise
    /// the first of the calls below does it.
    [[nodiscard]] Result<void> load();

    /// As in `Throttle`, and stored when it returns.
    /// @{
    [[nodiscard]] Result<Admission> admit(const Attempt& attempt);
    [[nodiscard]] Result<void> succeeded(const Attempt& attempt, const Admission& admission);
    [[nodiscard]] Result<void> withdraw(const Attempt& attempt, const Admission& admission);
    [[nodiscard]] Result<void> forgive(TenantId tenant, const Counted& who);
    /// @}

private:
    [[nodiscard]] Result<void> load_once();
    [[nodiscard]] Result<void> save();

    std::mutex mutex_;
    Throttle throttle_;
    ThrottleStore& store_;
    bool loaded_ = false;
};

}  // namespace safeq::auth
