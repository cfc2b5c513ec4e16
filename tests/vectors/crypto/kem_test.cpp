// SPDX-License-Identifier: Apache-2.0
// The two halves of X-Wing behind the seam, and X-Wing itself.
#include "crypto/ml_kem.hpp"
#include "crypto/x25519.hpp"

#include <algorithm>

#include <safeq/crypto/hpke.hpp>

#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using nlohmann::json;
using test::hex;
using test::hex_array;
using test::is_valid;

TEST_CASE("Wycheproof X25519", "[crypto]") {
    int zero_secrets = 0;
    const auto count = test::each_vector("x25519_test.json", [&](const json&, const json& vector) {
        const X25519Key key{X25519Scalar::copy_of(hex_array<32>(vector.at("private")))};
        const X25519Shared shared = key.agree(hex_array<32>(vector.at("public")));
        CHECK(to_hex(shared.expose()) == vector.at("shared").get<std::string>());
        zero_secrets += std::ranges::all_of(shared.expose(), [](std::byte b) { return b == std::byte{0}; }) ? 1 : 0;
    });
    CHECK(count == test::Count{.valid = 264, .invalid = 0, .acceptable = 254});
    CHECK(zero_secrets == 31);
}

TEST_CASE("Wycheproof ML-KEM-768", "[crypto]") {
    int wrong_seed = 0;
    int wrong_ciphertext = 0;
    const auto count = test::each_vector("mlkem_768_test.json", [&](const json&, const json& vector) {
        const auto seed = MlKemSeed::from(hex(vector.at("seed")));
        const Bytes ciphertext = hex(vector.at("c"));
        if (!is_valid(vector)) {
            // Both are types of their exact size, so what is wrong with these vectors ends here.
            if (!seed) wrong_seed += seed.error().code == Errc::key_invalid ? 1 : 0;
            else wrong_ciphertext += ciphertext.size() != ml_kem_ciphertext_bytes ? 1 : 0;
            return;
        }
        REQUIRE(seed);
        const MlKemKey key{*seed};
        CHECK(to_hex(key.public_key()) == vector.at("ek").get<std::string>());
        const MlKemShared shared = key.decapsulate(hex_array<ml_kem_ciphertext_bytes>(vector.at("c")));
        CHECK(to_hex(shared.expose()) == vector.at("K").get<std::string>());

        const auto made = ml_kem_encapsulate(key.public_key(), MlKemMessage::copy_of(seed->expose().first<32>()));
        REQUIRE(made);
        const MlKemShared back = key.decapsulate(made->ciphertext);
        CHECK(equal(back.expose(), made->secret.expose()));
    });
    CHECK(count == test::Count{.valid = 153, .invalid = 40, .acceptable = 0});
    CHECK(wrong_seed == 20);
    CHECK(wrong_ciphertext == 20);
}

TEST_CASE("X-Wing, the draft's vectors", "[crypto]") {
    const json vectors = test::read_json("xwing/test-vectors.json");
    int ran = 0;
    for (const json& vector : vectors) {
        CAPTURE(ran);
        const auto key = XwingPrivateKey::from_seed(XwingSeed::copy_of(hex_array<32>(vector.at("seed"))));
        CHECK(to_hex(key.seed().expose()) == vector.at("sk").get<std::string>());
        CHECK(to_hex(key.public_key()) == vector.at("pk").get<std::string>());

        const auto made = unsafe_xwing_encapsulate_deterministic(key.public_key(), hex(vector.at("eseed")));
        REQUIRE(made);
        CHECK(to_hex(made->ciphertext) == vector.at("ct").get<std::string>());
        CHECK(to_hex(made->secret.expose()) == vector.at("ss").get<std::string>());

        const SharedSecret decapsulated = key.decapsulate(hex_array<xwing_ciphertext_bytes>(vector.at("ct")));
        CHECK(to_hex(decapsulated.expose()) == vector.at("ss").get<std::string>());
        ++ran;
    }
    CHECK(ran == 3);
}
