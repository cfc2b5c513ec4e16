// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/foreign_hash.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::auth;
using namespace std::string_view_literals;

namespace {

struct Known {
    std::string password;
    std::string_view hash;
};

// Made by libxcrypt, and by Python's hashlib in the forms of passlib, of PHC strings and of OpenLDAP's pw-sha2; the
// first is crypt_blowfish's own.
const Known known[] = {
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"correct horse", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"},
    {"p\u00e4ssw\u00f6rd \u2603", "$2y$05$SomeSaltOf22CharactereHS5tZs1B3nqqGay0o4TejSHVJCO0Rte"},
    {std::string(72, 'x') + "tail", "$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"},
    {"", "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq"},
    {"correct horse", "{CRYPT}$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"},
    {"correct horse", "$pbkdf2-sha256$1000$././AHNhbHRzYWx0AQ$RUdlKbdSbBGtg9ey2tSbmXgelQcAu1wl9j2g55BKd0k"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "$pbkdf2-sha256$29000$AAECAwQFBgcICQoLDA0ODw$Fg2pa6B.Zso.RXxw9CEYa4NWg4TaDaO0f6h8bmVE9i0"},
    {"", "$pbkdf2-sha256$1000$OGJ5dGVzX18$aNUt0V/0Qn0zWAPXpm72F2TR3tRqPVciwnHx0Oso2xc"},
    {std::string{"a\0b"sv}, "$pbkdf2-sha256$1000$OGJ5dGVzX18$xPUnOmPL7Fpi1QRG02soySP/aKBc/7O.xMR6syVe0A8"},
    {"correct horse", "$pbkdf2-sha256$i=1000,l=32$+/+/AHNhbHRzYWx0AQ$RUdlKbdSbBGtg9ey2tSbmXgelQcAu1wl9j2g55BKd0k"},
    {"correct horse", "$pbkdf2-sha256$i=1000$+/+/AHNhbHRzYWx0AQ$RUdlKbdSbBGtg9ey2tSbmXgelQcAu1wl9j2g55BKd0k"},
    {"correct horse",
     "$pbkdf2-sha512$1000$././AHNhbHRzYWx0AQ$G8V4WBr8DP51bCS8WeaDuFSNvb1UyYmrfoQ/"
     "a0xsqzv6q9jRefuTU9NY2m3lUb7UC9TPSpsg5YlnWLqQqdKNPw"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "$pbkdf2-sha512$25000$AAECAwQFBgcICQoLDA0ODw$Z35nK4LIqy1yYE9rAy6."
     "XwmHjNoCKKbkThWCdult2oxWWUFkAkVzYWWTwiUAikDAB3RHSe08Sh7YDBm6CE.KjQ"},
    {"",
     "$pbkdf2-sha512$1000$OGJ5dGVzX18$p40yAF7uUhIUgbZsXKM3OXbl2KmMG8HN6W1rQ1Q/"
     "Gp7CZxMyChJrBqQQpnYUmNRUPbxjYh7E3HB1qPqR0xzyNA"},
    {std::string{"a\0b"sv},
     "$pbkdf2-sha512$1000$OGJ5dGVzX18$"
     "tlTkuUs2cTUbAOgT87ak2iXnYF6ORcF45HkzfFJmTOZ51wGp6VdaalcaQGkUbbWrcWrWWUi9qzKOMzlUWxaTsg"},
    {"correct horse",
     "$pbkdf2-sha512$i=1000,l=64$+/+/AHNhbHRzYWx0AQ$G8V4WBr8DP51bCS8WeaDuFSNvb1UyYmrfoQ/"
     "a0xsqzv6q9jRefuTU9NY2m3lUb7UC9TPSpsg5YlnWLqQqdKNPw"},
    {"correct horse",
     "$pbkdf2-sha512$i=1000$+/+/AHNhbHRzYWx0AQ$G8V4WBr8DP51bCS8WeaDuFSNvb1UyYmrfoQ/"
     "a0xsqzv6q9jRefuTU9NY2m3lUb7UC9TPSpsg5YlnWLqQqdKNPw"},
    {"correct horse", "{SSHA256}OKFLqUTMQyvBevwij7E7vcLmGHjxs/byP0NuCKDtDIU4c2FsdHNhbA=="},
    {"p\u00e4ssw\u00f6rd \u2603", "{SSHA256}XbzojZuS4RRZMuoD6RXVyyw985Uyi1WKCRCNdUG+K4v6+/z9"},
    {"", "{SSHA256}N0cI//dxndWXnsh11WzSKG9tPPfsMXo7JWMqqyjsN7sAAAAAAAAAAAAAAAAAAAAA"},
    {"correct horse",
     "{SSHA512}8d1tEiXk9eZqFruaCN2E8XceoRedt45FixvSzBeZnFzXF6q4CgU/1n7opcpFxxOvWTrqTiBAkBYRyV2kH5P9GThzYWx0c2Fs"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "{SSHA512}6iQ4ayVDYL7PHTNDVMqiAbAdmRqABCRvtohGx/zCmWQ8RffrVDioAc8IDMWWm1gqhIbcspuRyKCl92NJQmnNo/r7/P0="},
    {"",
     "{SSHA512}C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/"
     "JwAAAAAAAAAAAAAAAAAAAAA="},
};

Errc code(std::string_view text) {
    const auto parsed = ForeignHash::parse(text);
    REQUIRE_FALSE(parsed);
    return parsed.error().code;
}

bool matches(const ForeignHash& hash, std::string_view password) {
    const auto computed = compute_foreign(hash.function(), hash.cost(), hash.salt(), as_bytes(password));
    REQUIRE(computed);
    return crypto::equal(computed->expose(), hash.hash());
}

constexpr std::string_view bcrypt_good = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr std::string_view salt = "c2FsdHNhbHQ";
const std::string hash32(43, 'A');
const std::string hash64(86, 'A');

std::string with(std::string_view text, std::size_t at, char c) {
    std::string changed{text};
    changed[at] = c;
    return changed;
}

}  // namespace

