// SPDX-License-Identifier: Apache-2.0
// The parts of Jobs that no user asks for: what becomes due, what is still promised, what a start finds.
#include <algorithm>

#include <safeq/core/fail_point.hpp>
#include <safeq/job/lifecycle.hpp>

namespace safeq::job {
namespace {

constexpr std::size_t page = 256;

bool promised(const std::vector<Intent>& intents, JobId job) {
    return std::ranges::any_of(intents, [&](const Intent& intent) { return intent.job == job; });
}

}  // namespace

Result<std::vector<Settled>> Jobs::expire_due(TenantId tenant, Time by, std::size_t limit) {
    SAFEQ_TRY_VOID(ready());
    std::vector<Settled> settled;
    JobFilter filter{.states = {State::held}, .expires_by = by, .limit = page};
    while (settled.size() < limit) {
        SAFEQ_TRY(auto unit, repository_.begin());
        SAFEQ_TRY(const std::vector<Job> due, unit->list(tenant, filter));
        unit.reset();
        for (const Job& job : due) {
            if (settled.size() == limit || owing()) return settled;
            if (job.restricted) continue;
            auto done = settle({.tenant = tenant, .job = job.id, .event = Event::expire});
            if (done) {
                settled.push_back(*std::move(done));
                continue;
            }
            // Its owner was faster, or a privacy officer.
            const Errc code = done.error().code;
            if (code == Errc::illegal_transition || code == Errc::not_found || code == Errc::conflict) continue;
            // What went before is told, for its documents are to go; the next call meets the failure again.
            if (!settled.empty()) return settled;
            return std::unexpected(std::move(done).error());
        }
        if (due.size() < page) break;
        filter.after = due.back().id;
    }
    return settled;
}

Result<std::size_t> Jobs::forget(TenantId tenant, Time before, const std::function<Result<void>(const Job&)>& discard,
                                 std::size_t limit) {
    SAFEQ_TRY(auto reading, repository_.begin());
    SAFEQ_TRY(const std::vector<Intent> intents, reading->intents(tenant));
    SAFEQ_TRY(std::vector<Job> ended,
              reading->list(tenant, {.states = StateSet::terminal(), .changed_before = before, .limit = limit}));
    reading.reset();
    // Nothing changes a job that has ended, so what was read still holds. Files without a row are taken for a job that
    // was lost: they go first.
    std::erase_if(ended, [&](const Job& job) { return promised(intents, job.id); });
    for (const Job& job : ended) SAFEQ_TRY_VOID(discard(job));
    SAFEQ_TRY(const auto unit, repository_.begin());
    for (const Job& job : ended) SAFEQ_TRY_VOID(unit->erase(tenant, job.id));
    SAFEQ_TRY_VOID(unit->commit());
    return ended.size();
}

Result<std::vector<Job>> Jobs::flush(TenantId tenant) {
    // What fails from here on may be of a promise that isn't read any more.
    const std::uint64_t seen = failed_;
    SAFEQ_TRY(auto reading, repository_.begin());
    SAFEQ_TRY(const std::vector<Intent> intents, reading->intents(tenant));
    reading.reset();
    std::vector<Job> settled;
    for (const Intent& intent : intents) {
        // The leaf of a running attempt belongs to the thread that runs it.
        if (intent.kind != IntentKind::outcome) continue;
        SAFEQ_FAIL_POINT("recovery.owed");
        SAFEQ_TRY_VOID(journal_.append(intent));
        SAFEQ_FAIL_POINT("recovery.paid");
        SAFEQ_TRY(const auto unit, repository_.begin());
        auto job = unit->find(tenant, intent.job);
        if (!job && job.error().code != Errc::not_found) return std::unexpected(std::move(job).error());
        SAFEQ_TRY_VOID(unit->remove_intent(tenant, intent.record));
        SAFEQ_TRY_VOID(unit->commit());
        if (!job) continue;
        std::erase_if(settled, [&](const Job& earlier) { return earlier.id == job->id; });
        settled.push_back(*std::move(job));
    }
    paid_ = seen;
    return settled;
}

Result<Recovery> Jobs::recover(TenantId tenant) {
    Recovery recovery;
    SAFEQ_TRY(auto reading, repository_.begin());
    SAFEQ_TRY(const std::vector<Intent> intents, reading->intents(tenant));
    reading.reset();

    // Each job found leaves the running states, so the first page is always the next one.
    for (;;) {
        SAFEQ_TRY(auto unit, repository_.begin());
        SAFEQ_TRY(const std::vector<Job> cut_off, unit->list(tenant, {.states = StateSet::running(), .limit = page}));
        unit.reset();
        if (cut_off.empty()) break;
        for (Job job : cut_off) {
            const auto leaf = std::ranges::find_if(intents, [&](const Intent& intent) {
                return intent.kind == IntentKind::releasing && intent.job == job.id && intent.attempt == job.attempt;
            });
            // An attempt without a promise can't be told from one that sent bytes.
            bool may_have_sent = true;
            if (leaf != intents.end()) {
                SAFEQ_TRY(may_have_sent, journal_.holds(leaf->record));
            }
            const Event event = may_have_sent ? Event::lost : Event::never_began;
            const State before = job.state;
            SAFEQ_TRY(job.state, next(before, event));
            job.changed = clock_.now();
            SAFEQ_TRY(unit, repository_.begin());
            SAFEQ_TRY_VOID(unit->update(job, before, job.attempt));
            if (leaf != intents.end()) SAFEQ_TRY_VOID(unit->remove_intent(tenant, leaf->record));
            if (may_have_sent) {
                SAFEQ_TRY([[maybe_unused]] const Intent outcome,
                          promise(*unit, {.tenant = tenant, .job = job.id, .event = event}, job, before));
            }
            SAFEQ_FAIL_POINT("recovery.settle");
            SAFEQ_TRY_VOID(unit->commit());
            unit.reset();
            SAFEQ_FAIL_POINT("recovery.settled");
            (may_have_sent ? recovery.uncertain : recovery.waiting).push_back(std::move(job));
        }
    }
    SAFEQ_TRY(recovery.settled, flush(tenant));
    return recovery;
}

}  // namespace safeq::job
