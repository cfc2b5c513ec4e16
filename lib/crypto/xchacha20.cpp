// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/xchacha20.hpp>

#include <botan/stream_cipher.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {

void unsafe_xchacha20(std::span<std::byte> data, const XChaChaKey& key, const XChaChaNonce& nonce) {
    never_fails("XChaCha20", [&] {
        const auto cipher = Botan::StreamCipher::create_or_throw("ChaCha(20)");
        cipher->set_key(to_botan(key.expose()));
        // Botan takes 24 bytes for the extended nonce.
        cipher->set_iv(to_botan(nonce));
        if (!data.empty()) cipher->cipher1(to_botan_writable(data));
    });
}

}  // namespace safeq::crypto
