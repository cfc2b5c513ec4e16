// SPDX-License-Identifier: Apache-2.0
#include "crypto/seam.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::crypto;

TEST_CASE("want of memory is never taken for a wrong key", "[crypto]") {
    const auto result = at_seam("unwrap", Errc::authentication_failed, []() -> Result<int> { throw std::bad_alloc{}; });
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::out_of_memory);
    CHECK_THROWS_AS(never_fails("hash", [] { throw std::bad_alloc{}; }), std::bad_alloc);
}

TEST_CASE("the backend's exceptions stop at the seam", "[crypto]") {
    const auto result =
        at_seam("unwrap", Errc::authentication_failed, []() -> Result<int> { throw std::runtime_error{"tag"}; });
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::authentication_failed);
    CHECK(result.error().where == "unwrap");
    CHECK(result.error().detail == "tag");
    CHECK(at_seam("unwrap", Errc::crypto_failed, []() -> Result<int> { return 7; }) == 7);
    CHECK_THROWS_AS(never_fails("hash", [] { throw std::runtime_error{"impossible"}; }), std::logic_error);
    CHECK_THROWS_AS(require(false, "a promise"), std::invalid_argument);
    CHECK_NOTHROW(require(true, "a promise"));
}
