// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paseto.hpp>

#include "support/fixed_random.hpp"
#include "vectors/token/vectors.hpp"

using namespace safeq;
using namespace safeq::token;
using nlohmann::json;
using test::hex;
using test::must_fail;
using test::text;

namespace {

void run_local(const json& vector) {
    const auto key = LocalKey::from(hex(vector.at("key")));
    REQUIRE(key);
    const std::string implicit = text(vector, "implicit-assertion");
    const auto token = Paseto::parse(text(vector, "token"), paseto_limits_2026);
    if (must_fail(vector)) {
        CHECK_FALSE((token && open_paseto(*key, *token, {as_bytes(implicit)})));
        return;
    }
    REQUIRE(token);
    CHECK(token->form() == PasetoForm::v4_local);
    CHECK(token->text() == text(vector, "token"));
    CHECK(as_text(token->unverified_footer()) == text(vector, "footer"));
    const auto opened = open_paseto(*key, *token, {as_bytes(implicit)});
    REQUIRE(opened);
    CHECK(as_text(opened->expose()) == text(vector, "payload"));
    CHECK_FALSE(open_paseto(*key, *token, {as_bytes(implicit + " ")}));

    test::FixedRandom nonce{hex(vector.at("nonce"))};
    CHECK(seal_paseto(*key, nonce, {as_bytes(text(vector, "payload"))}, {as_bytes(text(vector, "footer"))},
                      {as_bytes(implicit)}) == text(vector, "token"));
}

void run_public(const json& vector) {
    auto seed = crypto::SigningSeed::from(hex(vector.at("secret-key-seed")));
    REQUIRE(seed);
    const auto key = crypto::SigningKey::from_seed(*std::move(seed));
    CHECK(to_hex(key.verifying_key().bytes) == text(vector, "public-key"));
    const std::string implicit = text(vector, "implicit-assertion");
    const auto token = Paseto::parse(text(vector, "token"), paseto_limits_2026);
    if (must_fail(vector)) {
        CHECK_FALSE((token && verify_paseto(key.verifying_key(), *token, {as_bytes(implicit)})));
        return;
    }
    REQUIRE(token);
    CHECK(token->form() == PasetoForm::v4_public);
    CHECK(token->text() == text(vector, "token"));
    CHECK(as_text(token->unverified_footer()) == text(vector, "footer"));
    const auto verified = verify_paseto(key.verifying_key(), *token, {as_bytes(implicit)});
    REQUIRE(verified);
    CHECK(as_text(*verified) == text(vector, "payload"));
    CHECK_FALSE(verify_paseto(key.verifying_key(), *token, {as_bytes(implicit + " ")}));
    CHECK(sign_paseto(key, {as_bytes(text(vector, "payload"))}, {as_bytes(text(vector, "footer"))},
                      {as_bytes(implicit)}) == text(vector, "token"));
}

}  // namespace

TEST_CASE("PASETO v4", "[token]") {
    int local = 0;
    int signed_ones = 0;
    const auto ran = test::each_paseto_vector("v4.json", [&](const json& vector) {
        if (vector.contains("key")) {
            run_local(vector);
            ++local;
        } else {
            run_public(vector);
            ++signed_ones;
        }
    });
    CHECK(ran == test::Ran{.good = 12, .failing = 5});
    CHECK(local == 13);
    CHECK(signed_ones == 4);
}
