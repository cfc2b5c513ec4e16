// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/state_document.hpp>

#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include <safeq/job/state.hpp>

#include "support/source_folder.hpp"

using namespace safeq;

TEST_CASE("the page about the life of jobs is drawn from the table") {
    std::ifstream file{test::source_folder() / "docs/job_lifecycle.md", std::ios::binary};
    REQUIRE(file);
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    INFO(job::lifecycle_markdown());
    CHECK(page.ends_with("\n\n" + job::lifecycle_markdown()));
}

TEST_CASE("the picture has an arrow for every transition and one out of every end") {
    const std::string text = job::lifecycle_markdown();
    std::size_t arrows = 0;
    for (std::size_t at = text.find(" --> "); at != std::string::npos; at = text.find(" --> ", at + 1)) ++arrows;
    CHECK(arrows == 1 + job::transitions.size() + 5);
}
