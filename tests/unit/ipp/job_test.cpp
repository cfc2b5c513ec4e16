// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/job.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq::ipp;

TEST_CASE("job states have their registered numbers and names") {
    CHECK(job_state(3) == JobState::pending);
    CHECK(job_state(9) == JobState::completed);
    for (const int number : {-1, 0, 2, 10, 2147483647}) CHECK(job_state(number) == std::nullopt);
    CHECK(name(JobState::pending_held) == "pending-held");
    CHECK(name(JobState::processing_stopped) == "processing-stopped");
}

TEST_CASE("every state is either ended or not") {
    int open = 0;
    for (int number = 3; number <= 9; ++number) {
        const JobState state = job_state(number).value();
        CHECK(matches(WhichJobs::completed, state) == ended(state));
        CHECK(matches(WhichJobs::not_completed, state) != ended(state));
        CHECK(matches(WhichJobs::all, state));
        open += ended(state) ? 0 : 1;
    }
    CHECK(open == 4);
}

TEST_CASE("which-jobs by its keywords") {
    for (const WhichJobs which :
         {WhichJobs::not_completed, WhichJobs::completed, WhichJobs::all, WhichJobs::pending, WhichJobs::pending_held,
          WhichJobs::processing, WhichJobs::processing_stopped, WhichJobs::canceled, WhichJobs::aborted})
        CHECK(which_jobs(name(which)) == which);
    CHECK(which_jobs("fetchable") == std::nullopt);
    CHECK(matches(WhichJobs::canceled, JobState::canceled));
    CHECK_FALSE(matches(WhichJobs::canceled, JobState::completed));
}
