// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/intakes.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

namespace {

const std::string first = "01890000-0000-7000-8000-000000000001";
const std::string second = "01890000-0000-7000-8000-000000000002";

std::string line(const std::string& instance, std::uint8_t key) {
    return instance + " " + to_base64(Bytes(32, std::byte{key})) + "\n";
}

std::byte key_of(spool::IntakeTable& table, const std::string& instance) {
    const auto key = table.verifying_key(*InstanceId::parse(instance));
    REQUIRE(key);
    return key->bytes.front();
}

}  // namespace

TEST_CASE("a list names intakes and their keys", "[intakes]") {
    spool::IntakeTable table;
    REQUIRE(table.read(line(first, 1) + "\n" + line(second, 2)));
    CHECK(key_of(table, first) == std::byte{1});
    CHECK(key_of(table, second) == std::byte{2});
    // The end of the last line may be missing; a later key counts.
    std::string again = line(first, 3);
    again.pop_back();
    REQUIRE(table.read(again));
    CHECK(key_of(table, first) == std::byte{3});
    REQUIRE(table.read(""));
}

TEST_CASE("a table takes another's place at once", "[intakes]") {
    spool::IntakeTable table, fresh;
    REQUIRE(table.read(line(first, 1)));
    REQUIRE(fresh.read(line(second, 2)));
    table.become(fresh);
    CHECK(key_of(table, second) == std::byte{2});
    CHECK(table.verifying_key(*InstanceId::parse(first)).error().code == Errc::key_unknown);
    CHECK(key_of(fresh, second) == std::byte{2});
}

TEST_CASE("a list that isn't one is refused, with the line", "[intakes]") {
    const auto refused_at = [](const std::string& list) {
        spool::IntakeTable table;
        const auto read = table.read(list);
        return !read && read.error().code == Errc::malformed ? read.error().where : "";
    };
    CHECK(refused_at(line(first, 1) + "x\n") == "line 2");
    CHECK(refused_at(first) == "line 1");
    CHECK(refused_at(first + " ") == "line 1");
    CHECK(refused_at(" " + line(first, 1)) == "line 1");
    CHECK(refused_at(first + "  " + to_base64(Bytes(32))) == "line 1");
    CHECK(refused_at(first + " " + to_base64(Bytes(31))) == "line 1");
    CHECK(refused_at(first + " " + to_base64(Bytes(32)) + "\r\n") == "line 1");
    CHECK(refused_at("\n\n" + second + "\n") == "line 3");
}
