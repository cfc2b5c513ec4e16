// SPDX-License-Identifier: Apache-2.0
// Erasing a person, step by step: what is recorded, what is destroyed, and that no step comes before its record.
#include <safeq/service/admin.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/schema.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/memory_jobs.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

class Keys final : public service::SubjectKeyMaker {
public:
    Keys(test::MemorySubjectKeys& keys, Random& random) : keys_{keys}, random_{random} {}
    Result<void> create(SubjectId subject) override {
        keys_.put(subject, audit::SubjectKey::random(random_));
        return {};
    }
    Result<void> destroy(SubjectId subject) override {
        if (broken) return fail(Errc::io_failed, "subject key");
        keys_.destroy(subject);
        return {};
    }
    bool broken = false;

private:
    test::MemorySubjectKeys& keys_;
    Random& random_;
};

class NoDevices final : public job::DeviceStore {
public:
    Result<void> add(const job::Device&) override { return {}; }
    Result<void> update(const job::Device&) override { return {}; }
    Result<job::Device> find(TenantId, DeviceId) override { return fail(Errc::not_found, "device"); }
    Result<job::Device> find_by_name(TenantId, std::string_view) override { return fail(Errc::not_found, "device"); }
    Result<job::Device> find_by_terminal(TenantId, const job::CertificateFingerprint&) override {
        return fail(Errc::not_found, "device");
    }
    Result<std::vector<job::Device>> list(TenantId) override { return std::vector<job::Device>{}; }
    Result<void> remove(TenantId, DeviceId) override { return {}; }
};

struct World {
    ManualClock clock{Time{1'800'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);
    crypto::SigningKey log_key = crypto::SigningKey::generate(random);
    std::shared_ptr<test::MemoryDisk> disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore store{disk};
    std::unique_ptr<audit::Log> log = audit::Log::open(store, "release", log_key).value();
    test::MemorySubjectKeys subject_keys;
    Keys keys{subject_keys, random};
    service::Recorder recorder{{tenant, *log, &subject_keys, clock, random}};
    test::MemoryCredentialStore accounts;
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    auth::HashingBudget hashing{auth::hashing_2026};
    auth::Hasher hasher{auth::argon2id_2026, peppers, random, hashing};
    auth::PasswordRules password_rules{auth::password_limits_2026, nullptr, {"safeq"}};
    test::MemoryThrottleStore counters;
    auth::SharedThrottle throttle{auth::throttle_2026, clock, counters};
    NoDevices devices;
    test::MemoryRepository repository;
    test::MemoryTokenStore tokens;
    token::PrintTokens print_tokens{tokens, clock, random};
    token::SessionManager sessions{tokens, clock, random, token::terminal_session_2026};
    job::Jobs lifecycle{repository, recorder, clock, random};
    std::vector<JobId> discarded;
    service::Admin admin{{tenant, accounts, hasher, peppers, password_rules, throttle, keys, devices, repository,
                          lifecycle, print_tokens, sessions, recorder, clock, random,
                          [this](const job::Job& job) {
                              discarded.push_back(job.id);
                              return Result<void>{};
                          },
                          [](const auto& act) { return act(); }}};

    auth::Account add(const std::string& name) {
        return admin
            .add_user({.name = name, .display_name = "Alice A.", .password = {}, .pin = {}, .cards = {"04a1b2c3"}})
            .value();
    }
    JobId take(SubjectId owner) {
        const job::Job job{.id = JobId::make(clock, random),
                           .tenant = tenant,
                           .owner = owner,
                           .intake = InstanceId::make(clock, random),
                           .ipp_id = 1,
                           .created = clock.now(),
                           .changed = clock.now(),
                           .expires = clock.now() + 1h};
        (void)lifecycle.take(job).value();
        return job.id;
    }
    void put(JobId id, job::State state) {
        const auto unit = repository.begin().value();
        job::Job job = unit->find(tenant, id).value();
        const job::State before = job.state;
        job.state = state;
        (void)unit->update(job, before, job.attempt).value();
        (void)unit->commit().value();
    }
    std::vector<audit::Record> records() {
        std::vector<audit::Record> out;
        for (audit::Index i = 0; i < log->size(); ++i) out.push_back(audit::decode(*log->entry(i)).value());
        return out;
    }
    std::size_t count(audit::Kind kind) {
        const auto all = records();
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [kind](const auto& record) { return record.kind == audit::KindName{kind}; }));
    }
    std::size_t erasures() { return count(audit::Kind::user_erased); }
};

}  // namespace

