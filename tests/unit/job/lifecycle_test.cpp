// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/lifecycle.hpp>

#include <random>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/job_history.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using job::Leaf;
using job::Outcome;
using job::State;
using job::Wish;
using Mode = test::MemoryJournal::Mode;

static_assert(!std::is_default_constructible_v<job::Releasing>);
static_assert(!std::is_copy_constructible_v<job::Releasing>);
static_assert(!std::is_constructible_v<job::Releasing, job::Begun>);
static_assert(!std::is_constructible_v<job::Releasing, job::Job, job::Intent>);
static_assert(!std::is_constructible_v<job::Begun, job::Job, job::Intent>);

namespace {

struct Desk {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    test::MemoryRepository repository;
    test::MemoryJournal journal;
    job::ReleaseGate gate{repository, clock};
    job::Jobs jobs{repository, journal, clock, random};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId owner = SubjectId::make(clock, random);
    SubjectId stranger = SubjectId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);

    job::Job fresh() {
        job::Job job;
        job.id = JobId::make(clock, random);
        job.tenant = tenant;
        job.owner = owner;
        job.created = job.changed = clock.now();
        job.expires = clock.now() + 24h;
        return job;
    }
    JobId take() {
        const job::Job job = fresh();
        REQUIRE(jobs.take(job) == job::Insertion::inserted);
        return job.id;
    }
    job::ReleaseGrant grant(JobId id, Wish wish = Wish::print) {
        auto grant = gate.request(owner, tenant, id, device, wish);
        REQUIRE(grant);
        return *std::move(grant);
    }
    job::Releasing run(JobId id, Wish wish = Wish::print) {
        auto running = jobs.release(grant(id, wish));
        REQUIRE(running);
        return *std::move(running);
    }
    State state(JobId id) const { return repository.content().jobs.at(id).state; }
};

}  // namespace

TEST_CASE("a job is taken once, and only fresh ones", "[job]") {
    Desk desk;
    job::Job job = desk.fresh();
    CHECK(desk.jobs.take(job) == job::Insertion::inserted);
    CHECK(desk.jobs.take(job) == job::Insertion::already_there);
    job.id = JobId::make(desk.clock, desk.random);
    job.attempt = 1;
    CHECK(desk.jobs.take(job).error().code == Errc::invalid_argument);
    job.attempt = 0;
    job.state = State::printed;
    CHECK(desk.jobs.take(job).error().code == Errc::invalid_argument);
    job.state = State::held;
    job.owner = {};
    CHECK(desk.jobs.take(job).error().code == Errc::invalid_argument);
}

TEST_CASE("a released job is printed, and the log tells both steps in order", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    job::Releasing running = desk.run(id);
    CHECK(running.attempt() == 1);
    CHECK(running.device() == desk.device);
    CHECK(desk.state(id) == State::releasing);
    REQUIRE(desk.journal.entries.size() == 1);
    CHECK(desk.journal.entries[0].intent.event == job::Event::release);
    CHECK(desk.jobs.check_fence(running));
    const auto settled =
        desk.jobs.finish(std::move(running), {.kind = Outcome::Kind::printed, .printed = {.pages = 3}});
    REQUIRE(settled);
    CHECK(settled->job.state == State::printed);
    CHECK(settled->leaf == Leaf::durable);
    REQUIRE(desk.journal.entries.size() == 2);
    CHECK(desk.journal.entries[1].intent.event == job::Event::print);
    CHECK(desk.journal.entries[1].intent.attempt == 1);
    CHECK(desk.repository.content().intents.empty());
}

TEST_CASE("a grant is spent once, even when the attempt doesn't begin", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    job::ReleaseGrant grant = desk.grant(id);
    desk.journal.mode = Mode::refuses;
    CHECK(desk.jobs.begin(std::move(grant)).error().code == Errc::log_unavailable);
    desk.journal.mode = Mode::works;
    CHECK(desk.jobs.begin(std::move(grant)).error().code == Errc::denied);  // NOLINT(bugprone-use-after-move)
    CHECK(desk.state(id) == State::held);
}

TEST_CASE("of two grants for one job only the first begins", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    job::ReleaseGrant first = desk.grant(id);
    job::ReleaseGrant second = desk.grant(id);
    CHECK(desk.jobs.begin(std::move(second)));
    CHECK(desk.jobs.begin(std::move(first)).error().code == Errc::conflict);
}

