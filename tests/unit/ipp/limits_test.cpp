// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/limits.hpp>

#include <catch2/catch_test_macros.hpp>

#include <safeq/ipp/value.hpp>

using namespace safeq::ipp;

TEST_CASE("the standard limits let every syntax have its longest value") {
    for (int tag = 0; tag < 256; ++tag)
        if (const auto syntax = value_tag(static_cast<std::uint8_t>(tag)))
            CHECK(max_length(*syntax) <= Limits::standard().value_bytes);
}