TEST_CASE("an erased person is signed out, nameless and unreadable, and the log verifies", "[service]") {
    World w;
    const auth::Account alice = w.add("alice");
    const auto session = w.sessions.open(w.tenant, w.device, alice.subject).value();
    const auto printer = w.admin.issue_print_token("alice", "laptop", {}).value();
    const audit::Record added = w.records().at(0);
    CHECK(audit::open_personal(*w.subject_keys.key(alice.subject), {"release", added.id}, *added.sealed("user_name"))
              .value() == "alice");

    CHECK(w.admin.erase_user("alice").value() == alice.subject);
    CHECK(w.subject_keys.key(alice.subject).error().code == Errc::key_destroyed);
    CHECK(!w.sessions.check(as_text(session.text.expose()), w.tenant, w.device));
    CHECK(!w.print_tokens.verify(as_text(printer.text.expose()), w.tenant));
    CHECK(w.accounts.find_by_name(w.tenant, "alice").error().code == Errc::not_found);
    const auth::Account left = w.accounts.find_by_subject(w.tenant, alice.subject).value();
    CHECK(left.disabled);
    CHECK(!left.display_name);
    CHECK(left.cards.empty());
    CHECK(left.name == "erased-" + alice.subject.text());
    CHECK(w.erasures() == 1);
    // The record is still sealed, and still there.
    CHECK(w.records().at(0) == added);
    REQUIRE(w.log->publish());
    test::MemoryLogReader reader{w.disk};
    CHECK(audit::verify_log(reader, w.log->verifier()));

    // Again, by the subject id: nothing new is recorded. The name may be somebody else's now.
    CHECK(w.admin.erase_user(alice.subject.text()).value() == alice.subject);
    CHECK(w.erasures() == 1);
    CHECK(w.admin.erase_user("alice").error().code == Errc::not_found);
    CHECK(w.add("alice").subject != alice.subject);
}

TEST_CASE("nothing is erased that isn't on record, that is on its way to a device, or restricted", "[service]") {
    World w;
    const auth::Account alice = w.add("alice");
    const auto untouched = [&] {
        CHECK(w.subject_keys.key(alice.subject));
        auth::Account now = w.accounts.find_by_name(w.tenant, "alice").value();
        now.revision = alice.revision;
        CHECK(now == alice);
        CHECK(w.erasures() == 0);
    };
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.admin.erase_user("alice").error().code == Errc::log_unavailable);
    untouched();
    REQUIRE(w.admin.finish_erasures());  // it was refused, and isn't done later
    untouched();

    const JobId waiting = w.take(alice.subject);
    const JobId job = w.take(alice.subject);
    w.put(job, job::State::releasing);
    CHECK(w.admin.erase_user("alice").error().code == Errc::conflict);
    w.put(job, job::State::held);
    REQUIRE(w.admin.restrict_job(job, true));
    CHECK(w.admin.erase_user("alice").error().code == Errc::conflict);
    untouched();
    CHECK(w.admin.job(waiting)->state == job::State::held);
    CHECK(w.discarded.empty());
    CHECK(w.admin.erase_user("nobody").error().code == Errc::not_found);
    CHECK(w.admin.erase_user(SubjectId::make(w.clock, w.random).text()).error().code == Errc::not_found);
}

TEST_CASE("with a person goes what waits for them, whether or not it may have printed", "[service]") {
    World w;
    const SubjectId alice = w.add("alice").subject;
    std::vector<JobId> jobs;
    for (int i = 0; i < 300; ++i) jobs.push_back(w.take(alice));
    w.put(jobs[7], job::State::uncertain);
    const JobId other = w.take(SubjectId::make(w.clock, w.random));
    REQUIRE(w.admin.erase_user("alice"));
    CHECK(std::ranges::is_permutation(w.discarded, jobs));
    for (const JobId job : jobs) CHECK(w.admin.job(job)->state == job::State::deleted);
    CHECK(w.count(audit::Kind::job_deleted) == jobs.size());
    CHECK(w.admin.job(other)->state == job::State::held);
}

TEST_CASE("an operator gives up what waits, and nothing else", "[service]") {
    World w;
    const JobId job = w.take(w.add("alice").subject);
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    REQUIRE(w.admin.cancel_job(job));
    CHECK(w.discarded.empty());  // only with its leaf
    const JobId next = w.take(SubjectId::make(w.clock, w.random));
    CHECK(w.admin.cancel_job(next).error().code == Errc::log_unavailable);  // nor does anything else come before it
    REQUIRE(w.lifecycle.flush(w.tenant));
    CHECK(w.admin.cancel_job(next)->state == job::State::cancelled);
    CHECK(w.discarded == std::vector{next});
    CHECK(w.admin.cancel_job(next).error().code == Errc::illegal_transition);
    const JobId doubtful = w.take(SubjectId::make(w.clock, w.random));
    w.put(doubtful, job::State::uncertain);
    CHECK(w.admin.cancel_job(doubtful).error().code == Errc::illegal_transition);
    w.put(doubtful, job::State::held);
    REQUIRE(w.admin.restrict_job(doubtful, true));
    CHECK(w.admin.cancel_job(doubtful).error().code == Errc::denied);
    CHECK(w.admin.cancel_job(JobId::make(w.clock, w.random)).error().code == Errc::not_found);
}

