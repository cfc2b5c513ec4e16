// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/jwt.hpp>

#include <algorithm>
#include <array>

#include <safeq/core/text.hpp>

#include "core/json.hpp"

namespace safeq::token {
namespace {

using crypto::ForeignScheme;

constexpr const char* where = "JWT";
constexpr std::size_t max_key_id_bytes = 256;
constexpr std::size_t max_type_bytes = 64;
constexpr std::string_view media_type = "application/";

struct Row {
    std::string_view name;
    ForeignScheme scheme;
};
// Of two names for one scheme the first is what we write.
constexpr std::array algorithms = {
    Row{"EdDSA", ForeignScheme::ed25519},           Row{"Ed25519", ForeignScheme::ed25519},
    Row{"ES256", ForeignScheme::ecdsa_p256_sha256}, Row{"ES384", ForeignScheme::ecdsa_p384_sha384},
    Row{"ES512", ForeignScheme::ecdsa_p521_sha512}, Row{"PS256", ForeignScheme::rsa_pss_sha256},
    Row{"PS384", ForeignScheme::rsa_pss_sha384},    Row{"PS512", ForeignScheme::rsa_pss_sha512},
    Row{"RS256", ForeignScheme::rsa_pkcs1_sha256},  Row{"RS384", ForeignScheme::rsa_pkcs1_sha384},
    Row{"RS512", ForeignScheme::rsa_pkcs1_sha512},
};

struct Parts {
    std::string_view head, payload, signature;
    std::string_view signed_text;  // RFC 7515, section 5.1: head and payload with the dot between them
};

Result<Parts> split(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return fail(Errc::malformed, where, "not three parts");
    return Parts{.head = token.substr(0, first),
                 .payload = token.substr(first + 1, second - first - 1),
                 .signature = token.substr(second + 1),
                 .signed_text = token.substr(0, second)};
}

Result<const Jwk*> choose(const JwtHead& head, const JwkSet& keys) {
    const Jwk* found = nullptr;
    for (const Jwk& key : keys.keys()) {
        const bool for_it = key.scheme ? *key.scheme == head.scheme : key.key.fits(head.scheme);
        if (!for_it || (!head.key_id.empty() && key.id != head.key_id)) continue;
        if (found != nullptr) return fail(Errc::key_unknown, where, "it names no key, and several fit");
        found = &key;
    }
    if (found == nullptr) return fail(Errc::key_unknown, where, escape_for_log(head.key_id));
    return found;
}

}  // namespace

std::string_view jwt_algorithm(ForeignScheme scheme) noexcept {
    return std::ranges::find(algorithms, scheme, &Row::scheme)->name;
}

std::optional<ForeignScheme> jwt_scheme(std::string_view algorithm) noexcept {
    const auto* row = std::ranges::find(algorithms, algorithm, &Row::name);
    if (row == algorithms.end()) return std::nullopt;
    return row->scheme;
}

Result<JwtHead> JwtHead::parse(std::string_view json) {
    SAFEQ_TRY(const JsonReader members, JsonReader::parse(json, max_bytes, "JWT head"));
    if (members.has("crit")) return fail(Errc::unsupported, "JWT head.crit", "no extension is understood");
    SAFEQ_TRY(const std::string algorithm, members.text("alg", 16));
    const auto scheme = jwt_scheme(algorithm);
    if (!scheme) return fail(Errc::unsupported, "JWT head.alg", escape_for_log(algorithm));
    JwtHead head{.scheme = *scheme, .key_id = {}, .type = {}};
    if (members.has("kid")) {
        SAFEQ_TRY(head.key_id, members.text("kid", max_key_id_bytes));
        if (head.key_id.empty()) return fail(Errc::malformed, "JWT head.kid", "empty");
        SAFEQ_TRY_VOID(check_name(head.key_id, max_key_id_bytes, "JWT head.kid"));
    }
    if (members.has("typ")) {
        SAFEQ_TRY(const std::string type, members.text("typ", max_type_bytes));
        SAFEQ_TRY_VOID(check_name(type, max_type_bytes, "JWT head.typ"));
        head.type = ascii_lower(type);
        if (head.type.starts_with(media_type)) head.type.erase(0, media_type.size());
    }
    return head;
}

Result<VerifiedJwt> verify_jwt(std::string_view token, const JwkSet& keys, std::span<const ForeignScheme> allowed) {
    if (token.size() > max_jwt_bytes) return fail(Errc::too_large, where);
    SAFEQ_TRY(const Parts parts, split(token));
    SAFEQ_TRY(const Bytes head_json, from_base64url(parts.head));
    SAFEQ_TRY(const Bytes payload, from_base64url(parts.payload));
    SAFEQ_TRY(const Bytes signature, from_base64url(parts.signature));
    SAFEQ_TRY(JwtHead head, JwtHead::parse(as_text(head_json)));
    if (std::ranges::find(allowed, head.scheme) == allowed.end())
        return fail(Errc::unsupported, where, "an algorithm that is not allowed here");
    SAFEQ_TRY(const Jwk* key, choose(head, keys));
    SAFEQ_TRY_VOID(key->key.verify(head.scheme, as_bytes(parts.signed_text), signature));
    return VerifiedJwt{.head = std::move(head), .payload = std::string{as_text(payload)}};
}

}  // namespace safeq::token
