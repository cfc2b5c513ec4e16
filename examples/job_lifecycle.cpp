// SPDX-License-Identifier: Apache-2.0
// The life of a job: one table of states, permission as an object, nothing lost and nothing printed twice unasked.
#include <set>

#include <safeq/crypto/random.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/store/job_repository.hpp>

#include "example.hpp"

using namespace safeq;
using namespace std::chrono_literals;

// What the life of jobs needs of an audit log. `service::Recorder` writes into safeq's; this one is for one thread.
class PaperTrail final : public job::Journal {
public:
    Result<void> ready() override { return {}; }
    Result<Bytes> describe(const job::Happening& happening) override {
        return to_bytes(
            fmt::format("{}: {} -> {}", name(happening.event), name(happening.before), name(happening.job.state)));
    }
    Result<void> append(const job::Intent& intent) override {
        if (durable_.insert(intent.record).second) fmt::print("  log: {}\n", as_text(intent.record_json));
        return {};
    }
    Result<bool> holds(RecordId record) override { return durable_.contains(record); }

private:
    std::set<RecordId> durable_;
};

Result<void> show() {
    const SystemClock clock;
    crypto::SystemRandom random;
    const example::Folder folder;
    SAFEQ_TRY(const auto database, store::Database::open(folder / "jobs.db", store::Database::Purpose::release));
    store::JobRepository repository{*database};
    PaperTrail trail;
    job::Jobs jobs{repository, trail, clock, random};
    job::ReleaseGate gate{repository, clock};

    const job::Job job{.id = JobId::make(clock, random),
                       .tenant = TenantId::make(clock, random),
                       .owner = SubjectId::make(clock, random),
                       .intake = InstanceId::make(clock, random),
                       .created = clock.now(),
                       .changed = clock.now(),
                       .expires = clock.now() + 72h,
                       .document = {.format = "application/pdf", .bytes = 48'000}};
    const auto device = DeviceId::make(clock, random);
    SAFEQ_TRY(const job::Insertion first, jobs.take(job));
    SAFEQ_TRY(const job::Insertion again, jobs.take(job));
    SAFEQ_TRY_VOID(example::claim("taking a job in twice changes nothing",
                                  first == job::Insertion::inserted && again == job::Insertion::already_there));

    // Only the gate makes grants; a grant is spent once, and nothing leaves before its leaf is durable.
    const auto bob = SubjectId::make(clock, random);
    SAFEQ_TRY_VOID(example::refused("another's job", gate.request(bob, job.tenant, job.id, device), Errc::not_found));
    SAFEQ_TRY(job::ReleaseGrant grant, gate.request(job.owner, job.tenant, job.id, device));
    SAFEQ_TRY(job::ReleaseGrant second, gate.request(job.owner, job.tenant, job.id, device));
    SAFEQ_TRY(job::Releasing running, jobs.release(std::move(grant)));
    SAFEQ_TRY_VOID(
        example::refused("the same job at a second device", jobs.release(std::move(second)), Errc::conflict));

    // The process ends here; the next one finds an attempt of which nobody knows how it ended.
    SAFEQ_TRY(const job::Recovery found, jobs.recover(job.tenant));
    SAFEQ_TRY_VOID(example::claim("a cut-off attempt leaves the job uncertain", found.uncertain.size() == 1));
    SAFEQ_TRY_VOID(example::refused("the old attempt's late answer",
                                    jobs.finish(std::move(running), {job::Outcome::Kind::printed}), Errc::fenced));
    SAFEQ_TRY_VOID(example::refused("a second print unasked", gate.request(job.owner, job.tenant, job.id, device),
                                    Errc::illegal_transition));
    SAFEQ_TRY(auto asked, gate.request(job.owner, job.tenant, job.id, device, job::Wish::print_again));
    SAFEQ_TRY(job::Releasing retry, jobs.release(std::move(asked)));
    SAFEQ_TRY_VOID(jobs.check_fence(retry));  // each second while bytes leave
    SAFEQ_TRY(const auto done, jobs.finish(std::move(retry), {job::Outcome::Kind::printed, {.pages = 3}}));
    return example::claim("printed, and its documents may go",
                          job::is_terminal(done.job.state) && done.leaf == job::Leaf::durable);
}

int main() { return example::run(show); }