TEST_CASE("an erasure that fails half way is finished by repeating it", "[service]") {
    World w;
    const auth::Account alice = w.add("alice");
    w.keys.broken = true;
    CHECK(w.admin.erase_user("alice").error().code == Errc::io_failed);
    CHECK(w.subject_keys.key(alice.subject));
    w.keys.broken = false;
    CHECK(w.admin.erase_user(alice.subject.text()).value() == alice.subject);
    CHECK(w.subject_keys.key(alice.subject).error().code == Errc::key_destroyed);
    CHECK(w.erasures() == 1);
}

TEST_CASE("an erasure that was begun is finished by itself, wherever it was cut off", "[service]") {
    World w;
    const auth::Account alice = w.add("alice");
    const JobId job = w.take(alice.subject);
    const auto printer = w.admin.issue_print_token("alice", "laptop", {}).value();
    const auto gone = [&] {
        CHECK(w.subject_keys.key(alice.subject).error().code == Errc::key_destroyed);
        CHECK(w.accounts.find_by_name(w.tenant, "alice").error().code == Errc::not_found);
        CHECK(w.accounts.find_by_subject(w.tenant, alice.subject)->disabled);
        CHECK(!w.print_tokens.verify(as_text(printer.text.expose()), w.tenant));
        CHECK(w.admin.job(job)->state == job::State::deleted);
        CHECK(w.accounts.erasing(w.tenant)->empty());
        CHECK(w.erasures() == 1);
    };
    SECTION("before it was recorded") {
        auth::Account begun = alice;
        begun.erasing = true;
        REQUIRE(w.accounts.save(begun));
        CHECK(w.erasures() == 0);
    }
    SECTION("after its record") {
        auth::Account begun = alice;
        begun.erasing = true;
        REQUIRE(w.accounts.save(begun));
        REQUIRE(w.recorder.user_erased(alice.subject));
    }
    SECTION("before the key") {
        w.keys.broken = true;
        CHECK(w.admin.erase_user("alice").error().code == Errc::io_failed);
        CHECK(w.admin.finish_erasures().error().code == Errc::io_failed);
        w.keys.broken = false;
    }
    SECTION("after the key") {
        REQUIRE(w.admin.erase_user("alice"));
        auth::Account left = w.accounts.find_by_subject(w.tenant, alice.subject).value();
        left.erasing = true;
        REQUIRE(w.accounts.save(left));
    }
    REQUIRE(w.admin.finish_erasures());
    gone();
    const std::uint64_t size = w.log->size();
    REQUIRE(w.admin.finish_erasures());
    gone();
    CHECK(w.log->size() == size);
}

TEST_CASE("an erasure that must wait is finished later, and holds up no other", "[service]") {
    World w;
    const auto begin = [&](const std::string& name, const std::string& card) {
        auth::Account account =
            w.admin.add_user({.name = name, .display_name = {}, .password = {}, .pin = {}, .cards = {card}}).value();
        account.erasing = true;
        REQUIRE(w.accounts.save(account));
        return account.subject;
    };
    const SubjectId alice = begin("alice", "04a1b2c3");
    const SubjectId bob = begin("bob", "04a1b2c4");
    const JobId job = w.take(alice);
    REQUIRE(w.admin.restrict_job(job, true));
    CHECK(w.admin.finish_erasures().error().code == Errc::conflict);
    CHECK(w.subject_keys.key(alice));
    CHECK(w.subject_keys.key(bob).error().code == Errc::key_destroyed);
    CHECK(w.accounts.erasing(w.tenant).value() == std::vector{alice});
    CHECK(w.erasures() == 1);
    REQUIRE(w.admin.restrict_job(job, false));
    REQUIRE(w.admin.finish_erasures());
    CHECK(w.subject_keys.key(alice).error().code == Errc::key_destroyed);
    CHECK(w.erasures() == 2);
}

TEST_CASE("a restriction is on record before it holds, and so is its end", "[service]") {
    World w;
    const auth::Account alice = w.add("alice");
    const JobId job = w.take(alice.subject);
    w.disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.admin.restrict_job(job, true).error().code == Errc::log_unavailable);
    CHECK(!w.admin.job(job)->restricted);

    World v;
    const JobId frozen = v.take(v.add("alice").subject);
    CHECK(v.admin.restrict_job(frozen, true)->restricted);
    CHECK(v.admin.restrict_job(frozen, true)->restricted);  // again: nothing new to tell
    CHECK(v.count(audit::Kind::job_restricted) == 1);
    CHECK(v.admin.jobs(job::StateSet::open(), 10)->size() == 1);
    CHECK(!v.admin.restrict_job(frozen, false)->restricted);
    CHECK(v.count(audit::Kind::job_unrestricted) == 1);
    CHECK(v.admin.restrict_job(JobId::make(v.clock, v.random), true).error().code == Errc::not_found);
}

TEST_CASE("a restriction that came too late is taken back on record", "[service]") {
    World w;
    const SubjectId alice = w.add("alice").subject;
    const JobId job = w.take(alice);
    REQUIRE(w.lifecycle.cancel(w.tenant, alice, job));
    CHECK(w.admin.restrict_job(job, true).error().code == Errc::conflict);
    CHECK(w.count(audit::Kind::job_restricted) == w.count(audit::Kind::job_unrestricted));
}
