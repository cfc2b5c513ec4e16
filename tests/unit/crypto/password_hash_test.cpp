// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/password_hash.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;

TEST_CASE("Argon2id of RFC 9106, section 5.3", "[crypto]") {
    const Bytes password(32, std::byte{1});
    const Bytes salt(16, std::byte{2});
    const Bytes secret(8, std::byte{3});
    const Bytes associated(12, std::byte{4});
    std::array<std::byte, 32> tag;
    REQUIRE(argon2id(tag, password, Salt{salt}, {.memory_kib = 32, .passes = 3, .lanes = 4}, secret, associated));
    CHECK(to_hex(tag) == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST_CASE("every input of Argon2id counts", "[crypto]") {
    const Argon2Cost cost{.memory_kib = 64, .passes = 1, .lanes = 1};
    const auto hash = [](std::string_view password, std::string_view salt, const Argon2Cost& with,
                         std::string_view secret = {}, std::string_view associated = {}) {
        std::array<std::byte, 16> out{};
        REQUIRE(argon2id(out, as_bytes(password), Salt{as_bytes(salt)}, with, as_bytes(secret), as_bytes(associated)));
        return to_hex(out);
    };
    const std::string base = hash("password", "somesaltsomesalt", cost);
    CHECK(hash("password", "somesaltsomesalt", cost) == base);
    CHECK(hash("passwore", "somesaltsomesalt", cost) != base);
    CHECK(hash("", "somesaltsomesalt", cost) != base);
    CHECK(hash("password", "somesaltsomesalu", cost) != base);
    CHECK(hash("password", "somesaltsomesalt", {.memory_kib = 128, .passes = 1, .lanes = 1}) != base);
    CHECK(hash("password", "somesaltsomesalt", {.memory_kib = 64, .passes = 2, .lanes = 1}) != base);
    CHECK(hash("password", "somesaltsomesalt", {.memory_kib = 64, .passes = 1, .lanes = 2}) != base);
    CHECK(hash("password", "somesaltsomesalt", cost, "pepper") != base);
    CHECK(hash("password", "somesaltsomesalt", cost, "", "pepper") != base);
    CHECK(hash("password", "somesaltsomesalt", cost, "pepper") !=
          hash("password", "somesaltsomesalt", cost, "", "pepper"));
}

TEST_CASE("costs that RFC 9106 forbids are refused", "[crypto]") {
    std::array<std::byte, 16> out{};
    const auto code = [&](const Argon2Cost& cost) {
        const auto result = argon2id(out, as_bytes("p"), Salt{as_bytes("somesalt")}, cost);
        REQUIRE_FALSE(result);
        return result.error().code;
    };
    CHECK(code({.memory_kib = 64, .passes = 0, .lanes = 1}) == Errc::weak_parameters);
    CHECK(code({.memory_kib = 64, .passes = 1, .lanes = 0}) == Errc::weak_parameters);
    CHECK(code({.memory_kib = 7, .passes = 1, .lanes = 1}) == Errc::weak_parameters);
    CHECK(code({.memory_kib = 31, .passes = 1, .lanes = 4}) == Errc::weak_parameters);
    CHECK(code({.memory_kib = 0xffff'ffff, .passes = 1, .lanes = 1}) == Errc::weak_parameters);
    // Eight times this many lanes is 0 in 32 bits.
    CHECK(code({.memory_kib = 64, .passes = 1, .lanes = 0x2000'0000}) == Errc::weak_parameters);
    std::array<std::byte, 3> too_short;
    CHECK(argon2id(too_short, as_bytes("p"), Salt{as_bytes("somesalt")}, {.memory_kib = 64, .passes = 1, .lanes = 1})
              .error()
              .code == Errc::invalid_argument);
}
