// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/aead.hpp>

#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using nlohmann::json;
using test::hex;
using test::is_valid;

namespace {

template <class KeyType>
void run_gcm(const json& vector) {
    const auto key = KeyType::from(hex(vector.at("key")));
    REQUIRE(key);
    const auto nonce = test::hex_array<12>(vector.at("iv"));
    const Bytes associated = hex(vector.at("aad"));
    const Bytes message = hex(vector.at("msg"));
    Bytes sealed = hex(vector.at("ct"));
    const Bytes tag = hex(vector.at("tag"));
    sealed.insert(sealed.end(), tag.begin(), tag.end());

    Aead aead{*key};
    Bytes opened(message.size(), std::byte{0x55});
    const auto result = aead.open(opened, nonce, sealed, {associated});
    CHECK(result.has_value() == is_valid(vector));
    CHECK(opened == (is_valid(vector) ? message : Bytes(message.size())));

    Bytes made(message.size() + aead_tag_bytes);
    aead.seal(made, nonce, {message}, {associated});
    CHECK((made == sealed) == is_valid(vector));
}

auto with_key_bits(int bits) {
    return [bits](const json& group) {
        return group.at("keySize") == bits && group.at("ivSize") == 96 && group.at("tagSize") == 128;
    };
}

}  // namespace

TEST_CASE("Wycheproof AES-256-GCM, 96-bit nonces", "[crypto]") {
    const auto count = test::each_vector("aes_gcm_test.json", with_key_bits(256),
                                         [](const json&, const json& vector) { run_gcm<AeadKey>(vector); });
    CHECK(count == test::Count{.valid = 39, .invalid = 27, .acceptable = 0});
}

TEST_CASE("Wycheproof AES-128-GCM, 96-bit nonces", "[crypto]") {
    const auto count = test::each_vector("aes_gcm_test.json", with_key_bits(128),
                                         [](const json&, const json& vector) { run_gcm<Aead128Key>(vector); });
    CHECK(count == test::Count{.valid = 40, .invalid = 27, .acceptable = 0});
}

TEST_CASE("Wycheproof AES key wrap with padding", "[crypto]") {
    const auto count = test::each_vector("aes_kwp_test.json", [](const json&, const json& vector) {
        const Bytes key = hex(vector.at("key"));
        const Bytes message = hex(vector.at("msg"));
        const Bytes wrapped = hex(vector.at("ct"));
        const auto unwrapped = unwrap_key(RawWrapKey{key}, wrapped);
        REQUIRE(unwrapped.has_value() == is_valid(vector));
        if (!unwrapped) {
            CHECK(unwrapped.error().code == Errc::authentication_failed);
            return;
        }
        CHECK(same_bytes(unwrapped->expose(), message));
        const auto made = wrap_key(RawWrapKey{key}, message);
        REQUIRE(made);
        CHECK(*made == wrapped);
        if (key.size() == WrapKey::size) {
            const auto typed = WrapKey::from(key);
            REQUIRE(typed);
            CHECK(wrap_key(*typed, message) == wrapped);
        }
    });
    CHECK(count == test::Count{.valid = 77, .invalid = 177, .acceptable = 0});
}