TEST_CASE("hashes that other programs made match their passwords", "[auth]") {
    int ran = 0;
    for (const auto& [password, text] : known) {
        INFO(text);
        const auto parsed = ForeignHash::parse(text);
        REQUIRE(parsed);
        CHECK(matches(*parsed, password));
        CHECK_FALSE(matches(*parsed, "Correct horse"));
        ++ran;
    }
    CHECK(ran == 24);
}

TEST_CASE("bcrypt counts 72 bytes and takes no zero byte", "[auth]") {
    const auto parsed = ForeignHash::parse(known[3].hash);
    REQUIRE(parsed);
    CHECK(matches(*parsed, std::string(72, 'x')));
    CHECK(matches(*parsed, std::string(72, 'x') + "another tail"));
    CHECK_FALSE(matches(*parsed, std::string(71, 'x')));
    CHECK_FALSE(matches(*ForeignHash::parse(bcrypt_good), "U*U\0U*U"sv));
    CHECK_FALSE(matches(*ForeignHash::parse(bcrypt_good), "U*U\0"sv));
    CHECK(matches(*ForeignHash::parse(bcrypt_good), "U*U"));
}

TEST_CASE("other functions are refused", "[auth]") {
    for (const std::string_view text : {"", "x", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "$apr1$salt$", "$5$salt$",
                                        "$6$salt$", "{SHA}", "{SSHA}", "{CRYPT}$6$x", "{MD5}", "{ssha512}", "secret",
                                        "$pbkdf2$1000$AAAA$AAAA", "$argon2id$v=19$", "$2", "$2$05$", "{CLEARTEXT}x"})
        CHECK(code(text) == Errc::unsupported);
    CHECK(code(with(bcrypt_good, 2, 'x')) == Errc::unsupported);
    CHECK(code(std::string(257, '$')) == Errc::too_large);
}