TEST_CASE("a grant from before a restriction is refused", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    job::ReleaseGrant grant = desk.grant(id);
    REQUIRE(desk.jobs.restrict_processing(desk.tenant, id, true));
    CHECK(desk.jobs.begin(std::move(grant)).error().code == Errc::not_found);
}

TEST_CASE("when the leaf can't be written nothing leaves and the job waits again", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    auto begun = desk.jobs.begin(desk.grant(id));
    REQUIRE(begun);
    CHECK(desk.journal.entries.empty());
    desk.journal.mode = GENERATE(Mode::fails_with, Mode::fails_without);
    CHECK(desk.jobs.confirm_durable(std::move(*begun)).error().code == Errc::log_unavailable);
    CHECK(desk.state(id) == State::held);
    desk.journal.mode = Mode::works;
    CHECK(desk.jobs.flush(desk.tenant));
    CHECK(desk.journal.entries.back().intent.event == job::Event::never_began);
    CHECK(desk.run(id).attempt() == 2);
}

TEST_CASE("an attempt out of doubt leads back into doubt unless the device prints it", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    REQUIRE(desk.jobs.finish(desk.run(id), {.kind = Outcome::Kind::lost}));
    CHECK(desk.state(id) == State::uncertain);
    REQUIRE(desk.jobs.finish(desk.run(id, Wish::print_again), {.kind = Outcome::Kind::not_printed}));
    CHECK(desk.state(id) == State::uncertain);
    REQUIRE(desk.jobs.finish(desk.run(id, Wish::print_again), {.kind = Outcome::Kind::printed}));
    CHECK(desk.state(id) == State::printed);
}

TEST_CASE("a favourite waits again after it was printed", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    REQUIRE(desk.jobs.keep(desk.tenant, desk.owner, id, true, desk.clock.now() + 1000h));
    REQUIRE(desk.jobs.finish(desk.run(id), {.kind = Outcome::Kind::printed}));
    CHECK(desk.state(id) == State::held);
    REQUIRE(desk.jobs.finish(desk.run(id), {.kind = Outcome::Kind::lost}));
    const auto accepted = desk.jobs.accept_as_printed(desk.tenant, desk.owner, id);
    REQUIRE(accepted);
    CHECK(accepted->job.state == State::held);
    CHECK(desk.jobs.keep(desk.tenant, desk.stranger, id, false, {}).error().code == Errc::not_found);
}

TEST_CASE("only the owner leads a job out of doubt", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    REQUIRE(desk.jobs.finish(desk.run(id), {.kind = Outcome::Kind::lost}));
    CHECK(desk.jobs.accept_as_printed(desk.tenant, desk.stranger, id).error().code == Errc::not_found);
    CHECK(desk.jobs.accept_as_printed(desk.tenant, {}, id).error().code == Errc::not_found);
    CHECK(desk.jobs.cancel_as_operator(desk.tenant, id).error().code == Errc::illegal_transition);
    CHECK(desk.jobs.remove(desk.tenant, desk.stranger, id).error().code == Errc::not_found);
    desk.clock.advance(1000h);
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now())->empty());
    CHECK(desk.jobs.remove(desk.tenant, desk.owner, id)->job.state == State::deleted);
}

TEST_CASE("a pending outcome leaf is flushed, and tells whose documents may go", "[job]") {
    Desk desk;
    const JobId id = desk.take();
    job::Releasing running = desk.run(id);
    desk.journal.mode = Mode::fails_without;
    const auto settled = desk.jobs.finish(std::move(running), {.kind = Outcome::Kind::printed});
    REQUIRE(settled);
    CHECK(settled->leaf == Leaf::pending);
    CHECK(desk.jobs.flush(desk.tenant).error().code == Errc::log_unavailable);
    std::vector<JobId> discarded;
    const auto discard = [&](const job::Job& job) {
        discarded.push_back(job.id);
        return Result<void>{};
    };
    CHECK(desk.jobs.forget(desk.tenant, desk.clock.now() + 1h, discard) == 0);
    CHECK(discarded.empty());
    desk.journal.mode = Mode::works;
    const auto flushed = desk.jobs.flush(desk.tenant);
    REQUIRE(flushed);
    REQUIRE(flushed->size() == 1);
    CHECK(flushed->front().id == id);
    CHECK(flushed->front().state == State::printed);
    CHECK(desk.jobs.flush(desk.tenant)->empty());
    const auto full = [](const job::Job&) { return Result<void>{fail(Errc::io_failed, "documents")}; };
    CHECK(desk.jobs.forget(desk.tenant, desk.clock.now() + 1h, full).error().code == Errc::io_failed);
    CHECK(desk.jobs.forget(desk.tenant, desk.clock.now() + 1h, discard) == 1);
    CHECK(discarded == std::vector{id});
    CHECK(desk.repository.content().jobs.empty());
}

