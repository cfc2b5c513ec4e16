// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/foreign_password_hash.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::crypto;
using namespace std::string_view_literals;

TEST_CASE("PBKDF2 of RFC 7914, section 11", "[crypto]") {
    std::array<std::byte, 64> out{};
    REQUIRE(pbkdf2_sha256(out, as_bytes("passwd"), as_bytes("salt"), 1));
    CHECK(to_hex(out) ==
          "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
          "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

TEST_CASE("bcrypt's base64 is its own", "[crypto]") {
    CHECK(to_bcrypt_base64(as_bytes("")).empty());
    CHECK(to_bcrypt_base64(std::array{std::byte{0}, std::byte{0xff}}) == ".N6");
    for (const std::string_view text : {"./AB"sv, ".N6"sv, "CCCCCCCCCCCCCCCCCCCCC."sv}) {
        const auto bytes = from_bcrypt_base64(text);
        REQUIRE(bytes);
        CHECK(to_bcrypt_base64(*bytes) == text);
    }
    CHECK(from_bcrypt_base64("CCCCCCCCCCCCCCCCCCCCC/").error().code == Errc::not_canonical);
    CHECK(from_bcrypt_base64("AAAA+AAA").error().code == Errc::malformed);
    CHECK(from_bcrypt_base64("AAA=").error().code == Errc::malformed);
    CHECK(from_bcrypt_base64("A").error().code == Errc::malformed);
}

TEST_CASE("bcrypt and PBKDF2 refuse what they can't do", "[crypto]") {
    std::array<std::byte, bcrypt_hash_bytes> out{};
    const std::array<std::byte, bcrypt_salt_bytes> salt{};
    CHECK(bcrypt(out, as_bytes("x"), salt, 3).error().code == Errc::weak_parameters);
    CHECK(bcrypt(out, as_bytes("x"), salt, 19).error().code == Errc::weak_parameters);
    CHECK(bcrypt(out, as_bytes("a\0a"sv), salt, 4).error().code == Errc::invalid_argument);
    REQUIRE(bcrypt(out, as_bytes(""), salt, 4));
    CHECK(pbkdf2_sha512(out, as_bytes("x"), salt, 0).error().code == Errc::weak_parameters);
    CHECK(pbkdf2_sha512({}, as_bytes("x"), salt, 1).error().code == Errc::invalid_argument);
}
