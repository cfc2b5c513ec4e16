// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/foreign_key.hpp>

#include <optional>

#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using nlohmann::json;
using test::hex;
using test::is_valid;

namespace {

// The vectors' numbers are those of Java's BigInteger: a zero goes before a high bit.
Bytes number(const json& text, std::size_t bytes = 0) {
    Bytes out = hex(text);
    while (out.size() > bytes && !out.empty() && out.front() == std::byte{}) out.erase(out.begin());
    out.insert(out.begin(), out.size() < bytes ? bytes - out.size() : 0, std::byte{});
    return out;
}

// r and s as IEEE P1363 has them, of what X.690 calls DER: the vectors' way of writing them, not ours.
std::optional<Bytes> from_der(ByteView der) {
    constexpr std::byte sequence{0x30}, integer{0x02}, high{0x80};
    const auto open = [&](ByteView& in, std::byte tag) -> std::optional<ByteView> {
        if (in.size() < 2 || in[0] != tag || in[1] >= high || std::to_integer<std::size_t>(in[1]) > in.size() - 2)
            return {};
        const std::size_t size = std::to_integer<std::size_t>(in[1]);
        const ByteView body = in.subspan(2, size);
        in = in.subspan(2 + size);
        return body;
    };
    const auto both = open(der, sequence);
    if (!both || !der.empty()) return {};
    Bytes out;
    ByteView left = *both;
    for (int i = 0; i < 2; ++i) {
        auto value = open(left, integer);
        if (!value || value->empty() || value->front() >= high) return {};
        if (value->size() > 1 && value->front() == std::byte{}) {
            if ((*value)[1] < high) return {};
            *value = value->subspan(1);
        }
        if (value->size() > 32) return {};
        out.insert(out.end(), 32 - value->size(), std::byte{});
        out.insert(out.end(), value->begin(), value->end());
    }
    if (!left.empty()) return {};
    return out;
}

}  // namespace

TEST_CASE("Wycheproof RSA-PSS, 2048 bits, SHA-256", "[crypto]") {
    const auto count =
        test::each_vector("rsa_pss_2048_sha256_mgf1_32_test.json", [](const json& group, const json& vector) {
            const auto& parts = group.at("publicKey");
            const auto key = ForeignKey::rsa(number(parts.at("modulus")), number(parts.at("publicExponent")));
            REQUIRE(key);
            const auto result =
                key->verify(ForeignScheme::rsa_pss_sha256, hex(vector.at("msg")), hex(vector.at("sig")));
            CHECK(result.has_value() == (vector.at("result") != "invalid"));
        });
    CHECK(count == test::Count{.valid = 63, .invalid = 45, .acceptable = 0});
}

TEST_CASE("Wycheproof ECDSA P-256, SHA-256", "[crypto]") {
    int other_spelling = 0;
    const auto count =
        test::each_vector("ecdsa_secp256r1_sha256_test.json", [&](const json& group, const json& vector) {
            const auto& parts = group.at("publicKey");
            const auto key =
                ForeignKey::ecdsa(ForeignCurve::p256, number(parts.at("wx"), 32), number(parts.at("wy"), 32));
            REQUIRE(key);
            const auto signature = from_der(hex(vector.at("sig")));
            if (!signature) {
                CHECK_FALSE(is_valid(vector));
                ++other_spelling;
                return;
            }
            const auto result = key->verify(ForeignScheme::ecdsa_p256_sha256, hex(vector.at("msg")), *signature);
            CHECK(result.has_value() == is_valid(vector));
        });
    CHECK(other_spelling == 235);  // what they attack is the reading of DER
    CHECK(count == test::Count{.valid = 174, .invalid = 310, .acceptable = 0});
}