TEST_CASE("while the log lacks the record of one act every other is refused", "[job]") {
    Desk desk;
    const JobId first = desk.take();
    const JobId second = desk.take();
    job::Releasing running = desk.run(desk.take());
    auto grant = desk.grant(second);
    desk.journal.mode = GENERATE(Mode::fails_with, Mode::fails_without);
    CHECK(desk.jobs.cancel(desk.tenant, desk.owner, first)->leaf == Leaf::pending);
    desk.journal.mode = Mode::works;
    CHECK(desk.jobs.cancel(desk.tenant, desk.owner, second).error().code == Errc::log_unavailable);
    CHECK(desk.jobs.cancel_as_operator(desk.tenant, second).error().code == Errc::log_unavailable);
    CHECK(desk.jobs.begin(std::move(grant)).error().code == Errc::log_unavailable);
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now()).error().code == Errc::log_unavailable);
    CHECK(desk.state(second) == State::held);
    // What has happened at a device is told, whatever the log lacks.
    CHECK(desk.jobs.finish(std::move(running), {.kind = Outcome::Kind::printed})->leaf == Leaf::durable);

    CHECK(desk.jobs.flush(desk.tenant)->size() == 1);
    CHECK(desk.run(second).attempt() == 1);
}

TEST_CASE("expiry ends with the first job whose record stays out", "[job]") {
    Desk desk;
    const JobId first = desk.take();
    const JobId second = desk.take();
    desk.clock.advance(24h);
    desk.journal.mode = Mode::fails_without;
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now())->size() == 1);
    CHECK(desk.state(first) == State::expired);
    CHECK(desk.state(second) == State::held);
    desk.journal.mode = Mode::works;
    REQUIRE(desk.jobs.flush(desk.tenant));
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now())->size() == 1);
    CHECK(desk.state(second) == State::expired);
}

TEST_CASE("a start tells attempts that never began from those that may have printed", "[job]") {
    Desk desk;
    const JobId never = desk.take();
    const JobId maybe = desk.take();
    const JobId again = desk.take();
    REQUIRE(desk.jobs.finish(desk.run(again), {.kind = Outcome::Kind::lost}));
    REQUIRE(desk.jobs.begin(desk.grant(never)));
    REQUIRE(desk.jobs.begin(desk.grant(again, Wish::print_again)));
    const job::Releasing zombie = desk.run(maybe);
    const auto found = desk.jobs.recover(desk.tenant);
    REQUIRE(found);
    CHECK(desk.state(never) == State::held);
    CHECK(desk.state(again) == State::uncertain);
    CHECK(desk.state(maybe) == State::uncertain);
    CHECK(found->waiting.size() == 2);
    CHECK(found->uncertain.size() == 1);
    CHECK(desk.journal.entries.back().intent.event == job::Event::lost);
    CHECK(desk.jobs.check_fence(zombie).error().code == Errc::fenced);
    const auto nothing = desk.jobs.recover(desk.tenant);
    REQUIRE(nothing);
    CHECK((nothing->waiting.empty() && nothing->uncertain.empty() && nothing->settled.empty()));
}

TEST_CASE("recovery that fails at any commit can be repeated", "[job]") {
    for (std::size_t n = 1; n <= 8; ++n) {
        Desk desk;
        const JobId never = desk.take();
        const JobId maybe = desk.take();
        const JobId done = desk.take();
        job::Releasing finishing = desk.run(done);
        REQUIRE(desk.jobs.begin(desk.grant(never)));
        const job::Releasing zombie = desk.run(maybe);
        desk.journal.mode = Mode::fails_without;
        REQUIRE(desk.jobs.finish(std::move(finishing), {.kind = Outcome::Kind::printed}));
        desk.journal.mode = Mode::works;
        desk.repository.fail_commit(n);
        const bool failed = !desk.jobs.recover(desk.tenant);
        CHECK(failed == (n <= 4));
        desk.repository.fail_commit(0);
        REQUIRE(desk.jobs.recover(desk.tenant));
        CHECK(desk.state(never) == State::held);
        CHECK(desk.state(maybe) == State::uncertain);
        CHECK(desk.state(done) == State::printed);
        CHECK(desk.journal.entries.size() == 4);
        CHECK(desk.repository.content().intents.empty());
    }
}

