// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/network.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

TEST_CASE("an address stands for its network, whatever its form", "[core]") {
    CHECK(network_of("192.0.2.1") != network_of("192.0.2.2"));
    CHECK(network_of("192.0.2.1") == network_of("::ffff:192.0.2.1"));
    CHECK(network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9"));
    CHECK(network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1"));
    CHECK(network_of("fe80::1%eth0") == network_of("fe80::1"));
    CHECK(network_of("").empty());
    CHECK(network_of("no address") == "no address");
}
