// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/bytes.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

TEST_CASE("base64 follows RFC 4648, section 10", "[core]") {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> cases{{{"", ""},
                                                                                  {"f", "Zg=="},
                                                                                  {"fo", "Zm8="},
                                                                                  {"foo", "Zm9v"},
                                                                                  {"foob", "Zm9vYg=="},
                                                                                  {"fooba", "Zm9vYmE="},
                                                                                  {"foobar", "Zm9vYmFy"}}};
    for (const auto& [plain, encoded] : cases) {
        CHECK(to_base64(as_bytes(plain)) == encoded);
        const auto back = from_base64(encoded);
        REQUIRE(back);
        CHECK(as_text(*back) == plain);
    }
    CHECK(to_base64url(Bytes{std::byte{0xfb}, std::byte{0xff}}) == "-_8");
}

TEST_CASE("base64 is strict and canonical", "[core]") {
    CHECK(from_base64("Zg=").error().code == Errc::malformed);
    CHECK(from_base64("Zg").error().code == Errc::malformed);
    CHECK(from_base64("Zh==").error().code == Errc::not_canonical);
    CHECK(from_base64("Zm9v\n").error().code == Errc::malformed);
    CHECK(from_base64("=AAA").error().code == Errc::malformed);
    CHECK(from_base64("-_8=").error().code == Errc::malformed);
    CHECK(from_base64url("Zg==").error().code == Errc::malformed);
    CHECK(from_base64url("Z").error().code == Errc::malformed);
    CHECK(from_base64url("-_9").error().code == Errc::not_canonical);
}

TEST_CASE("hexadecimal round trip and refusal", "[core]") {
    const Bytes all{std::byte{0x00}, std::byte{0x7f}, std::byte{0xff}};
    CHECK(to_hex(all) == "007fff");
    CHECK(from_hex("007fFF") == all);
    CHECK(from_hex("0").error().code == Errc::malformed);
    CHECK(from_hex("0g").error().code == Errc::malformed);
}

TEST_CASE("the reader never passes the end, whatever it is asked for", "[core]") {
    const Bytes in{std::byte{1}, std::byte{2}, std::byte{3}};
    ByteReader reader{in};
    REQUIRE(reader.u16("pair") == 0x0102);
    const auto huge = reader.take(static_cast<std::size_t>(-1), "rest of the world");
    REQUIRE(!huge);
    CHECK(huge.error().code == Errc::truncated);
    CHECK(huge.error().where == "rest of the world");
    CHECK(reader.u16("pair").error().code == Errc::truncated);
    CHECK(reader.remaining() == 1);
    CHECK(reader.finish("whole").error().code == Errc::trailing_data);
    CHECK(reader.u8("last") == 3);
    CHECK(reader.finish("whole"));
    CHECK(reader.u8("none").error().code == Errc::truncated);
}

TEST_CASE("fields with lengths can't be shifted into one another", "[core]") {
    const Bytes one = ByteWriter{}.field("ab").field("c").take();
    const Bytes two = ByteWriter{}.field("a").field("bc").take();
    CHECK(one != two);
    CHECK(to_hex(ByteWriter{}.u8(1).u16(2).u32(3).u64(4).view()) == "010002000000030000000000000004");
}
