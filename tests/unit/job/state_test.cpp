// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/state.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using job::Event;
using job::State;

static_assert(job::find_next(State::held, Event::release) == State::releasing);
static_assert(!job::find_next(State::uncertain, Event::expire));

TEST_CASE("each pair of state and event does what this list says, and nothing else", "[job]") {
    const std::map<std::pair<State, std::string>, State> expected{
        {{State::held, "release"}, State::releasing},
        {{State::held, "cancel"}, State::cancelled},
        {{State::held, "remove"}, State::deleted},
        {{State::held, "expire"}, State::expired},
        {{State::releasing, "never_began"}, State::held},
        {{State::releasing, "not_printed"}, State::held},
        {{State::releasing, "lost"}, State::uncertain},
        {{State::releasing, "print"}, State::printed},
        {{State::releasing, "print_and_keep"}, State::held},
        {{State::releasing, "unprintable"}, State::aborted},
        {{State::uncertain, "print_again"}, State::releasing_again},
        {{State::uncertain, "accept_as_printed"}, State::printed},
        {{State::uncertain, "accept_and_keep"}, State::held},
        {{State::uncertain, "remove"}, State::deleted},
        {{State::releasing_again, "never_began"}, State::uncertain},
        {{State::releasing_again, "not_printed"}, State::uncertain},
        {{State::releasing_again, "lost"}, State::uncertain},
        {{State::releasing_again, "print"}, State::printed},
        {{State::releasing_again, "print_and_keep"}, State::held},
        {{State::releasing_again, "unprintable"}, State::aborted},
    };
    std::size_t legal = 0;
    std::size_t refused = 0;
    for (const State from : job::all_states) {
        for (const Event event : job::all_events) {
            INFO(name(from) << " + " << name(event));
            const auto wanted = expected.find({from, std::string{name(event)}});
            const auto got = job::next(from, event);
            if (wanted != expected.end()) {
                CHECK(got == wanted->second);
                ++legal;
            } else {
                REQUIRE(!got);
                CHECK(got.error().code == Errc::illegal_transition);
                ++refused;
            }
        }
    }
    CHECK(legal == expected.size());
    CHECK(refused == job::all_states.size() * job::all_events.size() - expected.size());
}

TEST_CASE("states and events have distinct names and numbers that lead back to them", "[job]") {
    std::set<std::string_view> names;
    for (const State state : job::all_states) {
        CHECK(names.insert(name(state)).second);
        CHECK(job::parse_state(name(state)) == state);
        CHECK(job::state_from(static_cast<std::uint64_t>(state)) == state);
    }
    for (const Event event : job::all_events) CHECK(job::event_from(static_cast<std::uint64_t>(event)) == event);
    CHECK(job::parse_state("Held").error().code == Errc::malformed);
    CHECK(job::parse_state("").error().code == Errc::malformed);
    CHECK(job::state_from(0).error().code == Errc::malformed);
    CHECK(job::state_from(10).error().code == Errc::malformed);
    CHECK(job::state_from(256 + 1).error().code == Errc::malformed);
    CHECK(job::event_from(14).error().code == Errc::malformed);
}

TEST_CASE("an attempt runs in two states and ends in five", "[job]") {
    std::size_t running = 0;
    std::size_t terminal = 0;
    for (const State state : job::all_states) {
        if (is_running(state)) ++running;
        if (is_terminal(state)) ++terminal;
        CHECK_FALSE((is_running(state) && is_terminal(state)));
    }
    CHECK(running == 2);
    CHECK(terminal == 5);
}