TEST_CASE("costs and salts out of bounds are refused before any work", "[auth]") {
    for (const std::string_view cost : {"03", "15", "31", "99", "00"}) {
        std::string text{bcrypt_good};
        text.replace(4, 2, cost);
        CHECK(code(text) == Errc::weak_parameters);
    }
    for (const std::string_view cost :
         {"0", "1", "999", "2000001", "4294967295", "4294967296", "99999999999999999999"}) {
        CHECK(code("$pbkdf2-sha256$" + std::string{cost} + "$" + std::string{salt} + "$" + hash32) ==
              Errc::weak_parameters);
        CHECK(code("$pbkdf2-sha512$i=" + std::string{cost} + "$" + std::string{salt} + "$" + hash64) ==
              Errc::weak_parameters);
    }
    CHECK(code("$pbkdf2-sha256$1000$$" + hash32) == Errc::weak_parameters);
    CHECK(code("$pbkdf2-sha256$1000$c2FsdA$" + hash32) == Errc::weak_parameters);
    CHECK(code("{SSHA256}" + to_base64(Bytes(32))) == Errc::weak_parameters);
    CHECK(code("{SSHA512}" + to_base64(Bytes(64 + 3))) == Errc::weak_parameters);
    CHECK(code("{SSHA512}" + to_base64(Bytes(64 + 65))) == Errc::weak_parameters);
    CHECK(ForeignHash::parse("{SSHA512}" + to_base64(Bytes(64 + 64))));
}

TEST_CASE("broken hashes are refused", "[auth]") {
    for (std::size_t cut = 7; cut < bcrypt_good.size(); ++cut)
        CHECK(code(bcrypt_good.substr(0, cut)) == Errc::malformed);
    CHECK(code(std::string{bcrypt_good} + "W") == Errc::malformed);
    CHECK(code(with(bcrypt_good, 4, '+')) == Errc::malformed);
    CHECK(code(with(bcrypt_good, 6, '.')) == Errc::malformed);
    CHECK(code(with(bcrypt_good, 20, '=')) == Errc::malformed);
    CHECK(code(with(bcrypt_good, 28, '/')) == Errc::not_canonical);  // bits behind the salt
    CHECK(code(with(bcrypt_good, 59, 'X')) == Errc::not_canonical);  // bits behind the hash

    const auto pbkdf2 = [](std::string_view cost, std::string_view with_salt, std::string_view hash) {
        return code("$pbkdf2-sha256$" + std::string{cost} + "$" + std::string{with_salt} + "$" + std::string{hash});
    };
    CHECK(pbkdf2("01000", salt, hash32) == Errc::not_canonical);
    CHECK(pbkdf2("1000,l=32", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("i=1000,l=31", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("i=1000,", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("i=1000,l=32,l=32", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("-1000", salt, hash32) == Errc::malformed);
    CHECK(pbkdf2("1000", "c2FsdHNhbH+", hash32) == Errc::malformed);
    CHECK(pbkdf2("i=1000", "c2FsdHNhbH.", hash32) == Errc::malformed);
    CHECK(pbkdf2("1000", "c2FsdHNhbHR", hash32) == Errc::not_canonical);
    CHECK(pbkdf2("1000", salt, hash64) == Errc::malformed);
    CHECK(pbkdf2("1000", salt, hash32.substr(1)) == Errc::malformed);
    CHECK(pbkdf2("1000", salt, hash32 + "=") == Errc::malformed);
    CHECK(pbkdf2("1000", salt, hash32 + "$") == Errc::malformed);
    CHECK(code("$pbkdf2-sha256$1000$" + std::string{salt}) == Errc::malformed);
    CHECK(code("{SSHA512}" + to_base64(Bytes(63))) == Errc::malformed);
    CHECK(code("{SSHA256}not base64!") == Errc::malformed);
    CHECK(code("{SSHA256}" + to_base64(Bytes(40)) + "\n") == Errc::malformed);
}

TEST_CASE("an error never repeats the hash", "[auth]") {
    const auto parsed = ForeignHash::parse(with(bcrypt_good, 20, '='));
    REQUIRE_FALSE(parsed);
    CHECK_FALSE(parsed.error().message().contains("CCCC"));
}
