// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/attribute.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq::ipp;

TEST_CASE("a group holds each name once") {
    Group group{GroupTag::job, {}};
    group.set("copies", Value::integer(1));
    group.set("sides", Value::keyword("one-sided"));
    group.set("copies", Value::integer(2));
    REQUIRE(group.attributes.size() == 2);
    CHECK(group.value("copies")->as_integer() == 2);
    CHECK(group.find("media") == nullptr);
}

TEST_CASE("the only value is given only where there is one") {
    Group group;
    group.set(keywords("k", {"a", "b"}));
    CHECK(group.find("k")->values.size() == 2);
    CHECK(group.value("k") == nullptr);
    group.set(keywords("k", {}));
    CHECK(group.value("k") == nullptr);
}

TEST_CASE("lists make values of their syntax") {
    CHECK(integers("n", {1, 2}).values.back().as_integer() == 2);
    CHECK(enumerations("n", {1, 2}).values.back().as_enumeration() == 2);
}
