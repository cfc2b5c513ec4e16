// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/xchacha20.hpp>

#include <catch2/catch_test_macros.hpp>

#include "unit/crypto/hex.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;

namespace {

XChaChaKey key() { return *XChaChaKey::from(hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")); }

XChaChaNonce nonce(std::uint8_t first = 0x40) {
    XChaChaNonce out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(first + i);
    return out;
}

}  // namespace

TEST_CASE("XChaCha20 of draft-irtf-cfrg-xchacha-03, appendix A.3.1", "[crypto]") {
    // There the text begins with the second block of the key stream.
    Bytes data(64);
    const Bytes text = to_bytes(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would "
        "be it.");
    data.insert(data.end(), text.begin(), text.end());
    unsafe_xchacha20(data, key(), nonce());
    CHECK(to_hex(ByteView{data}.subspan(64)) ==
          "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
          "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
          "21f9664c97637da9768812f615c68b13b52e");
}

TEST_CASE("XChaCha20 twice is the text again, another nonce is not", "[crypto]") {
    const Bytes text = to_bytes("attack at dawn");
    Bytes data = text;
    unsafe_xchacha20(data, key(), nonce());
    CHECK(data != text);
    Bytes other = data;
    unsafe_xchacha20(data, key(), nonce());
    CHECK(data == text);
    unsafe_xchacha20(other, key(), nonce(0x41));
    CHECK(other != text);
    unsafe_xchacha20({}, key(), nonce());
}
