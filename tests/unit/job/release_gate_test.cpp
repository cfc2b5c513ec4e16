// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/release_gate.hpp>

#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_jobs.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using job::ReleaseGrant;
using job::State;
using job::Wish;

static_assert(!std::is_default_constructible_v<ReleaseGrant>);
static_assert(!std::is_copy_constructible_v<ReleaseGrant>);
static_assert(std::is_nothrow_move_constructible_v<ReleaseGrant>);
static_assert(!std::is_default_constructible_v<ReleaseGrant::Passkey>);
static_assert(!std::is_aggregate_v<ReleaseGrant::Passkey>);

namespace {

struct Desk {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    test::MemoryRepository repository;
    job::ReleaseGate gate{repository, clock};
    TenantId tenant = TenantId::make(clock, random);
    SubjectId owner = SubjectId::make(clock, random);
    SubjectId stranger = SubjectId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);

    JobId put(State state, std::uint64_t attempt = 0, bool restricted = false) {
        job::Job job;
        job.id = JobId::make(clock, random);
        job.tenant = tenant;
        job.owner = owner;
        job.state = state;
        job.attempt = attempt;
        job.restricted = restricted;
        job.expires = clock.now() + 1h;
        auto unit = *repository.begin();
        REQUIRE(unit->insert(job));
        REQUIRE(unit->commit());
        return job.id;
    }
};

}  // namespace

TEST_CASE("the owner of a held job gets a grant for its next attempt", "[job]") {
    Desk desk;
    const JobId id = desk.put(State::held, 4);
    const auto grant = desk.gate.request(desk.owner, desk.tenant, id, desk.device);
    REQUIRE(grant);
    CHECK(grant->attempt() == 5);
    CHECK(grant->job() == id);
    CHECK(grant->tenant() == desk.tenant);
    CHECK(grant->subject() == desk.owner);
    CHECK(grant->device() == desk.device);
}

TEST_CASE("a stranger learns nothing of a job, whatever its state", "[job]") {
    Desk desk;
    for (const State state : job::all_states) {
        const JobId id = desk.put(state, 1, true);
        CHECK(desk.gate.request(desk.stranger, desk.tenant, id, desk.device).error().code == Errc::not_found);
        CHECK(desk.gate.request(desk.stranger, desk.tenant, id, desk.device, Wish::print_again).error().code ==
              Errc::not_found);
        const TenantId elsewhere = TenantId::make(desk.clock, desk.random);
        CHECK(desk.gate.request(desk.owner, elsewhere, id, desk.device).error().code == Errc::not_found);
    }
    const JobId none = JobId::make(desk.clock, desk.random);
    CHECK(desk.gate.request(desk.owner, desk.tenant, none, desk.device).error().code == Errc::not_found);
}

TEST_CASE("an uncertain job leaves only when its owner wants it printed again", "[job]") {
    Desk desk;
    const JobId uncertain = desk.put(State::uncertain, 1);
    const JobId held = desk.put(State::held);
    CHECK(desk.gate.request(desk.owner, desk.tenant, uncertain, desk.device).error().code == Errc::illegal_transition);
    CHECK(desk.gate.request(desk.owner, desk.tenant, uncertain, desk.device, Wish::print_again));
    CHECK(desk.gate.request(desk.owner, desk.tenant, held, desk.device, Wish::print_again).error().code ==
          Errc::illegal_transition);
}

TEST_CASE("running and finished jobs get no grant", "[job]") {
    Desk desk;
    for (const State state : job::all_states) {
        if (state == State::held || state == State::uncertain) continue;
        const JobId id = desk.put(state, 1);
        CHECK(desk.gate.request(desk.owner, desk.tenant, id, desk.device).error().code == Errc::illegal_transition);
        CHECK(desk.gate.request(desk.owner, desk.tenant, id, desk.device, Wish::print_again).error().code ==
              Errc::illegal_transition);
    }
}

TEST_CASE("restricted and overdue jobs get no grant", "[job]") {
    Desk desk;
    const JobId restricted = desk.put(State::held, 0, true);
    CHECK(desk.gate.request(desk.owner, desk.tenant, restricted, desk.device).error().code == Errc::not_found);
    const JobId overdue = desk.put(State::held);
    desk.clock.advance(1h - 1ms);
    CHECK(desk.gate.request(desk.owner, desk.tenant, overdue, desk.device));
    desk.clock.advance(1ms);
    CHECK(desk.gate.request(desk.owner, desk.tenant, overdue, desk.device).error().code == Errc::expired);
}

TEST_CASE("nil ids get no grant", "[job]") {
    Desk desk;
    const JobId id = desk.put(State::held);
    CHECK(desk.gate.request({}, desk.tenant, id, desk.device).error().code == Errc::invalid_argument);
    CHECK(desk.gate.request(desk.owner, {}, id, desk.device).error().code == Errc::invalid_argument);
    CHECK(desk.gate.request(desk.owner, desk.tenant, {}, desk.device).error().code == Errc::invalid_argument);
    CHECK(desk.gate.request(desk.owner, desk.tenant, id, {}).error().code == Errc::invalid_argument);
}
