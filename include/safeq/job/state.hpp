// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq::job {

/// Where a job is in its life. The numbers are stored: never change one, add one.
enum class State : std::uint8_t {
    held = 1,             ///< waits, sealed, for its owner
    releasing = 2,        ///< an attempt is on its way to a device
    uncertain = 3,        ///< an attempt ended and nobody knows whether it printed; only the owner leads out
    releasing_again = 4,  ///< an attempt out of `uncertain`: if it comes to nothing, the doubt remains
    printed = 5,
    aborted = 6,    ///< can't be printed: the documents don't open, or no device takes the format
    cancelled = 7,  ///< withdrawn before it was printed
    deleted = 8,    ///< removed by its owner
    expired = 9,    ///< nobody came in time
};

/// What happens to a job. The numbers are stored: never change one, add one.
enum class Event : std::uint8_t {
    release = 1,         ///< the owner lets it go at a device
    print_again = 2,     ///< the owner was told "it may have printed" and wants it again
    never_began = 3,     ///< the attempt ended before its first byte could leave
    not_printed = 4,     ///< the device took or printed nothing
    lost = 5,            ///< bytes left, the outcome is not known
    print = 6,           ///< the device printed it
    print_and_keep = 7,  ///< the same, and the job stays as a favourite
    unprintable = 8,     ///< it can't ever be printed
    cancel = 9,
    remove = 10,
    accept_as_printed = 11,  ///< the owner found the pages of an uncertain attempt
    accept_and_keep = 12,    ///< the same, and the job stays as a favourite
    expire = 13,
};

inline constexpr std::array all_states{State::held,    State::releasing, State::uncertain, State::releasing_again,
                                       State::printed, State::aborted,   State::cancelled, State::deleted,
                                       State::expired};
inline constexpr std::array all_events{
    Event::release, Event::print_again, Event::never_began,       Event::not_printed,
    Event::lost,    Event::print,       Event::print_and_keep,    Event::unprintable,
    Event::cancel,  Event::remove,      Event::accept_as_printed, Event::accept_and_keep,
    Event::expire};

/// The state in which every job begins.
inline constexpr State initial_state = State::held;

/// What an event makes of a state.
struct Transition {
    State from;
    Event event;
    State to;
};

/// Every transition that there is; what is not in the table doesn't happen.
inline constexpr std::array transitions{
    Transition{State::held, Event::release, State::releasing},
    Transition{State::held, Event::cancel, State::cancelled},
    Transition{State::held, Event::remove, State::deleted},
    Transition{State::held, Event::expire, State::expired},

    Transition{State::releasing, Event::never_began, State::held},
    Transition{State::releasing, Event::not_printed, State::held},
    Transition{State::releasing, Event::lost, State::uncertain},
    Transition{State::releasing, Event::print, State::printed},
    Transition{State::releasing, Event::print_and_keep, State::held},
    Transition{State::releasing, Event::unprintable, State::aborted},

    Transition{State::uncertain, Event::print_again, State::releasing_again},
    Transition{State::uncertain, Event::accept_as_printed, State::printed},
    Transition{State::uncertain, Event::accept_and_keep, State::held},
    Transition{State::uncertain, Event::remove, State::deleted},

    Transition{State::releasing_again, Event::never_began, State::uncertain},
    Transition{State::releasing_again, Event::not_printed, State::uncertain},
    Transition{State::releasing_again, Event::lost, State::uncertain},
    Transition{State::releasing_again, Event::print, State::printed},
    Transition{State::releasing_again, Event::print_and_keep, State::held},
    Transition{State::releasing_again, Event::unprintable, State::aborted},
};

/// The state after `event`, or nothing where the table has no such transition.
[[nodiscard]] constexpr std::optional<State> find_next(State from, Event event) noexcept {
    for (const Transition& t : transitions)
        if (t.from == from && t.event == event) return t.to;
    return std::nullopt;
}

/// The state after `event`. *Errors*: `illegal_transition`, naming both.
[[nodiscard]] Result<State> next(State from, Event event);

/// Whether nothing leads out of the state; such a job's documents are deleted.
[[nodiscard]] constexpr bool is_terminal(State state) noexcept {
    for (const Transition& t : transitions)
        if (t.from == state) return false;
    return true;
}

/// Whether an attempt is under way.
[[nodiscard]] constexpr bool is_running(State state) noexcept {
    return state == State::releasing || state == State::releasing_again;
}

/// Lower-case names as they stand in records and interfaces, for example "releasing_again".
/// @{
[[nodiscard]] std::string_view name(State state) noexcept;
[[nodiscard]] std::string_view name(Event event) noexcept;
/// @}

/// *Errors*: `malformed` for a name or number that is none of the table.
/// @{
[[nodiscard]] Result<State> parse_state(std::string_view name);
[[nodiscard]] Result<State> state_from(std::uint64_t number);
[[nodiscard]] Result<Event> event_from(std::uint64_t number);
/// @}

namespace detail {

constexpr bool each_state_is_reachable() {
    for (const State wanted : all_states) {
        bool found = wanted == initial_state;
        for (const Transition& t : transitions) found = found || (t.to == wanted && t.from != wanted);
        if (!found) return false;
    }
    return true;
}

constexpr bool no_transition_is_twice() {
    for (std::size_t i = 0; i < transitions.size(); ++i)
        for (std::size_t j = i + 1; j < transitions.size(); ++j)
            if (transitions[i].from == transitions[j].from && transitions[i].event == transitions[j].event)
                return false;
    return true;
}

// Only the owner's own decisions lead out of `uncertain`.
constexpr bool only_the_owner_leaves_uncertain() {
    for (const Transition& t : transitions)
        if (t.from == State::uncertain && t.event != Event::print_again && t.event != Event::accept_as_printed &&
            t.event != Event::accept_and_keep && t.event != Event::remove)
            return false;
    return true;
}

}  // namespace detail

static_assert(detail::each_state_is_reachable());
static_assert(detail::no_transition_is_twice());
static_assert(detail::only_the_owner_leaves_uncertain());
static_assert(is_terminal(State::printed) && is_terminal(State::aborted) && is_terminal(State::cancelled));
static_assert(is_terminal(State::deleted) && is_terminal(State::expired));
static_assert(!is_terminal(State::held) && !is_terminal(State::uncertain));
static_assert(!is_terminal(State::releasing) && !is_terminal(State::releasing_again));

}  // namespace safeq::job
