// SPDX-License-Identifier: Apache-2.0
// What a probe says first; probe_test.cpp reads what it is answered.
#include <safeq/tls/probe.hpp>

#include <algorithm>

#include "fixture.hpp"
#include "hello_bytes.hpp"
#include "support/fixed_random.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::ProbeHello;

TEST_CASE("a greeting is written as the protocol has it", "[tls][probe]") {
    const Bytes nothing(96);
    FixedRandom random{nothing, nothing};
    const Bytes old = must(tls::probe_hello({.version = 0x0300, .suites = {0x0005}}, random));
    const std::string zeros(64, '0');
    CHECK(to_hex(old) ==
          "160300002f"
          "0100002b"
          "0300" +
              zeros +
              "00"
              "0004000500ff"
              "0100");

    const Bytes newest_hello = must(tls::probe_hello(
        {.version = 0x0304, .suites = {0x1301}, .groups = {0x001d, 0x11ec}, .server_name = "mfd"}, random));
    const std::string hex = to_hex(newest_hello);
    CHECK(hex.starts_with("160301"));
    CHECK(hex.substr(18, 4) == "0303");
    CHECK(hex.contains("0000000800060000036d6664"));  // server_name
    CHECK(hex.contains("000a00060004001d11ec"));      // supported_groups
    CHECK(hex.contains("002b0003020304"));            // supported_versions: 1.3 alone
    CHECK(
        hex.ends_with("002d00020101"
                      "003300020000"));  // an empty list of key shares
    CHECK_FALSE(hex.contains("ff01000100"));

    // Signed with anything, MD5 included, unless something is asked for.
    CHECK(hex.contains("000d002c002a0403"));
    CHECK(
        hex.contains("020102030202"
                     "0101"));
    SeededRandom seeded{1};
    const std::string picky = to_hex(must(tls::probe_hello({.suites = {0xc02f}, .schemes = {0x0804, 0x0401}}, seeded)));
    CHECK(picky.contains("000d0006000408040401"));
    CHECK(picky.contains("ff01000100"));

    const std::string both = to_hex(must(tls::probe_hello(
        {.version = 0x0304, .tls12_too = true, .suites = {0x1301, 0xc02f}, .compression = true}, random)));
    CHECK(both.contains("002b00050403040303"));
    CHECK(both.contains("ff01000100"));
    CHECK(
        both.contains("0004"
                      "1301c02f"
                      "020100"));
}

namespace {

void covers_the_rest(ByteReader& in) {
    const std::size_t length = must(in.u16(""));
    CHECK(length == in.remaining());
}

}  // namespace

TEST_CASE("every length in a greeting is right", "[tls][probe]") {
    SeededRandom random{7};
    for (std::uint16_t version = 0x0300; version <= 0x0304; ++version) {
        const Bytes bytes = must(tls::probe_hello({.version = version,
                                                   .suites = std::vector<std::uint16_t>(256, 0x1301),
                                                   .groups = std::vector<std::uint16_t>(64, 0x001d),
                                                   .schemes = std::vector<std::uint16_t>(64, 0x0804),
                                                   .server_name = std::string(253, 'a')},
                                                  random));
        ByteReader in{bytes};
        CHECK(must(in.u8("")) == 22);
        CHECK(must(in.u16("")) == (version == 0x0300 ? 0x0300 : 0x0301));
        covers_the_rest(in);
        CHECK(must(in.u16("")) == 0x0100);
        covers_the_rest(in);
        static_cast<void>(must(in.take(34, "")));
        static_cast<void>(must(in.take(must(in.u8("")), "")));
        CHECK(must(in.u16("")) == (version == 0x0300 ? 514 : 512));
        static_cast<void>(must(in.take(version == 0x0300 ? 514 : 512, "")));
        static_cast<void>(must(in.take(must(in.u8("")), "")));
        if (version == 0x0300) {
            CHECK(in.done());
            continue;
        }
        covers_the_rest(in);
        while (!in.done()) {
            static_cast<void>(must(in.u16("")));
            static_cast<void>(must(in.take(must(in.u16("")), "")));
        }
    }
}

TEST_CASE("a greeting that makes no sense is not written", "[tls][probe]") {
    SeededRandom random{1};
    const auto code = [&](const ProbeHello& hello) { return tls::probe_hello(hello, random).error().code; };
    CHECK(code({.version = 0x0305, .suites = {1}}) == Errc::invalid_argument);
    CHECK(code({.version = 0x0200, .suites = {1}}) == Errc::invalid_argument);
    CHECK(code({}) == Errc::invalid_argument);
    CHECK(code({.suites = {1}, .server_name = std::string(254, 'a')}) == Errc::invalid_argument);
    CHECK(code({.suites = std::vector<std::uint16_t>(257)}) == Errc::too_many);
    CHECK(code({.suites = {1}, .groups = std::vector<std::uint16_t>(65)}) == Errc::too_many);
    CHECK(code({.suites = {1}, .schemes = std::vector<std::uint16_t>(65)}) == Errc::too_many);
}
