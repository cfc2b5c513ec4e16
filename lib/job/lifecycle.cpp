// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/lifecycle.hpp>

#include <fmt/format.h>

#include <safeq/core/fail_point.hpp>

namespace safeq::job {

namespace {

Result<Job> find_own(UnitOfWork& unit, TenantId tenant, SubjectId owner, JobId id) {
    SAFEQ_TRY(Job job, unit.find(tenant, id));
    if (owner.nil() || job.owner != owner || job.restricted) return fail(Errc::not_found, "job", id.text());
    return job;
}

// What is told of a finished attempt, for the job as it is.
Event event_of(Outcome::Kind kind, bool kept) noexcept {
    switch (kind) {
        case Outcome::Kind::printed: return kept ? Event::print_and_keep : Event::print;
        case Outcome::Kind::not_printed: return Event::not_printed;
        case Outcome::Kind::lost: return Event::lost;
        case Outcome::Kind::unprintable: return Event::unprintable;
    }
    return Event::lost;
}

}  // namespace

Result<Intent> Jobs::promise(UnitOfWork& unit, const Change& change, const Job& job, State before) {
    Intent intent{.record = RecordId::make(clock_, random_),
                  .tenant = job.tenant,
                  .job = job.id,
                  .kind = is_running(job.state) ? IntentKind::releasing : IntentKind::outcome,
                  .event = change.event,
                  .attempt = job.attempt,
                  .record_json = {}};
    SAFEQ_TRY(intent.record_json, journal_.describe({.record = intent.record,
                                                     .event = change.event,
                                                     .job = job,
                                                     .before = before,
                                                     .actor = change.actor,
                                                     .at = job.changed,
                                                     .printed = change.printed}));
    SAFEQ_TRY_VOID(unit.add_intent(intent));
    return intent;
}

// One act may meet the failure and be promised only; while that promise is open, the next is refused before it begins.
Result<void> Jobs::ready() {
    if (owing()) return fail(Errc::log_unavailable, "job", "the log still lacks the record of an act before this one");
    return journal_.ready();
}

Leaf Jobs::append_and_forget(const Intent& intent) {
    if (!journal_.append(intent)) {
        ++failed_;
        return Leaf::pending;
    }
    SAFEQ_FAIL_POINT("jobs.outcome_recorded");
    // The leaf is durable whether or not the promise can be struck off now; `flush` would append it again,
    // idempotently.
    const auto strike_off = [&]() -> Result<void> {
        SAFEQ_TRY(const auto unit, repository_.begin());
        SAFEQ_TRY_VOID(unit->remove_intent(intent.tenant, intent.record));
        return unit->commit();
    };
    return strike_off() ? Leaf::durable : Leaf::pending;
}

Result<Insertion> Jobs::take(const Job& job) {
    if (job.id.nil() || job.tenant.nil() || job.owner.nil()) return fail(Errc::invalid_argument, "job", "a nil id");
    if (job.state != initial_state || job.attempt != 0 || !job.device.nil())
        return fail(Errc::invalid_argument, "job", "not in its initial state");
    SAFEQ_TRY(const auto unit, repository_.begin());
    SAFEQ_TRY(const Insertion insertion, unit->insert(job));
    SAFEQ_TRY_VOID(unit->commit());
    return insertion;
}

Result<Begun> Jobs::begin(ReleaseGrant&& grant) {
    // Taken out of the caller's hands first: whatever happens below, the grant is spent.
    const ReleaseGrant spent = std::move(grant);
    if (!spent.valid_) return fail(Errc::denied, "release grant", "spent");
    SAFEQ_TRY_VOID(ready());
    SAFEQ_TRY(const auto unit, repository_.begin());
    SAFEQ_TRY(Job job, unit->find(spent.tenant(), spent.job()));
    if (job.state != spent.state_ || job.attempt + 1 != spent.attempt())
        return fail(Errc::conflict, "job", fmt::format("it is {}, attempt {}", name(job.state), job.attempt));
    if (job.restricted) return fail(Errc::not_found, "job", job.id.text());
    const State before = job.state;
    const Event event = before == State::uncertain ? Event::print_again : Event::release;
    SAFEQ_TRY(job.state, next(before, event));
    job.attempt = spent.attempt();
    job.device = spent.device();
    job.changed = clock_.now();
    SAFEQ_TRY_VOID(unit->update(job, before, spent.attempt() - 1));
    SAFEQ_TRY(Intent leaf, promise(*unit, {.tenant = job.tenant, .job = job.id, .event = event, .actor = Actor::owner},
                                   job, before));
    SAFEQ_FAIL_POINT("jobs.begin");
    SAFEQ_TRY_VOID(unit->commit());
    SAFEQ_FAIL_POINT("jobs.begun");
    return Begun{std::move(job), std::move(leaf)};
}

Result<Releasing> Jobs::confirm_durable(Begun&& begun) {
    Begun taken = std::move(begun);
    if (!taken.valid_) return fail(Errc::denied, "attempt", "confirmed already");
    const auto appended = journal_.append(taken.leaf_);
    SAFEQ_FAIL_POINT("jobs.attempt_recorded");
    if (appended) return Releasing{std::move(taken.job_), std::move(taken.leaf_)};
    // Nothing has left. Nobody knows whether the leaf is there, so a second leaf is promised that denies it.
    const auto step_back = [&]() -> Result<void> {
        SAFEQ_TRY(const auto unit, repository_.begin());
        SAFEQ_TRY(Job job, unit->find(taken.job_.tenant, taken.job_.id));
        const State before = job.state;
        SAFEQ_TRY(job.state, next(before, Event::never_began));
        job.changed = clock_.now();
        SAFEQ_TRY_VOID(unit->update(job, taken.job_.state, taken.job_.attempt));
        SAFEQ_TRY_VOID(unit->remove_intent(job.tenant, taken.leaf_.record));
        SAFEQ_TRY([[maybe_unused]] const Intent leaf,
                  promise(*unit, {.tenant = job.tenant, .job = job.id, .event = Event::never_began}, job, before));
        return unit->commit();
    };
    SAFEQ_TRY_VOID(step_back());
    ++failed_;
    return std::unexpected(appended.error());
}

Result<Releasing> Jobs::release(ReleaseGrant&& grant) {
    SAFEQ_TRY(Begun begun, begin(std::move(grant)));
    return confirm_durable(std::move(begun));
}

Result<void> Jobs::check_fence(const Releasing& running) {
    if (!running.valid_) return fail(Errc::fenced, "attempt", "ended");
    SAFEQ_TRY(const auto unit, repository_.begin());
    const auto job = unit->find(running.job_.tenant, running.job_.id);
    if (!job && job.error().code != Errc::not_found) return std::unexpected(job.error());
    if (!job || job->attempt != running.job_.attempt || job->state != running.job_.state)
        return fail(Errc::fenced, "attempt", fmt::format("{} of job {}", running.attempt(), running.job_.id.text()));
    return {};
}

Result<Settled> Jobs::finish(Releasing&& running, const Outcome& outcome) {
    const Releasing ended = std::move(running);
    if (!ended.valid_) return fail(Errc::fenced, "attempt", "ended");
    SAFEQ_TRY(auto unit, repository_.begin());
    auto found = unit->find(ended.job_.tenant, ended.job_.id);
    if (!found && found.error().code != Errc::not_found) return std::unexpected(found.error());
    if (!found || found->attempt != ended.job_.attempt || found->state != ended.job_.state)
        return fail(Errc::fenced, "attempt", fmt::format("{} of job {}", ended.attempt(), ended.job_.id.text()));
    Job job = *std::move(found);
    const State before = job.state;
    const Event event = event_of(outcome.kind, job.kept);
    SAFEQ_TRY(job.state, next(before, event));
    job.changed = clock_.now();
    SAFEQ_TRY_VOID(unit->update(job, before, job.attempt));
    SAFEQ_TRY_VOID(unit->remove_intent(job.tenant, ended.leaf_.record));
    SAFEQ_TRY(const Intent leaf,
              promise(*unit, {.tenant = job.tenant, .job = job.id, .event = event, .printed = &outcome.printed}, job,
                      before));
    SAFEQ_FAIL_POINT("jobs.finish");
    SAFEQ_TRY_VOID(unit->commit());
    unit.reset();
    SAFEQ_FAIL_POINT("jobs.finished");
    return Settled{std::move(job), append_and_forget(leaf)};
}

// A change outside an attempt: transaction with intent, then the leaf.
Result<Settled> Jobs::settle(Change change) {
    SAFEQ_TRY_VOID(ready());
    SAFEQ_TRY(auto unit, repository_.begin());
    SAFEQ_TRY(Job job, unit->find(change.tenant, change.job));
    if (change.owner && (change.owner->nil() || job.owner != *change.owner || job.restricted))
        return fail(Errc::not_found, "job", change.job.text());
    if (job.restricted && change.event != Event::expire)
        return fail(Errc::denied, "job", "its processing is restricted");
    // Read in the same transaction as the state, so that a restriction or a wish to keep is never overtaken.
    if (change.event == Event::expire && (job.restricted || job.expires > clock_.now()))
        return fail(Errc::conflict, "job", "not due");
    if (change.event == Event::accept_as_printed && job.kept) change.event = Event::accept_and_keep;
    const State before = job.state;
    SAFEQ_TRY(job.state, next(before, change.event));
    job.changed = clock_.now();
    SAFEQ_TRY_VOID(unit->update(job, before, job.attempt));
    SAFEQ_TRY(const Intent leaf, promise(*unit, change, job, before));
    SAFEQ_FAIL_POINT("jobs.settle");
    SAFEQ_TRY_VOID(unit->commit());
    unit.reset();
    SAFEQ_FAIL_POINT("jobs.settled");
    return Settled{std::move(job), append_and_forget(leaf)};
}

Result<Settled> Jobs::cancel(TenantId tenant, SubjectId owner, JobId id) {
    return settle({.tenant = tenant, .job = id, .event = Event::cancel, .actor = Actor::owner, .owner = owner});
}

Result<Settled> Jobs::remove(TenantId tenant, SubjectId owner, JobId id, Actor by) {
    return settle({.tenant = tenant, .job = id, .event = Event::remove, .actor = by, .owner = owner});
}

Result<Settled> Jobs::accept_as_printed(TenantId tenant, SubjectId owner, JobId id) {
    return settle(
        {.tenant = tenant, .job = id, .event = Event::accept_as_printed, .actor = Actor::owner, .owner = owner});
}

Result<Settled> Jobs::cancel_as_operator(TenantId tenant, JobId id) {
    return settle({.tenant = tenant, .job = id, .event = Event::cancel, .actor = Actor::operator_});
}

Result<Job> Jobs::keep(TenantId tenant, SubjectId owner, JobId id, bool kept, Time expires) {
    SAFEQ_TRY(const auto unit, repository_.begin());
    SAFEQ_TRY(Job job, find_own(*unit, tenant, owner, id));
    if (job.state != State::held && job.state != State::uncertain)
        return fail(Errc::conflict, "job", fmt::format("it is {}", name(job.state)));
    job.kept = kept;
    job.expires = expires;
    SAFEQ_TRY_VOID(unit->update(job, job.state, job.attempt));
    SAFEQ_FAIL_POINT("jobs.keep");
    SAFEQ_TRY_VOID(unit->commit());
    return job;
}

Result<Job> Jobs::restrict_processing(TenantId tenant, JobId id, bool restricted) {
    SAFEQ_TRY(const auto unit, repository_.begin());
    SAFEQ_TRY(Job job, unit->find(tenant, id));
    if (is_running(job.state) || is_terminal(job.state))
        return fail(Errc::conflict, "job", fmt::format("it is {}", name(job.state)));
    job.restricted = restricted;
    SAFEQ_TRY_VOID(unit->update(job, job.state, job.attempt));
    SAFEQ_TRY_VOID(unit->commit());
    return job;
}

Result<std::vector<Job>> Jobs::list(TenantId tenant, SubjectId owner, std::size_t limit) {
    SAFEQ_TRY(const auto unit, repository_.begin());
    return unit->list(tenant, {.owner = owner, .states = StateSet::open(), .but_restricted = true, .limit = limit});
}

Result<Job> Jobs::find(TenantId tenant, SubjectId owner, JobId id) {
    SAFEQ_TRY(const auto unit, repository_.begin());
    return find_own(*unit, tenant, owner, id);
}

}  // namespace safeq::job
