// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/state_document.hpp>

#include <fmt/format.h>

#include <safeq/job/state.hpp>

namespace safeq::job {
namespace {

std::string_view meaning(State state) {
    switch (state) {
        case State::held: return "waits, sealed, for its owner";
        case State::releasing: return "an attempt is on its way to a device";
        case State::uncertain: return "an attempt ended and nobody knows whether it printed";
        case State::releasing_again: return "an attempt out of `uncertain`";
        case State::printed: return "the device told so, or its owner found the pages";
        case State::aborted: return "can't be printed: the files don't open, or no device takes them";
        case State::cancelled: return "withdrawn before it was printed";
        case State::deleted: return "removed by its owner";
        case State::expired: return "nobody came in time";
    }
    return "?";
}

}  // namespace

std::string lifecycle_markdown() {
    std::string out = fmt::format("```mermaid\nstateDiagram-v2\n    [*] --> {}\n", name(initial_state));
    for (const Transition& t : transitions)
        out += fmt::format("    {} --> {}: {}\n", name(t.from), name(t.to), name(t.event));
    for (const State state : all_states)
        if (is_terminal(state)) out += fmt::format("    {} --> [*]\n", name(state));
    out += "```\n\n| state | number | what it means | leads to |\n|---|---:|---|---|\n";
    for (const State state : all_states) {
        std::string leads;
        for (const Transition& t : transitions)
            if (t.from == state)
                leads += fmt::format("{}`{}` by {}", leads.empty() ? "" : ", ", name(t.to), name(t.event));
        out += fmt::format("| `{}` | {} | {} | {} |\n", name(state), static_cast<unsigned>(state), meaning(state),
                           leads.empty() ? "the end; the documents are deleted" : leads);
    }
    return out;
}

}  // namespace safeq::job