TEST_CASE("expiry takes what is due and leaves restricted jobs", "[job]") {
    Desk desk;
    std::vector<JobId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(desk.take());
    REQUIRE(desk.jobs.restrict_processing(desk.tenant, ids[0], true));
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now())->empty());
    desk.clock.advance(24h);
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now(), 3)->size() == 3);
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now(), 3)->size() == 1);
    CHECK(desk.jobs.expire_due(desk.tenant, desk.clock.now(), 3)->empty());
    CHECK(desk.state(ids[0]) == State::held);
    CHECK(desk.jobs.list(desk.tenant, desk.stranger)->empty());
    CHECK(desk.jobs.find(desk.tenant, desk.stranger, ids[0]).error().code == Errc::not_found);
}

TEST_CASE("a restricted job is frozen, and not there for its owner, until that is lifted", "[job]") {
    Desk desk;
    const JobId job = desk.take();
    const JobId other = desk.take();
    REQUIRE(desk.jobs.restrict_processing(desk.tenant, job, true));
    CHECK(desk.jobs.list(desk.tenant, desk.owner)->size() == 1);
    CHECK(desk.jobs.list(desk.tenant, desk.owner, 1)->front().id == other);  // the limit counts what is shown
    CHECK(desk.jobs.find(desk.tenant, desk.owner, job).error().code == Errc::not_found);
    CHECK(desk.jobs.keep(desk.tenant, desk.owner, job, true, desk.clock.now()).error().code == Errc::not_found);
    CHECK(desk.jobs.cancel(desk.tenant, desk.owner, job).error().code == Errc::not_found);
    CHECK(desk.jobs.remove(desk.tenant, desk.owner, job).error().code == Errc::not_found);
    CHECK(desk.jobs.accept_as_printed(desk.tenant, desk.owner, job).error().code == Errc::not_found);
    CHECK(desk.jobs.cancel_as_operator(desk.tenant, job).error().code == Errc::denied);
    CHECK(desk.state(job) == State::held);
    REQUIRE(desk.jobs.restrict_processing(desk.tenant, job, false));
    CHECK(desk.jobs.list(desk.tenant, desk.owner)->size() == 2);
    REQUIRE(desk.jobs.remove(desk.tenant, desk.owner, job));
    CHECK(desk.jobs.restrict_processing(desk.tenant, job, true).error().code == Errc::conflict);
}

TEST_CASE("100,000 random histories agree with the model", "[job]") {
    std::mt19937_64 engine{20261122};
    std::size_t printed = 0;
    std::size_t refused = 0;
    std::size_t recoveries = 0;
    std::size_t forgotten = 0;
    // A tenth under sanitizers, which are ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t histories = 10'000;
#else
    constexpr std::size_t histories = 100'000;
#endif
    for (std::size_t history = 0; history < histories; ++history) {
        // Steps that lead on are frequent, those that end a job or break something are not: else few get far.
        constexpr std::string_view weighted{
            "\0\1\1\1\1\2\2\2\2\3\3\3\3\4\4\4\4\1\2\3\4\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 36};
        Bytes steps;
        for (std::size_t job = 0; job < 4; ++job)
            steps.insert(steps.end(), {std::byte{0}, static_cast<std::byte>(job), std::byte{0}});
        for (std::size_t left = 8 + engine() % 180; left > 0; --left) {
            const std::uint64_t dice = engine();
            steps.push_back(static_cast<std::byte>(weighted[dice % weighted.size()]));
            steps.push_back(static_cast<std::byte>(((dice >> 8) % 4) | ((dice >> 16) % 16 == 0 ? 0x80u : 0u) |
                                                   ((dice >> 20) % 16 == 0 ? 0x40u : 0u)));
            steps.push_back(static_cast<std::byte>((dice >> 24) & ((dice >> 32) % 8 == 0 ? 0xffu : 0x03u)));
        }
        test::JobHistory play;
        const auto broken = play.play(steps);
        if (broken) FAIL("history " << history << " (" << to_hex(steps) << "): " << *broken);
        printed += play.printed();
        refused += play.refused();
        recoveries += play.recoveries();
        forgotten += play.forgotten();
    }
    CHECK(printed > histories / 30);
    CHECK(refused > histories * 2);
    CHECK(recoveries > histories * 2);
    CHECK(forgotten > histories / 100);
}
