// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include <safeq/job/job.hpp>

namespace safeq::job {

/// A few states to choose jobs by.
class StateSet {
public:
    constexpr StateSet() noexcept = default;
    constexpr StateSet(std::initializer_list<State> states) noexcept {
        for (const State s : states) bits_ = static_cast<std::uint16_t>(bits_ | bit(s));
    }

    /// Every state.
    [[nodiscard]] static constexpr StateSet all() noexcept {
        StateSet set;
        for (const State s : all_states) set.bits_ = static_cast<std::uint16_t>(set.bits_ | bit(s));
        return set;
    }
    /// Those in which an attempt is under way.
    [[nodiscard]] static constexpr StateSet running() noexcept { return {State::releasing, State::releasing_again}; }
    /// What its owner can still do something with.
    [[nodiscard]] static constexpr StateSet open() noexcept {
        return {State::held, State::releasing, State::uncertain, State::releasing_again};
    }
    /// Those that nothing leads out of.
    [[nodiscard]] static constexpr StateSet terminal() noexcept {
        StateSet set;
        for (const State s : all_states)
            if (is_terminal(s)) set.bits_ = static_cast<std::uint16_t>(set.bits_ | bit(s));
        return set;
    }

    /// Whether the state is one of them.
    [[nodiscard]] constexpr bool contains(State s) const noexcept { return (bits_ & bit(s)) != 0; }

private:
    static constexpr unsigned bit(State s) noexcept { return 1u << static_cast<unsigned>(s); }
    std::uint16_t bits_ = 0;
};

/// Which jobs to list. They come oldest first.
struct JobFilter {
    std::optional<SubjectId> owner = {};    ///< nothing: everybody's
    std::optional<InstanceId> intake = {};  ///< by which they came; nothing: any
    StateSet states = StateSet::all();
    std::optional<Time> expires_by = {};      ///< at or before this time; nothing: whenever
    std::optional<Time> changed_before = {};  ///< strictly before
    std::optional<Time> changed_since = {};   ///< at or after
    std::optional<JobId> after = {};          ///< continue behind this job; ids sort by the time of creation
    bool but_restricted = false;              ///< leave out what nobody but an operator may see
    std::size_t limit = 100;
};

/// Whether the leaf goes before the act or after it. The numbers are stored: never change one, add one.
enum class IntentKind : std::uint8_t {
    releasing = 1,  ///< its leaf goes before the first byte; an attempt whose leaf isn't durable never began
    outcome = 2,    ///< its leaf follows a change that has been made, and must reach the log whatever happens
};

/// The promise, made in the transaction that changes a job, that a leaf reaches the audit log; idempotent by `record`.
struct Intent {
    RecordId record;
    TenantId tenant;
    JobId job;
    IntentKind kind = IntentKind::outcome;
    Event event = Event::release;  ///< what the leaf tells
    std::uint64_t attempt = 0;
    Bytes record_json;  ///< the leaf's exact bytes

    friend bool operator==(const Intent&, const Intent&) = default;
};

/// What one person has waiting: jobs that are open, but those that only an operator may see.
struct Waiting {
    std::uint64_t jobs = 0;
    std::uint64_t bytes = 0;  ///< of the documents; at most 2^63 - 1

    friend bool operator==(const Waiting&, const Waiting&) = default;
};

/// Whether a job is new to the repository.
enum class Insertion { inserted, already_there };

/// One transaction. What is not committed before the object goes is undone. One thread, and short: others wait.
/// After any failed call but `not_found`, `conflict` and `already_exists`, `commit` fails too.
class UnitOfWork {
public:
    virtual ~UnitOfWork() = default;

    /// Idempotent by id: a job that is there already is left as it is.
    /// *Errors*: `conflict` when a job of another tenant has this id.
    [[nodiscard]] virtual Result<Insertion> insert(const Job& job) = 0;

    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Job> find(TenantId tenant, JobId id) = 0;
    /// The newest with that number: an intake may give a number again after years. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Job> find_by_ipp_id(TenantId tenant, InstanceId intake, std::int32_t ipp_id) = 0;
    /// The tenant's jobs that the filter lets through.
    [[nodiscard]] virtual Result<std::vector<Job>> list(TenantId tenant, const JobFilter& filter) = 0;

    /// All of the owner's that waits, whichever intake it came by and however much it is.
    [[nodiscard]] virtual Result<Waiting> waiting(TenantId tenant, SubjectId owner) = 0;

    /// Compare and set: writes `job` over the row of its id and tenant if that still has the expected state and
    /// attempt. *Errors*: `not_found`; `conflict` when it has moved on.
    [[nodiscard]] virtual Result<void> update(const Job& job, State expected_state, std::uint64_t expected_attempt) = 0;

    /// Removes the row. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> erase(TenantId tenant, JobId id) = 0;

    /// *Errors*: `already_exists` when the record is promised already.
    [[nodiscard]] virtual Result<void> add_intent(const Intent& intent) = 0;
    /// All that are open, in the order in which they were added.
    [[nodiscard]] virtual Result<std::vector<Intent>> intents(TenantId tenant) = 0;
    /// Idempotent.
    [[nodiscard]] virtual Result<void> remove_intent(TenantId tenant, RecordId record) = 0;

    /// Makes everything durable. The unit does nothing more afterwards.
    [[nodiscard]] virtual Result<void> commit() = 0;

protected:
    UnitOfWork() = default;
    UnitOfWork(const UnitOfWork&) = default;
    UnitOfWork& operator=(const UnitOfWork&) = default;
};

/// Where jobs and intents are kept. *Threads*: safe from several threads; units of work follow one another, so a
/// thread that holds one must end it before it begins another.
class Repository {
public:
    virtual ~Repository() = default;
    /// Begins a transaction, once the one before has ended.
    [[nodiscard]] virtual Result<std::unique_ptr<UnitOfWork>> begin() = 0;

protected:
    Repository() = default;
    Repository(const Repository&) = default;
    Repository& operator=(const Repository&) = default;
};

}  // namespace safeq::job
