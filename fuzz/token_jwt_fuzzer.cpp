// SPDX-License-Identifier: Apache-2.0
// Under test: token::JwtHead::parse, token::JwkSet::parse, token::verify_jwt (over both).
// Property: a head that is taken, written again with its members alone, is read as the same; a set of keys is within
// its bounds; no token but the good one itself is verified by the provider's keys, nor by keys from the input.
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include <safeq/crypto/sign.hpp>
#include <safeq/token/jwt.hpp>

#include "../tests/support/random.hpp"

using namespace safeq;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

constexpr std::array all_schemes = {crypto::ForeignScheme::ed25519, crypto::ForeignScheme::ecdsa_p256_sha256,
                                    crypto::ForeignScheme::rsa_pss_sha256, crypto::ForeignScheme::rsa_pkcs1_sha256};

/// A provider whose key no input has, and the one token that it has signed.
struct Provider {
    token::JwkSet keys;
    std::string good;

    Provider() {
        test::SeededRandom random;
        const auto key = crypto::SigningKey::generate(random);
        keys = token::JwkSet::parse(fmt::format(R"({{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"one","x":"{}"}}]}})",
                                                to_base64url(key.verifying_key().bytes)))
                   .value();
        const std::string text = to_base64url(as_bytes(R"({"alg":"EdDSA","kid":"one","typ":"JWT"})")) + '.' +
                                 to_base64url(as_bytes(R"({"iss":"https://id.example","sub":"alice"})"));
        good = text + '.' + to_base64url(key.sign(as_bytes(text)));
        require(token::verify_jwt(good, keys, all_schemes).has_value());
    }
};

// In JSON, what has no control characters needs two escapes only.
std::string quoted(std::string_view text) {
    std::string out{'"'};
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Provider provider;
    const std::string_view text = as_text(std::as_bytes(std::span{data, size}));

    if (const auto head = token::JwtHead::parse(text)) {
        std::string again = R"({"alg":)" + quoted(token::jwt_algorithm(head->scheme));
        if (!head->key_id.empty()) again += R"(,"kid":)" + quoted(head->key_id);
        if (!head->type.empty()) again += R"(,"typ":)" + quoted("application/" + head->type);
        const auto read = token::JwtHead::parse(again + '}');
        // Only a head at the bound of its size may not fit any more.
        require(read ? *read == *head : read.error().code == Errc::too_large);
    }
    if (token::verify_jwt(text, provider.keys, all_schemes)) require(text == provider.good);
    if (const auto keys = token::JwkSet::parse(text)) {
        require(keys->keys().size() + keys->ignored().size() <= token::JwkSet::max_keys);
        require(!token::verify_jwt(provider.good, *keys, all_schemes));
    }
    return 0;
}
