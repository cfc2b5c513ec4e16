// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/state.hpp>

#include <fmt/format.h>

namespace safeq::job {

Result<State> next(State from, Event event) {
    const std::optional<State> to = find_next(from, event);
    if (!to) return fail(Errc::illegal_transition, "job", fmt::format("'{}' while it is {}", name(event), name(from)));
    return *to;
}

std::string_view name(State state) noexcept {
    switch (state) {
        case State::held: return "held";
        case State::releasing: return "releasing";
        case State::uncertain: return "uncertain";
        case State::releasing_again: return "releasing_again";
        case State::printed: return "printed";
        case State::aborted: return "aborted";
        case State::cancelled: return "cancelled";
        case State::deleted: return "deleted";
        case State::expired: return "expired";
    }
    return "?";
}

std::string_view name(Event event) noexcept {
    switch (event) {
        case Event::release: return "release";
        case Event::print_again: return "print_again";
        case Event::never_began: return "never_began";
        case Event::not_printed: return "not_printed";
        case Event::lost: return "lost";
        case Event::print: return "print";
        case Event::print_and_keep: return "print_and_keep";
        case Event::unprintable: return "unprintable";
        case Event::cancel: return "cancel";
        case Event::remove: return "remove";
        case Event::accept_as_printed: return "accept_as_printed";
        case Event::accept_and_keep: return "accept_and_keep";
        case Event::expire: return "expire";
    }
    return "?";
}

Result<State> parse_state(std::string_view text) {
    for (const State state : all_states)
        if (name(state) == text) return state;
    return fail(Errc::malformed, "job state", "no state has this name");
}

Result<State> state_from(std::uint64_t number) {
    for (const State state : all_states)
        if (static_cast<std::uint64_t>(state) == number) return state;
    return fail(Errc::malformed, "job state", fmt::format("no state has the number {}", number));
}

Result<Event> event_from(std::uint64_t number) {
    for (const Event event : all_events)
        if (static_cast<std::uint64_t>(event) == number) return event;
    return fail(Errc::malformed, "job event", fmt::format("no event has the number {}", number));
}

}  // namespace safeq::job
