// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <safeq/crypto/sign.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/survivors.hpp>
#include <safeq/spool/epoch_list.hpp>

namespace safeq::service {

/// An epoch whose key is alive.
struct LivingEpoch {
    spool::EpochKeyEntry entry;
    bool ending = false;  ///< its destruction has begun, and goes on after a restart

    friend bool operator==(const LivingEpoch&, const LivingEpoch&) = default;
};

/// Port: where the seeds of epoch keys are kept. *Threads*: one caller at a time.
class EpochSeeds {
public:
    virtual ~EpochSeeds() = default;
    /// The public entries of all epochs that are alive, by `not_before`.
    [[nodiscard]] virtual Result<std::vector<LivingEpoch>> list() = 0;
    /// Makes a key, durable and ready for opening when it returns. `record` is called with its id while it is in memory
    /// only; when that fails, so does this, and there is no key.
    [[nodiscard]] virtual Result<spool::EpochKeyEntry> create(
        Time not_before, Time not_after, bool kept,
        const std::function<Result<void>(const spool::EpochId&)>& record) = 0;
    /// Ends its time now, if it would end later, durably. Idempotent. *Errors*: `epoch_unknown`.
    [[nodiscard]] virtual Result<void> retire(const spool::EpochId& epoch, Time now) = 0;
    /// Marks an epoch as ending, durably. Idempotent. *Errors*: `epoch_unknown`.
    [[nodiscard]] virtual Result<void> condemn(const spool::EpochId& epoch) = 0;
    /// Destroys the key; documents of its epoch can't be opened by anyone afterwards. Idempotent. When it fails and the
    /// epoch is no longer listed, then the key is gone, and traces of it are left for `complete`.
    [[nodiscard]] virtual Result<void> destroy(const spool::EpochId& epoch) = 0;
    /// Erases what earlier destructions left; nothing to do is no error.
    [[nodiscard]] virtual Result<void> complete() = 0;
    /// A number for a list of epochs: at least this one, and higher than any before, also before a restart.
    [[nodiscard]] virtual Result<std::uint64_t> next_sequence(std::uint64_t least) = 0;
    /// What a destruction is worth here.
    [[nodiscard]] virtual Assurance assurance() const = 0;

protected:
    EpochSeeds() = default;
    EpochSeeds(const EpochSeeds&) = default;
    EpochSeeds& operator=(const EpochSeeds&) = default;
};

/// How epochs follow one another.
struct EpochRules {
    std::chrono::milliseconds length;   ///< so long new documents are sealed to one
    std::chrono::milliseconds overlap;  ///< the next one begins so long before
    std::chrono::milliseconds hold;     ///< the longest that a document waits; then the key is destroyed
    std::chrono::milliseconds kept;     ///< so long survivors are sealed to one epoch for what is kept
};

/// A day each, an hour of overlap; thirty days for what is kept.
[[nodiscard]] constexpr EpochRules epoch_rules_2026(std::chrono::milliseconds hold) {
    return {.length = std::chrono::hours{25},
            .overlap = std::chrono::hours{1},
            .hold = hold,
            .kept = std::chrono::days{30}};
}

/// Keeps a tenant's epochs: makes the next in time, ends those whose time is over, and signs the list that the intakes
/// seal to. An epoch ends in steps, each of which may be repeated, so that a restart finishes what was begun: it is
/// condemned; what is still waiting is re-sealed to a `kept` epoch; a record tells what can't be read any more; its
/// key is destroyed. An epoch for what is kept ends when its time is over, the others by `EpochRules::hold` later.
/// *Threads*: safe from several threads; one epoch ends at a time, and only who ends one waits for that.
class EpochKeeper final {
public:
    /// What keeping epochs needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        EpochSeeds& seeds;
        Survivors& survivors;
        /// Runs the last steps of an end while no job is being taken over: see `Custody::undisturbed`.
        std::function<Result<void>(const std::function<Result<void>()>&)> undisturbed;
        const crypto::SigningKey& signer;
        std::string signer_name;
        Recorder& recorder;
        const Clock& clock;
        EpochRules rules;
    };

    explicit EpochKeeper(Parts parts) : parts_{std::move(parts)} {}

    /// Makes a key to seal to where there is none at this time: what a start can't go on without. *Errors*: those of
    /// the seeds; `log_unavailable`.
    [[nodiscard]] Result<void> begin();

    /// Makes what is due, and ends what was due at `by`: a time that may be behind the clock, as `SettledTime` is.
    /// To be called every few minutes. *Errors*: those of the seeds, the spool and the repository; `log_unavailable`;
    /// `key_unknown` while a job of an epoch is of an intake that isn't known. The first of them is told, one holds up
    /// nothing else, and what is left is done by a later call.
    [[nodiscard]] Result<void> tick(Time by);

    /// The epochs that are alive, by `not_before`. *Errors*: those of the seeds.
    [[nodiscard]] Result<std::vector<LivingEpoch>> list();

    /// Begins a new epoch now; from the next list on, new documents are sealed to it. The others end in their time.
    /// *Errors*: `too_many` while the list has room for those alone that are made without being asked for;
    /// `log_unavailable`; those of the seeds.
    [[nodiscard]] Result<spool::EpochKeyEntry> rotate();

    /// Nothing new is sealed to the epoch from the next list on; it ends by itself when everything that intakes may
    /// have sealed to it has had the time to be handed over and to wait: `EpochRules::hold` from now. Returns when.
    /// *Errors*: `epoch_unknown`; `log_unavailable`; those of the seeds.
    [[nodiscard]] Result<Time> retire(const spool::EpochId& epoch);

    /// Ends an epoch now, whatever its time: for a key that others may have. What an intake has sealed to it and not
    /// yet handed over is lost with it, acknowledged or not. *Errors*: `epoch_unknown`; `log_unavailable` where the
    /// decision can't be recorded: then nothing has begun; as `tick`: then it is on record and condemned, and a later
    /// `tick` goes on. A call that failed may be repeated, and returns what came of the epoch.
    [[nodiscard]] Result<Settlement> end(const spool::EpochId& epoch);

    /// The signed list as of now. Its sequence is the time, or one more than that of the list before where the clock
    /// was set back, so that intakes accept it. *Errors*: those of the seeds.
    [[nodiscard]] Result<std::string> signed_list();

private:
    [[nodiscard]] Result<spool::EpochKeyEntry> create(std::chrono::milliseconds length, bool kept);
    [[nodiscard]] Time hard_end(const LivingEpoch& epoch) const;
    [[nodiscard]] Result<void> decide(const spool::EpochId& epoch);
    [[nodiscard]] Result<void> cover_without(const spool::EpochId& epoch);
    [[nodiscard]] Result<void> cover(const std::vector<LivingEpoch>& epochs);
    [[nodiscard]] Result<spool::EpochKeyEntry> shelter();
    [[nodiscard]] Result<Settlement> finish(const spool::EpochId& epoch);
    [[nodiscard]] Result<void> destroy(const spool::EpochId& epoch, const Settlement& settled);

    Parts parts_;
    std::mutex ends_;   // one end at a time; taken before the other
    std::mutex mutex_;  // the seeds and `left_`: never held while files are moved
    // What came of epochs whose keys are gone and were not erased at the first try: for who tries again.
    std::map<spool::EpochId, Settlement> left_;
};

}  // namespace safeq::service
