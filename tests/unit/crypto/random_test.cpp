// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/random.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

TEST_CASE("the system's randomness fills all that it is given and never repeats", "[crypto]") {
    crypto::SystemRandom random;
    std::set<std::array<std::byte, 16>> seen;
    std::array<bool, 16> touched{};
    for (int i = 0; i < 256; ++i) {
        std::array<std::byte, 16> bytes{};
        random.fill(bytes);
        seen.insert(bytes);
        for (std::size_t at = 0; at < bytes.size(); ++at) touched[at] = touched[at] || bytes[at] != std::byte{0};
    }
    CHECK(seen.size() == 256);
    CHECK(std::ranges::all_of(touched, [](bool t) { return t; }));
    random.fill({});
}
