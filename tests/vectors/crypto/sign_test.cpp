// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/sign.hpp>

#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using nlohmann::json;
using test::hex;
using test::is_valid;

TEST_CASE("Wycheproof Ed25519", "[crypto]") {
    const auto count = test::each_vector("ed25519_test.json", [](const json& group, const json& vector) {
        const auto key = VerifyingKey::from(hex(group.at("publicKey").at("pk")));
        REQUIRE(key);
        const auto result = key->verify(hex(vector.at("msg")), hex(vector.at("sig")));
        CHECK(result.has_value() == is_valid(vector));
        if (!result) CHECK(result.error().code == Errc::signature_invalid);
    });
    CHECK(count == test::Count{.valid = 88, .invalid = 63, .acceptable = 0});
}
