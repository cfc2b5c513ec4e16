// SPDX-License-Identifier: Apache-2.0
// Under test: job::Jobs, job::ReleaseGate, job::next (the transition table; over an in-memory repository and log). The
// input is a history: three bytes a step (what, to which job and by whom, how and which fault).
// Property: after each step every job is where a model, written without the table, says; bytes leave only behind a
// durable leaf; a job in doubt leaves only on its owner's word; nobody reaches another tenant's; after recovery no
// promise is open.
#include <cstdio>
#include <cstdlib>

#include "../tests/support/job_history.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t max_steps = 400;
    const auto history = std::as_bytes(std::span{data, size}).first(std::min(size, 3 * max_steps));
    safeq::test::JobHistory play;
    if (const auto broken = play.play(history)) {
        std::fprintf(stderr, "%s\n", broken->c_str());
        std::abort();
    }
    return 0;
}
