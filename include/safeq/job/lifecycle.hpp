// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/random.hpp>
#include <safeq/job/journal.hpp>
#include <safeq/job/release_gate.hpp>
#include <safeq/job/repository.hpp>

namespace safeq::job {

namespace detail {

// What Begun and Releasing have in common: a running attempt that moves and ends once.
class Attempt {
public:
    Attempt(Attempt&& other) noexcept
        : job_{std::move(other.job_)}, leaf_{std::move(other.leaf_)}, valid_{std::exchange(other.valid_, false)} {}
    Attempt& operator=(Attempt&& other) noexcept {
        job_ = std::move(other.job_);
        leaf_ = std::move(other.leaf_);
        valid_ = std::exchange(other.valid_, false);
        return *this;
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    /// The job as it was when the attempt began.
    [[nodiscard]] const Job& job() const noexcept { return job_; }
    [[nodiscard]] std::uint64_t attempt() const noexcept { return job_.attempt; }
    [[nodiscard]] DeviceId device() const noexcept { return job_.device; }

protected:
    Attempt(Job job, Intent leaf) noexcept : job_{std::move(job)}, leaf_{std::move(leaf)}, valid_{true} {}
    ~Attempt() = default;

private:
    friend class job::Jobs;
    Job job_;
    Intent leaf_;
    bool valid_ = false;
};

}  // namespace detail

/// An attempt that stands in the repository but not yet durably in the log: nothing may leave for the device.
class [[nodiscard]] Begun final : public detail::Attempt {
    friend class Jobs;
    using Attempt::Attempt;
};

/// An attempt whose leaf is durable: bytes may leave. End it with `Jobs::finish`; one that is dropped stays running
/// until the next start, when it becomes uncertain.
class [[nodiscard]] Releasing final : public detail::Attempt {
    friend class Jobs;
    using Attempt::Attempt;
};

/// How an attempt ended.
struct Outcome {
    /// What is known about the paper.
    enum class Kind {
        printed,      ///< the device told so
        not_printed,  ///< no byte left, or the device told that it printed nothing: the job waits again
        lost,         ///< anything else: the job becomes uncertain
        unprintable,  ///< the documents don't open or no retry can help
    };
    Kind kind;
    Printed printed = {};
};

/// Whether the leaf of a change has reached the log already.
enum class Leaf {
    durable,  ///< what can't be undone may be done: the documents of a terminal job are to be deleted now
    pending,  ///< the change is made, its leaf is promised; `Jobs::flush` tells when it is durable
};

/// A job after a change.
struct Settled {
    Job job;
    Leaf leaf;
};

/// What a start found.
struct Recovery {
    std::vector<Job> waiting;    ///< attempts that never began: held again, or uncertain as before
    std::vector<Job> uncertain;  ///< attempts that were cut off
    std::vector<Job> settled;    ///< jobs whose outcome leaf has now become durable
};

/// The life of jobs: every change is one transaction with the intent of its leaf, then the leaf. A change whose leaf
/// can't be appended stays made, with its leaf promised; until `flush` has paid that promise every other one is refused
/// (`log_unavailable`), but for the end of an attempt, which is a fact.
/// *Threads*: safe from several threads. Calls block on the repository and the log.
class Jobs final {
public:
    Jobs(Repository& repository, Journal& journal, const Clock& clock, Random& random) noexcept
        : repository_{repository}, journal_{journal}, clock_{clock}, random_{random} {}

    /// Takes a new job in, held; idempotent by id. The leaf "accepted" is the intake's.
    /// *Errors*: `invalid_argument` for a job that isn't in its initial state or names nil ids; `conflict`.
    [[nodiscard]] Result<Insertion> take(const Job& job);

    /// Spends the grant: the attempt stands in the repository, with the intent of its leaf.
    /// *Errors*: `log_unavailable`; `denied` for a spent grant; `conflict` when the job has moved on since the gate;
    /// `not_found` when it was restricted meanwhile.
    [[nodiscard]] Result<Begun> begin(ReleaseGrant&& grant);

    /// Makes the leaf durable; only then is there a `Releasing`.
    /// *Errors*: `log_unavailable`, and then the job is back where it was.
    [[nodiscard]] Result<Releasing> confirm_durable(Begun&& begun);

    /// `begin` and `confirm_durable`.
    [[nodiscard]] Result<Releasing> release(ReleaseGrant&& grant);

