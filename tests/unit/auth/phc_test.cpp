// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/phc.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

#include <safeq/crypto/secret.hpp>

using namespace safeq;
using auth::PhcString;

namespace {

// The example of the C2SP specification: password "hunter2", secret "pepper".
const std::string example =
    "$argon2id$v=19$m=65536,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";
const std::string salt = "$gZiV/M1gPc22ElAH/Jh1Hw";
const std::string hash = "$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";

Errc refused(const std::string& text) {
    const auto parsed = PhcString::parse(text);
    REQUIRE_FALSE(parsed);
    return parsed.error().code;
}

std::string with_parameters(const std::string& parameters) { return "$argon2id$v=19$" + parameters + salt + hash; }

}  // namespace

TEST_CASE("a PHC string is read and written back", "[auth]") {
    const auto parsed = PhcString::parse(example);
    REQUIRE(parsed);
    CHECK(parsed->cost() == crypto::Argon2Cost{.memory_kib = 65536, .passes = 2, .lanes = 1});
    CHECK_FALSE(parsed->pepper());
    CHECK(parsed->salt().size() == 16);
    CHECK(parsed->hash().size() == 32);
    CHECK(parsed->text() == example);
}

TEST_CASE("the example of the specification is an Argon2id hash", "[auth]") {
    const auto parsed = PhcString::parse(example);
    REQUIRE(parsed);
    std::array<std::byte, 32> out{};
    REQUIRE(
        crypto::argon2id(out, as_bytes("hunter2"), crypto::Salt{parsed->salt()}, parsed->cost(), as_bytes("pepper")));
    CHECK(same_bytes(out, parsed->hash()));
}

TEST_CASE("a keyid of eight bytes names the pepper", "[auth]") {
    const std::string text = with_parameters("m=19456,t=2,p=1,keyid=AAECAwQFBgc");
    const auto parsed = PhcString::parse(text);
    REQUIRE(parsed);
    REQUIRE(parsed->pepper());
    CHECK(parsed->pepper()->text() == "0001020304050607");
    CHECK(parsed->text() == text);
}

TEST_CASE("the parts make the same string as its text", "[auth]") {
    const auto parsed = PhcString::parse(with_parameters("m=19456,t=2,p=1,keyid=AAECAwQFBgc"));
    REQUIRE(parsed);
    CHECK(PhcString::from(parsed->cost(), parsed->pepper(), parsed->salt(), parsed->hash()) == *parsed);
    CHECK(PhcString::from(parsed->cost(), {}, parsed->salt().first(7), parsed->hash()).error().code ==
          Errc::invalid_argument);
    CHECK(PhcString::from(parsed->cost(), {}, parsed->salt(), parsed->hash().first(11)).error().code ==
          Errc::invalid_argument);
    CHECK(PhcString::from({.memory_kib = 1024, .passes = 2, .lanes = 1}, {}, parsed->salt(), parsed->hash())
              .error()
              .code == Errc::weak_parameters);
}

TEST_CASE("costs outside the bounds are refused before use", "[auth]") {
    CHECK(PhcString::parse(with_parameters("m=19456,t=2,p=1")));
    CHECK(PhcString::parse(with_parameters("m=262144,t=16,p=16")));
    for (const char* parameters :
         {"m=19455,t=2,p=1", "m=19456,t=1,p=1", "m=19456,t=2,p=0", "m=262145,t=2,p=1", "m=19456,t=17,p=1",
          "m=19456,t=2,p=17", "m=0,t=0,p=0", "m=4294967295,t=4294967295,p=255", "m=4294967296,t=2,p=1",
          "m=99999999999999999999999,t=2,p=1"}) {
        INFO(parameters);
        CHECK(refused(with_parameters(parameters)) == Errc::weak_parameters);
    }
}

TEST_CASE("other spellings of the same hash are refused", "[auth]") {
    CHECK(refused(with_parameters("m=019456,t=2,p=1")) == Errc::not_canonical);
    CHECK(refused(with_parameters("m=19456,t=02,p=1")) == Errc::not_canonical);
    CHECK(refused(with_parameters("m=19456,t=2,p=1,keyid=")) == Errc::not_canonical);
    CHECK(refused("$argon2id$v=019$m=19456,t=2,p=1" + salt + hash) == Errc::not_canonical);
    // The last character holds bits beyond the last byte.
    CHECK(refused("$argon2id$v=19$m=19456,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hx" + hash) == Errc::not_canonical);
}

TEST_CASE("what is no PHC string of Argon2id is refused", "[auth]") {
    CHECK(refused("") == Errc::malformed);
    CHECK(refused("argon2id") == Errc::malformed);
    CHECK(refused("$") == Errc::malformed);
    CHECK(refused("$argon2id$v=19") == Errc::malformed);
    CHECK(refused("$argon2id$v=19$m=19456,t=2,p=1" + salt) == Errc::malformed);
    CHECK(refused("$argon2i$v=19$m=19456,t=2,p=1" + salt + hash) == Errc::unsupported);
    CHECK(refused("$argon2d$v=19$m=19456,t=2,p=1" + salt + hash) == Errc::unsupported);
    CHECK(refused("$2b$12$abcdefghijklmnopqrstuv") == Errc::unsupported);
    CHECK(refused("$argon2id$v=16$m=19456,t=2,p=1" + salt + hash) == Errc::unsupported);
    CHECK(refused("$argon2id$m=19456,t=2,p=1" + salt + hash) == Errc::malformed);
    CHECK(refused(with_parameters("t=2,m=19456,p=1")) == Errc::malformed);
    CHECK(refused(with_parameters("m=19456,t=2")) == Errc::malformed);
    CHECK(refused(with_parameters("m=19456,t=2,p=1,")) == Errc::malformed);
    CHECK(refused(with_parameters("m=19456,t=2,p=1,data=AAAA")) == Errc::malformed);
    CHECK(refused(with_parameters("m=19456,t=2,p=1,keyid=AAECAwQFBgc,data=AAAA")) == Errc::malformed);
    CHECK(refused(with_parameters("m=19456,t=2,p=1,keyid=AAEC")) == Errc::unsupported);
    CHECK(refused(with_parameters("m=-1,t=2,p=1")) == Errc::malformed);
    CHECK(refused(with_parameters("m=+19456,t=2,p=1")) == Errc::malformed);
    CHECK(refused(with_parameters("m= 19456,t=2,p=1")) == Errc::malformed);
    CHECK(refused(example + "=") == Errc::malformed);
    CHECK(refused(example + "$") == Errc::malformed);
    CHECK(refused(example + "\n") == Errc::malformed);
    CHECK(refused("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAA" + hash) == Errc::malformed);  // salt of 7 bytes
    CHECK(refused("$argon2id$v=19$m=19456,t=2,p=1" + salt + "$AAAAAAAAAAAAAA") == Errc::malformed);
    CHECK(refused(std::string(257, '$')) == Errc::too_large);
}

TEST_CASE("no string cut short of 12 bytes of hash is taken", "[auth]") {
    const std::size_t shortest = example.rfind('$') + 1 + PhcString::min_hash_bytes / 3 * 4;
    for (std::size_t length = 0; length < shortest; ++length)
        CHECK_FALSE(PhcString::parse(std::string_view{example}.substr(0, length)));
    CHECK(PhcString::parse(std::string_view{example}.substr(0, shortest)));
}
