// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/path_pattern.hpp>

#include <catch2/catch_test_macros.hpp>

using safeq::http::match_path;
using safeq::http::PathParameters;

TEST_CASE("a pattern without parameters fits itself only", "[http]") {
    CHECK(match_path("/v1/jobs", "/v1/jobs") == PathParameters{});
    CHECK(match_path("/", "/") == PathParameters{});
    CHECK(!match_path("/v1/jobs", "/v1/job"));
    CHECK(!match_path("/v1/jobs", "/v1/jobs/"));
    CHECK(!match_path("/v1/jobs/", "/v1/jobs"));
    CHECK(!match_path("/v1/jobs", "/V1/jobs"));
    CHECK(!match_path("/v1/jobs", "/v1/jobs/x"));
    CHECK(!match_path("/v1/jobs", "/v1"));
    CHECK(!match_path("/v1/jobs", ""));
    CHECK(!match_path("", "/"));
    CHECK(!match_path("/v1", "v1"));
}

TEST_CASE("a parameter takes one segment, not empty", "[http]") {
    CHECK(match_path("/v1/jobs/{job}/release", "/v1/jobs/a b/release") == PathParameters{{"job", "a b"}});
    CHECK(match_path("/{a}/{b}", "/1/2") == PathParameters{{"a", "1"}, {"b", "2"}});
    CHECK(!match_path("/v1/jobs/{job}", "/v1/jobs/"));
    CHECK(!match_path("/v1/jobs/{job}", "/v1/jobs"));
    CHECK(!match_path("/v1/jobs/{job}", "/v1/jobs/1/2"));
    CHECK(!match_path("/v1/jobs/{job}/release", "/v1/jobs//release"));
}

TEST_CASE("a last parameter with dots takes all that is left", "[http]") {
    CHECK(match_path("/log/{rest...}", "/log/tile/0/x001/067") == PathParameters{{"rest", "tile/0/x001/067"}});
    CHECK(!match_path("/log/{rest...}", "/log/"));
    CHECK(!match_path("/log/{rest...}", "/log"));
}
