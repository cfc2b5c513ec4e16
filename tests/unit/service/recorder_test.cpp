// SPDX-License-Identifier: Apache-2.0
// What each function of the recorder leaves in the log, held against the schema; and that nothing happens when the log
// can't be written.
#include <safeq/service/recorder.hpp>

#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/service/admin.hpp>
#include <safeq/service/clock_journal.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/memory_jobs.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;

namespace {

struct World {
    ManualClock clock{Time{1'800'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    SubjectId alice = SubjectId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    std::shared_ptr<test::MemoryDisk> disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore store{disk};
    std::unique_ptr<audit::Log> log = audit::Log::open(store, "release", key).value();
    test::MemorySubjectKeys subjects;
    service::Recorder recorder{{tenant, *log, &subjects, clock, random}};

    World() { subjects.put(alice, audit::SubjectKey::random(random)); }

    job::Job job(std::uint64_t attempt = 0) {
        return {.id = JobId::make(clock, random),
                .tenant = tenant,
                .owner = alice,
                .attempt = attempt,
                .device = attempt > 0 ? device : DeviceId{},
                .document = {.format = "application/pdf", .bytes = 1000, .pages = 3, .copies = 2, .count = 1}};
    }

    // The last entry, decoded strictly.
    audit::Record last() {
        REQUIRE(log->size() > 0);
        auto record = audit::decode(*log->entry(log->size() - 1));
        if (!record) FAIL(record.error().message());
        return *std::move(record);
    }
};

}  // namespace

TEST_CASE("every function of the recorder writes a record of its schema", "[service]") {
    World w;
    std::set<Kind> seen;
    const auto wrote = [&](const Result<void>& done, Kind kind) {
        INFO(audit::name(kind));
        REQUIRE(done);
        const audit::Record record = w.last();
        CHECK(record.kind == audit::KindName{kind});
        CHECK(record.tenant == w.tenant);
        CHECK(record.at == w.clock.now());
        seen.insert(kind);
        return record;
    };
    const job::Job job = w.job();
    wrote(w.recorder.job_accepted({.job = job.id,
                                   .owner = w.alice,
                                   .format = "application/pdf",
                                   .bytes = 7,
                                   .pages = {},
                                   .copies = 1,
                                   .documents = 1}),
          Kind::job_accepted);
    CHECK(w.recorder.accepted_among({job.id, JobId::make(w.clock, w.random)}).value() ==
          std::map{std::pair{job.id, w.alice}});
    const audit::Record held = wrote(w.recorder.job_held(job, "the title", "alice"), Kind::job_held);
    CHECK(audit::open_personal(*w.subjects.key(w.alice), {"release", held.id}, *held.sealed("title")).value() ==
          "the title");
    CHECK(as_text(*held.encode()).find("the title") == std::string_view::npos);

    using service::SignInMethod;
    CHECK(*wrote(w.recorder.signed_in(w.alice, {SignInMethod::terminal, w.device}, "card+pin"), Kind::sign_in)
               .text("method") == "terminal");
    CHECK(*wrote(w.recorder.signed_in(w.alice, {SignInMethod::password}, "password"), Kind::sign_in).text("method") ==
          "password");
    CHECK(*wrote(w.recorder.sign_in_refused({SignInMethod::print_token}, "expired"), Kind::sign_in_refused)
               .text("reason") == "expired");
    const auto other = DeviceId::make(w.clock, w.random);
    const audit::Record twice = wrote(w.recorder.concurrent_use(w.alice, w.device, other), Kind::concurrent_use);
    CHECK(twice.device == w.device);
    CHECK(*twice.text("other_device") == other.text());
    wrote(w.recorder.account_added(w.alice, "alice"), Kind::user_added);
    CHECK(*wrote(w.recorder.user_unlocked(w.alice), Kind::user_unlocked).subject == w.alice);
    wrote(w.recorder.account_changed(w.alice, "alice", std::array<std::string_view, 2>{"pin", "cards"}),
          Kind::user_changed);
    wrote(w.recorder.device_added(w.device, "mfd"), Kind::device_added);
    const auto moved = wrote(w.recorder.device_changed(w.device, "mfd", std::array<std::string_view, 2>{"uri", "rule"}),
                             Kind::device_changed);
    CHECK(*moved.text("changed") == "uri+rule");
    CHECK(*wrote(w.recorder.device_removed(w.device, "mfd"), Kind::device_removed).text("name") == "mfd");
    const auto token = token::TokenId::make(w.clock, w.random);
    wrote(w.recorder.print_token_issued(w.alice, token), Kind::token_issued);
    wrote(w.recorder.print_token_revoked(w.alice, token), Kind::token_revoked);
    wrote(w.recorder.epoch_created({}), Kind::key_created);
    CHECK(*wrote(w.recorder.epoch_retired({}, Time{1'800'000'000'000ms}), Kind::key_retired).text("expires") ==
          "2027-01-15T08:00:00.000Z");
    wrote(w.recorder.job_restored(job), Kind::job_restored);
    wrote(w.recorder.job_kept(job, true, Time{}), Kind::job_kept);
    wrote(w.recorder.job_kept(job, false, Time{}), Kind::job_unkept);
    wrote(w.recorder.epoch_destroyed({}, 0, {}, service::Assurance::best_effort), Kind::key_destroyed);
    wrote(w.recorder.daemon_started("release", "0.1.0", "a=1"), Kind::daemon_started);
    wrote(w.recorder.daemon_stopped("release"), Kind::daemon_stopped);
    CHECK(*wrote(w.recorder.credentials_reloaded("release", "0a1b", Time{}, "a=1"), Kind::credentials_reloaded)
               .text("configuration") == to_hex(crypto::sha256(as_bytes("a=1"))));
    wrote(w.recorder.quota_refused(w.alice, "bytes"), Kind::quota_refused);
    CHECK(*wrote(w.recorder.pepper_in_use({}), Kind::pepper_changed).text("key") == "0000000000000000");
    const auto of_report = [&](decltype(service::ReportEvent::what) what, Kind kind) {
        return wrote(w.recorder.of_report({RecordId::make(w.clock, w.random), std::move(what)}), kind);
    };
    const audit::Record auditor = of_report(service::AuditorSignedIn{}, Kind::sign_in);
    CHECK(*auditor.text("method") == "report");
    CHECK(*auditor.text("factors") == "password");
    CHECK(!auditor.subject);
    const audit::Record refused = of_report(service::AuditorRefused{Errc::credential_wrong}, Kind::sign_in_refused);
    CHECK(*refused.text("method") == "report");
    CHECK(*refused.text("reason") == "credential_wrong");
    const audit::Record started =
        of_report(service::ReportStarted{"0.1.0", crypto::sha256(as_bytes("a=1"))}, Kind::daemon_started);
    CHECK(*started.text("name") == "report");
    CHECK(*started.text("configuration") == to_hex(crypto::sha256(as_bytes("a=1"))));
    CHECK(*of_report(service::ReportStopped{}, Kind::daemon_stopped).text("name") == "report");
    const audit::Record reloaded =
        of_report(service::ReportReloaded{"0a1b", Time{}, crypto::sha256(as_bytes("a=2"))}, Kind::credentials_reloaded);
    CHECK(*reloaded.text("key") == "0a1b");
    CHECK(*reloaded.text("configuration") == to_hex(crypto::sha256(as_bytes("a=2"))));
    const audit::Record set = of_report(service::ReportTimeChanged{-90s}, Kind::time_changed);
    CHECK(*set.text("name") == "report");
    CHECK(*set.text("direction") == "back");
    CHECK(*set.number("by_ms") == 90'000);
    wrote(w.recorder.orphan_removed(job.id, "not acknowledged"), Kind::orphan_removed);
    wrote(w.recorder.policy_exception_used(w.device, "legacy-mfd-2026", "until it is replaced", {}),
          Kind::policy_exception_used);
    CHECK(*wrote(w.recorder.policy_exception_used(w.device, "legacy-mfd-2026", "old", w.clock.now()),
                 Kind::policy_exception_used)
               .text("expires") == to_rfc3339(w.clock.now()));
    const audit::Record back = wrote(w.recorder.time_changed(-90s), Kind::time_changed);
    CHECK(*back.text("direction") == "back");
    CHECK(*back.number("by_ms") == 90'000);
    CHECK(*wrote(w.recorder.time_changed(5s), Kind::time_changed).text("direction") == "forward");
    wrote(w.recorder.job_restricted(job, true), Kind::job_restricted);
    wrote(w.recorder.job_restricted(job, false), Kind::job_unrestricted);
    wrote(w.recorder.user_erased(w.alice), Kind::user_erased);
    const std::uint64_t size = w.log->size();
    REQUIRE(w.recorder.user_erased(w.alice));
    CHECK(w.log->size() == size);

    // The life of jobs, by the state table: every transition that there is.
    for (const job::Transition& step : job::transitions) {
        const bool attempted = step.from != job::State::held;
        job::Job after = w.job(attempted || step.event == job::Event::release ? 1 : 0);
        after.state = step.to;
        const job::Printed printed{.pages = 6, .copies = 2, .device_message = "ok"};
        for (const job::Printed* told : {static_cast<const job::Printed*>(nullptr), &printed}) {
            if (told != nullptr && !job::is_running(step.from)) continue;
            const auto json = w.recorder.describe({.record = RecordId::make(w.clock, w.random),
                                                   .event = step.event,
                                                   .job = after,
                                                   .before = step.from,
                                                   .actor = job::Actor::operator_,
                                                   .at = w.clock.now(),
                                                   .printed = told});
            REQUIRE(json);
            const auto record = audit::decode(*json);
            if (!record) FAIL(job::name(step.event) << ": " << record.error().message());
            CHECK(*record->text("actor") == "operator");
            seen.insert(*record->kind.known());
        }
    }
    // Nothing in the schema that nothing writes.
    CHECK(seen.size() == audit::schema().size());
}

TEST_CASE("a device's long message is cut between characters, and doesn't keep a job from ending", "[service]") {
    World w;
    job::Job job = w.job(1);
    job.state = job::State::printed;
    for (std::size_t before = 1020; before < 1026; ++before) {
        const std::string told = std::string(before, 'a') + "日本語";
        const job::Printed printed{.pages = 6, .copies = 2, .device_message = told};
        const auto json = w.recorder.describe({.record = RecordId::make(w.clock, w.random),
                                               .event = job::Event::print,
                                               .job = job,
                                               .before = job::State::releasing,
                                               .actor = job::Actor::system,
                                               .at = w.clock.now(),
                                               .printed = &printed});
        REQUIRE(json);
        const std::string message = *audit::decode(*json)->text("message");
        CHECK(message.size() <= 1024);
        CHECK(message.size() >= std::min<std::size_t>(told.size(), 1022));
        CHECK(told.starts_with(message));
    }
}

TEST_CASE("the end of an epoch names every job that is lost with it, once", "[service]") {
    World w;
    const std::size_t lost_jobs = GENERATE(std::size_t{0}, 1, 100, 101, 250);
    std::vector<JobId> lost;
    for (std::size_t i = 0; i < lost_jobs; ++i) lost.push_back(JobId::make(w.clock, w.random));
    const auto end = [&] { return w.recorder.epoch_destroyed({}, 7, lost, service::Assurance::hardware); };
    REQUIRE(end());
    CHECK(w.log->size() == std::max<std::size_t>(1, (lost_jobs + 99) / 100));
    std::string named;
    for (audit::Index at = 0; at < w.log->size(); ++at) {
        const auto record = audit::decode(*w.log->entry(at));
        REQUIRE(record);
        CHECK(*record->number("lost") == lost_jobs);
        CHECK(*record->number("moved") == 7);
        if (const auto jobs = record->text("jobs")) named += std::string{*jobs} + ' ';
    }
    std::string expected;
    for (const JobId& job : lost) expected += job.text() + ' ';
    CHECK(named == expected);
    const std::uint64_t size = w.log->size();
    REQUIRE(end());
    CHECK(w.log->size() == size);
}

TEST_CASE("when the log can't be written, every function says so", "[service]") {
    World w;
    const job::Job job = w.job();
    using service::SignInMethod;
    const std::vector<std::function<Result<void>()>> acts{
        [&] { return w.recorder.job_accepted({job.id, w.alice, "application/pdf", 7, {}, 1, 1}); },
        [&] { return w.recorder.job_held(job, "t", "alice"); },
        [&] { return w.recorder.signed_in(w.alice, {SignInMethod::password}, "password"); },
        [&] { return w.recorder.sign_in_refused({SignInMethod::password}, "credential_wrong"); },
        [&] { return w.recorder.account_added(w.alice, "alice"); },
        [&] { return w.recorder.user_unlocked(w.alice); },
        [&] { return w.recorder.concurrent_use(w.alice, w.device, w.device); },
        [&] { return w.recorder.user_erased(w.alice); },
        [&] { return w.recorder.job_restricted(job, true); },
        [&] { return w.recorder.device_added(w.device, "mfd"); },
        [&] { return w.recorder.device_changed(w.device, "mfd", std::array<std::string_view, 1>{"uri"}); },
        [&] { return w.recorder.device_removed(w.device, "mfd"); },
        [&] { return w.recorder.print_token_issued(w.alice, token::TokenId::make(w.clock, w.random)); },
        [&] { return w.recorder.epoch_created({}); },
        [&] { return w.recorder.job_failed(job.id, w.alice, "key_destroyed"); },
        [&] { return w.recorder.epoch_retired({}, Time{}); },
        [&] { return w.recorder.job_restored(job); },
        [&] { return w.recorder.job_kept(job, true, Time{}); },
        [&] { return w.recorder.epoch_destroyed({}, 0, {}, service::Assurance::best_effort); },
        [&] { return w.recorder.daemon_started("release", "0.1.0", ""); },
        [&] { return w.recorder.daemon_stopped("release"); },
        [&] { return w.recorder.credentials_reloaded("release", "0a1b", Time{}, ""); },
        [&] { return w.recorder.quota_refused(w.alice, "jobs"); },
        [&] { return w.recorder.pepper_in_use({}); },
        [&] { return w.recorder.of_report({RecordId::make(w.clock, w.random), service::AuditorSignedIn{}}); },
        [&] { return w.recorder.orphan_removed(job.id, "x"); },
        [&] { return w.recorder.policy_exception_used(w.device, "p", "r", {}); },
        [&] { return w.recorder.time_changed(5s); },
    };
    for (const test::MemoryDisk::Failure how :
         {test::MemoryDisk::Failure::clean, test::MemoryDisk::Failure::unknown_lost}) {
        for (const auto& act : acts) {
            w.disk->fail(0, how);
            const auto done = act();
            REQUIRE(!done);
            CHECK(done.error().code == Errc::log_unavailable);
        }
        CHECK(w.log->size() == 0);
    }
    CHECK(w.recorder.ready().error().code == Errc::log_unavailable);
}

TEST_CASE("a pepper is recorded when it is another than was recorded last", "[service]") {
    World w;
    const auth::PepperId first{};
    auth::PepperId second{};
    second.bytes[0] = std::byte{1};
    const auto recorded = [&](const auth::PepperId& pepper) {
        const std::uint64_t before = w.log->size();
        REQUIRE(w.recorder.pepper_in_use(pepper));
        return w.log->size() - before;
    };
    CHECK(recorded(first) == 1);
    CHECK(recorded(first) == 0);
    REQUIRE(w.recorder.daemon_stopped("pepper_changed"));  // a text that only looks like it
    CHECK(recorded(first) == 0);
    CHECK(recorded(second) == 1);
    CHECK(recorded(second) == 0);
    CHECK(recorded(first) == 1);  // a key folder that was put back
}

TEST_CASE("what the report server tells twice is recorded once, and takes no other record's place", "[service]") {
    World w;
    const SubjectId alice = w.alice;
    const service::ReportEvent event{.id = RecordId::make(w.clock, w.random), .what = service::ReportStopped{}};
    REQUIRE(w.recorder.of_report(event));
    REQUIRE(w.recorder.of_report(event));
    CHECK(w.log->size() == 1);
    // Ids of other records can be foreseen.
    const RecordId foreseen = audit::derive_record_id(Kind::user_erased, w.tenant, alice.bytes());
    REQUIRE(w.recorder.of_report({.id = foreseen, .what = service::AuditorSignedIn{}}));
    REQUIRE(w.recorder.user_erased(alice));
    CHECK(w.last().kind == audit::KindName{Kind::user_erased});
}

TEST_CASE("a clock that is set is noticed, and one that drifts is not", "[service]") {
    service::ClockWatch watch{2s};
    Time wall{1'800'000'000'000ms};
    service::ClockWatch::Steady steady{1000s};
    CHECK(!watch.look(wall, steady));
    for (const auto jitter : {0ms, 1999ms, -1999ms, -2000ms, 2000ms})
        CHECK(!watch.look(wall += 1s + jitter, steady += 1s));
    CHECK(watch.look(wall += 1h, steady += 1s) == 1h - 1s);
    CHECK(!watch.look(wall += 1s, steady += 1s));
    CHECK(watch.look(wall -= 1h, steady += 1s) == -(1h + 1s));
    // The machine slept: wall and steady time part just as well.
    CHECK(watch.look(wall += 10s, steady) == 10s);
    // For years, as fast as NTP may slew a clock, and a look that comes late.
    for (int days = 0; days < 1000; ++days) CHECK(!watch.look(wall += 24h + 43'200ms, steady += 24h));
    for (int days = 0; days < 1000; ++days) CHECK(!watch.look(wall += 24h - 43'200ms, steady += 24h));
}

TEST_CASE("a clock that is set in steps too small to be noticed is noticed by their sum", "[service]") {
    const auto step = GENERATE(1900ms, -1900ms, 100ms, -100ms, 2ms, -2ms);
    service::ClockWatch watch{2s};
    Time wall{1'800'000'000'000ms};
    service::ClockWatch::Steady steady{1000s};
    CHECK(!watch.look(wall, steady));
    auto told = 0ms;
    constexpr int looks = 20'000;
    for (int i = 0; i < looks; ++i)
        if (const auto by = watch.look(wall += 1s + step, steady += 1s)) told += *by;
    // All of it, but for what drift may have been, and what hasn't come to a sum yet.
    CHECK(std::chrono::abs(told) <= std::chrono::abs(looks * step));
    CHECK(std::chrono::abs(told) >= std::chrono::abs(looks * step) - looks * 1ms / 2 - 2s);
    CHECK((told < 0ms) == (step < 0ms));
}

TEST_CASE("changes of the clock that can't be recorded are owed, in order", "[service]") {
    World w;
    service::ClockWatch::Steady steady{1000s};
    service::ClockJournal changes{{.clock = w.clock,
                                   .record = [&](std::chrono::milliseconds by) { return w.recorder.time_changed(by); },
                                   .steady = [&] { return steady; }}};
    CHECK(!changes.look().change);
    CHECK(changes.settle());
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    w.clock.advance(1h);
    CHECK(changes.look().change == 1h);
    CHECK(changes.settle().error().code == Errc::log_unavailable);
    CHECK(w.log->size() == 0);
    w.clock.advance(-2h);
    CHECK(changes.look().change == -2h);
    CHECK(changes.settle());
    REQUIRE(w.log->size() == 2);
    CHECK(*audit::decode(*w.log->entry(0))->text("direction") == "forward");
    CHECK(*w.last().text("direction") == "back");
    CHECK(changes.settle());
    CHECK(w.log->size() == 2);
}

TEST_CASE("a clock that was set back while a daemon was off is on record at its start", "[service]") {
    World w;
    const auto start = [&] {
        const std::uint64_t before = w.log->size();
        REQUIRE(w.recorder.daemon_started("release", "0.1.0", "a=1"));
        CHECK(w.last().kind == audit::KindName{Kind::daemon_started});
        return w.log->size() - before;
    };
    CHECK(start() == 1);
    w.clock.advance(24h);
    CHECK(start() == 1);  // it was off for a day, or its clock was set: nobody can tell
    w.clock.advance(-2s);
    CHECK(start() == 1);
    w.clock.advance(-1h);
    CHECK(start() == 2);
    const audit::Record told = audit::decode(*w.log->entry(w.log->size() - 2)).value();
    CHECK(told.kind == audit::KindName{Kind::time_changed});
    CHECK(*told.text("direction") == "back");
    CHECK(*told.number("by_ms") == 3'602'000);
    w.clock.advance(1s);
    CHECK(start() == 1);  // it is told once
}
