// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/jwk.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/token/jwt.hpp>

#include "core/json.hpp"

namespace safeq::token {
namespace {

constexpr std::size_t max_number_bytes = 1500;  // base64url of a modulus of 8192 bits
constexpr std::size_t max_id_bytes = 256;
constexpr std::size_t max_word_bytes = 32;

Result<Bytes> number(const JsonReader& key, const char* name) {
    SAFEQ_TRY(const std::string text, key.text(name, max_number_bytes));
    return from_base64url(text);
}

Result<crypto::ForeignKey> elliptic(const JsonReader& key) {
    SAFEQ_TRY(const std::string curve, key.text("crv", max_word_bytes));
    SAFEQ_TRY(const Bytes x, number(key, "x"));
    SAFEQ_TRY(const Bytes y, number(key, "y"));
    if (curve == "P-256") return crypto::ForeignKey::ecdsa(crypto::ForeignCurve::p256, x, y);
    if (curve == "P-384") return crypto::ForeignKey::ecdsa(crypto::ForeignCurve::p384, x, y);
    if (curve == "P-521") return crypto::ForeignKey::ecdsa(crypto::ForeignCurve::p521, x, y);
    return fail(Errc::unsupported, "JWK.crv", escape_for_log(curve));
}

Result<crypto::ForeignKey> material(const JsonReader& key) {
    SAFEQ_TRY(const std::string kind, key.text("kty", max_word_bytes));
    if (kind == "RSA") {
        SAFEQ_TRY(const Bytes modulus, number(key, "n"));
        SAFEQ_TRY(const Bytes exponent, number(key, "e"));
        return crypto::ForeignKey::rsa(modulus, exponent);
    }
    if (kind == "EC") return elliptic(key);
    if (kind == "OKP") {
        SAFEQ_TRY(const std::string curve, key.text("crv", max_word_bytes));
        if (curve != "Ed25519") return fail(Errc::unsupported, "JWK.crv", escape_for_log(curve));
        SAFEQ_TRY(const Bytes x, number(key, "x"));
        return crypto::ForeignKey::ed25519(x);
    }
    return fail(Errc::unsupported, "JWK.kty", escape_for_log(kind));
}

Result<Jwk> read(const JsonReader& key) {
    if (key.has("use")) {
        SAFEQ_TRY(const std::string use, key.text("use", max_word_bytes));
        if (use != "sig") return fail(Errc::unsupported, "JWK.use", escape_for_log(use));
    }
    if (key.has("key_ops")) {
        SAFEQ_TRY(const auto operations, key.texts("key_ops", 8, max_word_bytes));
        if (std::ranges::find(operations, "verify") == operations.end())
            return fail(Errc::unsupported, "JWK.key_ops", "not for verifying");
    }
    std::string id;
    if (key.has("kid")) {
        SAFEQ_TRY(id, key.text("kid", max_id_bytes));
        SAFEQ_TRY_VOID(check_name(id, max_id_bytes, "JWK.kid"));
    }
    SAFEQ_TRY(crypto::ForeignKey verifying, material(key));
    std::optional<crypto::ForeignScheme> scheme;
    if (key.has("alg")) {
        SAFEQ_TRY(const std::string algorithm, key.text("alg", max_word_bytes));
        scheme = jwt_scheme(algorithm);
        if (!scheme) return fail(Errc::unsupported, "JWK.alg", escape_for_log(algorithm));
        if (!verifying.fits(*scheme)) return fail(Errc::key_invalid, "JWK.alg", "not one of this kind of key");
    }
    return Jwk{.id = std::move(id), .scheme = scheme, .key = std::move(verifying)};
}

}  // namespace

Result<JwkSet> JwkSet::parse(std::string_view json) {
    SAFEQ_TRY(const JsonReader whole, JsonReader::parse(json, max_bytes, "JWK set"));
    SAFEQ_TRY(const std::vector<JsonReader> keys, whole.objects("keys", max_keys));
    JwkSet set;
    for (const JsonReader& each : keys) {
        Result<Jwk> key = read(each);
        if (!key) {
            set.ignored_.push_back(std::move(key).error());
            continue;
        }
        if (!key->id.empty() && std::ranges::find(set.keys_, key->id, &Jwk::id) != set.keys_.end())
            return fail(Errc::duplicate, "JWK set", fmt::format("two keys of the id {}", escape_for_log(key->id)));
        set.keys_.push_back(*std::move(key));
    }
    return set;
}

}  // namespace safeq::token
