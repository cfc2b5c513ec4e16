// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hash.hpp>

#include <stdexcept>

#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using nlohmann::json;
using test::hex;
using test::is_valid;

TEST_CASE("Wycheproof HKDF-SHA-256", "[crypto]") {
    const auto count = test::each_vector("hkdf_sha256_test.json", [](const json&, const json& vector) {
        Bytes out(vector.at("size").get<std::size_t>());
        const Bytes secret = hex(vector.at("ikm"));
        const Bytes salt = hex(vector.at("salt"));
        const Bytes info = hex(vector.at("info"));
        if (is_valid(vector)) {
            hkdf_sha256(out, secret, Salt{salt}, Info{info});
            CHECK(out == hex(vector.at("okm")));
        } else {
            CHECK_THROWS_AS(hkdf_sha256(out, secret, Salt{salt}, Info{info}), std::invalid_argument);
        }
    });
    CHECK(count == test::Count{.valid = 83, .invalid = 3, .acceptable = 0});
}

TEST_CASE("Wycheproof HMAC-SHA-256, whole and halved tags", "[crypto]") {
    const auto count = test::each_vector("hmac_sha256_test.json", [](const json& group, const json& vector) {
        const Bytes key = hex(vector.at("key"));
        const Bytes message = hex(vector.at("msg"));
        const Bytes expected = hex(vector.at("tag"));
        REQUIRE(expected.size() == group.at("tagSize").get<std::size_t>() / 8);
        const auto tag = hmac_sha256(ByteView{key}, {message});
        CHECK(equal(ByteView{tag}.first(expected.size()), expected) == is_valid(vector));
        const std::size_t half = message.size() / 2;
        CHECK(tag == hmac_sha256(ByteView{key}, {ByteView{message}.first(half), ByteView{message}.subspan(half)}));
    });
    CHECK(count == test::Count{.valid = 66, .invalid = 108, .acceptable = 0});
}