    /// Whether this attempt is still the job's; to be asked each second and before the last chunk.
    /// *Errors*: `fenced`.
    [[nodiscard]] Result<void> check_fence(const Releasing& running);

    /// Ends the attempt. *Errors*: `fenced` when a later attempt or a recovery has taken over.
    [[nodiscard]] Result<Settled> finish(Releasing&& running, const Outcome& outcome);

    /// By the owner. *Errors*: `not_found`, `illegal_transition`, `log_unavailable`.
    [[nodiscard]] Result<Settled> cancel(TenantId tenant, SubjectId owner, JobId job);
    /// The same. `by`: an operator may do it for an owner who asked for it, as when a person is erased.
    [[nodiscard]] Result<Settled> remove(TenantId tenant, SubjectId owner, JobId job, Actor by = Actor::owner);

    /// The owner found the pages of an uncertain attempt.
    [[nodiscard]] Result<Settled> accept_as_printed(TenantId tenant, SubjectId owner, JobId job);
    /// Makes the job a favourite, or no longer one. *Errors*: `not_found`; `conflict` unless it is held or uncertain.
    [[nodiscard]] Result<Job> keep(TenantId tenant, SubjectId owner, JobId job, bool kept, Time expires);

    /// By an operator, who has no say over an uncertain job. *Errors*: as `cancel`; `denied` for a restricted job.
    [[nodiscard]] Result<Settled> cancel_as_operator(TenantId tenant, JobId job);
    /// By a privacy officer (GDPR, article 18): until it is lifted the job is frozen as it is, and not there for its
    /// owner. The caller records it. *Errors*: `not_found`; `conflict` while an attempt runs, or once the job has
    /// ended.
    [[nodiscard]] Result<Job> restrict_processing(TenantId tenant, JobId job, bool restricted);

    /// The owner's open jobs, oldest first, but restricted ones.
    [[nodiscard]] Result<std::vector<Job>> list(TenantId tenant, SubjectId owner, std::size_t limit = 1000);
    /// *Errors*: `not_found`, also for another's job, and for a restricted one.
    [[nodiscard]] Result<Job> find(TenantId tenant, SubjectId owner, JobId job);

    /// Gives up at most `limit` held jobs whose time was over at `by`, and is over now: what a caller with a clock that
    /// may have been set forward holds back. Ends early when a leaf stays pending. *Errors*: `log_unavailable`.
    [[nodiscard]] Result<std::vector<Settled>> expire_due(TenantId tenant, Time by, std::size_t limit = 100);

    /// Erases the rows of at most `limit` terminal jobs that ended before `before` and have no open intent, each after
    /// `discard` has deleted its documents, if any are left; how many. *Errors*: also those of `discard`: what went
    /// before stays done.
    [[nodiscard]] Result<std::size_t> forget(TenantId tenant, Time before,
                                             const std::function<Result<void>(const Job&)>& discard,
                                             std::size_t limit = 1000);

    /// Appends what is promised and not yet in the log; the jobs whose leaf has become durable, whose documents are
    /// to be deleted where they are terminal. *Errors*: `log_unavailable`; what went before stays done.
    [[nodiscard]] Result<std::vector<Job>> flush(TenantId tenant);

    /// On start, before anything else runs: an attempt whose leaf isn't in the log never began; one whose leaf is there
    /// is uncertain; missing leaves are appended. May be cut off and repeated at any point. *Errors*:
    /// `log_unavailable`.
    [[nodiscard]] Result<Recovery> recover(TenantId tenant);

private:
    // A change that somebody asks for.
    struct Change {
        TenantId tenant = {};
        JobId job = {};
        Event event;
        Actor actor = Actor::system;
        std::optional<SubjectId> owner = {};  // whose it must be
        const Printed* printed = nullptr;
    };
    Result<Settled> settle(Change change);
    Result<Intent> promise(UnitOfWork& unit, const Change& change, const Job& job, State before);
    Result<void> ready();
    bool owing() const noexcept { return failed_ != paid_; }
    Leaf append_and_forget(const Intent& intent);

    Repository& repository_;
    Journal& journal_;
    const Clock& clock_;
    Random& random_;
    // How often an append failed, and how many of these failures a flush has made good.
    std::atomic<std::uint64_t> failed_ = 0, paid_ = 0;
};

}  // namespace safeq::job
