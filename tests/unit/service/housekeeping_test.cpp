// SPDX-License-Identifier: Apache-2.0
// HOSTILE 8: what a wrong clock may do to jobs and keys.
#include <safeq/service/housekeeping.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <safeq/audit/schema.hpp>

#include "api_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::must;

namespace {

constexpr auto years = std::chrono::hours{10 * 365 * 24};

struct House : test::ApiWorld {
    std::chrono::steady_clock::time_point steady{1000h};
    std::vector<std::string> failed;
    std::unique_ptr<service::Housekeeping> house;

    House() { start(0ms); }

    void start(std::chrono::milliseconds unseen) {
        house = std::make_unique<service::Housekeeping>(service::Housekeeping::Parts{
            .tenant = tenant,
            .jobs = release->jobs,
            .keeper = front->keeper,
            .recorder = release->recorder,
            .clock = clock,
            .retention = {72h},
            .unseen = unseen,
            .discard = [this](const job::Job& job) { return release->desk.discard(job); },
            .explain = [this](std::string_view what, const Error&) { failed.emplace_back(what); },
            .steady = [this] { return steady; }});
    }
    void turn() {
        house->each_second();
        house->each_minute();
    }
    /// Both clocks go on, which is no jump.
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        steady += time;
        turn();
    }
    void leap(std::chrono::milliseconds by) {
        clock.advance(by);
        pass(1s);
    }
    std::vector<audit::Record> records(audit::Kind kind) {
        std::vector<audit::Record> out;
        for (audit::Index at = 0; at < release->log->size(); ++at)
            if (auto record = must(audit::decode(must(release->log->entry(at)))); record.kind == audit::KindName{kind})
                out.push_back(std::move(record));
        return out;
    }
    std::vector<spool::EpochId> epochs() {
        std::vector<spool::EpochId> out;
        for (const service::LivingEpoch& epoch : seeds.living) out.push_back(epoch.entry.id());
        return out;
    }
    bool alive(const std::vector<spool::EpochId>& all) {
        return std::ranges::all_of(all, [&](const spool::EpochId& one) { return ring.opening_key(one).has_value(); });
    }
};

}  // namespace

TEST_CASE("HOSTILE 8: a clock that leaps forward and is set back costs no job and no key", "[service]") {
    const auto by = GENERATE(1h, 24h, years);
    House w;
    const JobId job = w.job();
    const auto keys = w.epochs();
    w.pass(71h + 30min);
    const auto before = w.records(audit::Kind::time_changed).size();
    w.leap(by);
    for (int i = 0; i < 20; ++i) w.pass(1min);
    CHECK(w.state_of(job) == job::State::held);
    CHECK(w.release_blobs.list()->size() == 2);
    CHECK(w.alive(keys));
    CHECK(w.records(audit::Kind::key_destroyed).empty());
    CHECK(w.records(audit::Kind::job_expired).empty());
    w.leap(-by);
    const auto told = w.records(audit::Kind::time_changed);
    REQUIRE(told.size() == before + 2);
    CHECK(*told[before].text("direction") == "forward");
    CHECK(*told[before + 1].text("direction") == "back");
    CHECK(*told[before].number("by_ms") == static_cast<std::uint64_t>(std::chrono::milliseconds{by}.count()));
    CHECK(w.release->desk.release(w.session_of(w.carol), w.mfd, job, job::Wish::print)->state == job::State::printed);
    CHECK(w.failed.empty());
}

TEST_CASE("HOSTILE 8: a leap holds up nothing whose time is over all the same", "[service]") {
    const auto by = GENERATE(1h, 24h, years);
    House w;
    const JobId old = w.job();
    w.pass(71h + 30min);
    const JobId fresh = w.job();
    w.leap(by);
    w.pass(30min);
    CHECK(w.state_of(old) == job::State::expired);
    CHECK(w.state_of(fresh) == job::State::held);
    CHECK(w.release_blobs.list()->size() == 2);
}

TEST_CASE("HOSTILE 8: a leap that lasts for a day is believed, and expired stays expired", "[service]") {
    House w;
    const JobId job = w.job();
    const auto keys = w.epochs();
    w.leap(years);
    w.pass(23h);
    CHECK(w.state_of(job) == job::State::held);
    CHECK(w.alive(keys));
    w.pass(1h);
    CHECK(w.state_of(job) == job::State::expired);
    CHECK(w.release_blobs.list()->empty());
    CHECK_FALSE(w.alive(keys));
    CHECK(w.records(audit::Kind::job_expired).size() == 1);
    w.leap(-years);
    CHECK(w.state_of(job) == job::State::expired);
    CHECK(w.release->desk.release(w.session_of(w.carol), w.mfd, job, job::Wish::print).error().code ==
          Errc::illegal_transition);
    CHECK(w.records(audit::Kind::job_expired).size() == 1);
}

TEST_CASE("HOSTILE 8: a clock that is set back expires nothing, and what has expired stays so", "[service]") {
    const auto by = GENERATE(1h, 24h, years);
    House w;
    const JobId gone = w.job();
    w.pass(72h);
    CHECK(w.state_of(gone) == job::State::expired);
    const JobId job = w.job();
    w.leap(-by);
    w.pass(1h);
    CHECK(w.state_of(gone) == job::State::expired);
    CHECK(w.state_of(job) == job::State::held);
    CHECK(*w.records(audit::Kind::time_changed).back().text("direction") == "back");
}

TEST_CASE("HOSTILE 8: a clock that goes forward in small steps ends nothing sooner", "[service]") {
    House w;
    const JobId job = w.job();
    w.pass(71h + 30min);
    for (int i = 0; i < 1000; ++i) {
        w.clock.advance(1900ms);
        w.pass(1s);
    }
    CHECK(w.state_of(job) == job::State::held);  // by the clock its time was over eighteen minutes ago
    CHECK(w.records(audit::Kind::time_changed).size() > 400);
    w.pass(20min);
    CHECK(w.state_of(job) == job::State::expired);
}

TEST_CASE("HOSTILE 8: a server that starts with the clock ahead waits for a day, a restart changes nothing",
          "[service]") {
    House w;
    const JobId job = w.job();
    const auto keys = w.epochs();
    w.turn();
    for (int starts = 0; starts < 3; ++starts) {
        if (starts == 0) w.clock.advance(years);
        w.start(must(service::unseen_time(*w.release->log, w.clock.now())));
        REQUIRE(w.release->recorder.daemon_started("release", "test", ""));
        w.turn();
        w.pass(10min);
        CHECK(w.state_of(job) == job::State::held);
        CHECK(w.alive(keys));
    }
    w.leap(-years);  // time is asked for over the network, and comes
    w.pass(25h);
    CHECK(w.state_of(job) == job::State::held);
    CHECK(w.alive(keys));
}

TEST_CASE("a change of the clock that can't be recorded now is recorded later, and nothing ends before", "[service]") {
    House w;
    const JobId job = w.job();
    w.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    w.leap(years);
    CHECK(w.failed == std::vector<std::string>{"log-owed"});
    w.pass(1s);
    REQUIRE(w.records(audit::Kind::time_changed).size() == 1);
    CHECK(w.state_of(job) == job::State::held);
    w.pass(1s);
    CHECK(w.records(audit::Kind::time_changed).size() == 1);
}
