// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/jwt.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "support/vectors.hpp"

using namespace safeq;
using nlohmann::json;

namespace {

constexpr std::array every_scheme = {
    crypto::ForeignScheme::ed25519,           crypto::ForeignScheme::ecdsa_p256_sha256,
    crypto::ForeignScheme::ecdsa_p384_sha384, crypto::ForeignScheme::ecdsa_p521_sha512,
    crypto::ForeignScheme::rsa_pss_sha256,    crypto::ForeignScheme::rsa_pss_sha384,
    crypto::ForeignScheme::rsa_pss_sha512,    crypto::ForeignScheme::rsa_pkcs1_sha256,
    crypto::ForeignScheme::rsa_pkcs1_sha384,  crypto::ForeignScheme::rsa_pkcs1_sha512,
};

struct Count {
    int valid = 0, invalid = 0, excluded = 0;
    bool operator==(const Count&) const = default;
};

// A shared secret is no key of ours; and "ES521" is no algorithm: RFC 7518, section 3.4, calls it ES512.
bool excluded(const json& key) { return key.at("kty") == "oct" || key.value("alg", "") == "ES521"; }

Count run(const char* file, const auto& keys_of) {
    Count count;
    const json whole = json::parse(test::read_vector_file(file));
    for (const json& group : whole.at("testGroups")) {
        const json keys = keys_of(group);
        const bool out = std::ranges::any_of(keys.at("keys"), excluded);
        const auto set = token::JwkSet::parse(keys.dump());
        for (const json& vector : group.at("tests")) {
            const bool valid = vector.at("result") == "valid";
            // Signed by PS384 with a key that says PS256: RFC 8725, section 3.1, wants a key to be used as it says.
            const bool another = vector.at("comment") == "Figure20";
            if (valid && (out || another)) {
                ++count.excluded;
                continue;
            }
            INFO(vector.at("tcId") << " " << vector.at("comment") << " " << vector.at("jws"));
            const auto done = set ? token::verify_jwt(vector.at("jws").get<std::string>(), *set, every_scheme)
                                  : Result<token::VerifiedJwt>{std::unexpected{set.error()}};
            INFO((done ? "verified" : done.error().message()));
            CHECK(done.has_value() == valid);
            ++(valid ? count.valid : count.invalid);
        }
    }
    return count;
}

}  // namespace

TEST_CASE("Wycheproof JSON web signatures", "[token]") {
    const auto count = run("wycheproof/json_web_signature_test.json", [](const json& group) {
        return json{{"keys", json::array({group.contains("public") ? group.at("public") : group.at("private")})}};
    });
    CHECK(count == Count{.valid = 32, .invalid = 355, .excluded = 14});
}

TEST_CASE("Wycheproof JSON web keys", "[token]") {
    const auto count = run("wycheproof/json_web_key_test.json", [](const json& group) {
        return group.contains("public") ? group.at("public") : group.at("private");
    });
    CHECK(count == Count{.valid = 1, .invalid = 21, .excluded = 4});
}
