// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>
#include <safeq/crypto/hash.hpp>

using namespace safeq;

TEST_CASE("HKDF-Expand with SHA-512 agrees with an independent computation, at every length") {
    // HMAC-SHA-512 chained by RFC 5869, section 2.3, with Python's hmac module.
    const auto want = from_hex(
        "b3d7166b9c3c7f3a31e3b1e640c0dba2b438a606335ccf21b91e004c5403743f50841da0bf939e1ce22c1bb71a1496e78a9f"
        "f1cf5d11ea72045f702e96c94f140f5126d9fca9f35b5f464a13c859ed05760e2b044eeab1e23f57b434e5a28015b1b55b7e"
        "0c3d66865897ed19df4ffd265a1829a0db0852187d356c19489b139cd9d9cfc725f22dbebc1c51be58d4ed7e953780c8de2e");
    REQUIRE(want);
    Bytes key(32);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
    for (const std::size_t n : {1UZ, 63UZ, 64UZ, 65UZ, 76UZ, 128UZ, 129UZ, 150UZ}) {
        Bytes out(n);
        crypto::hkdf_expand_sha512(out, key, {as_bytes("safeq"), {}, as_bytes(" hkdf")});
        CHECK(same_bytes(out, ByteView{*want}.first(n)));
    }
    Bytes none;
    CHECK_THROWS(crypto::hkdf_expand_sha512(none, key, {}));
    Bytes most(255 * 64);
    CHECK_NOTHROW(crypto::hkdf_expand_sha512(most, key, {}));
    Bytes more(255 * 64 + 1);
    CHECK_THROWS(crypto::hkdf_expand_sha512(more, key, {}));
}
