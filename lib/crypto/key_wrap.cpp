// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <botan/block_cipher.h>
#include <botan/nist_keywrap.h>

#include <safeq/crypto/aead.hpp>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

constexpr std::size_t most_bytes = 0xffff'ffff;  // the length field of RFC 5649 has 32 bits

bool is_aes_key(ByteView key) { return key.size() == 16 || key.size() == 24 || key.size() == 32; }

std::unique_ptr<Botan::BlockCipher> aes(ByteView key) {
    auto cipher = Botan::BlockCipher::create_or_throw("AES-" + std::to_string(key.size() * 8));
    cipher->set_key(to_botan(key));
    return cipher;
}

}  // namespace

Result<Bytes> wrap_key(RawWrapKey key, ByteView secret) {
    if (!is_aes_key(key.bytes)) return fail(Errc::key_invalid, "key wrap", "not 16, 24 or 32 bytes");
    if (secret.empty() || secret.size() > most_bytes)
        return fail(Errc::invalid_argument, "key wrap", "nothing to wrap, or too much");
    return at_seam("key wrap", Errc::crypto_failed, [&]() -> Result<Bytes> {
        return to_bytes(from_botan(Botan::nist_key_wrap_padded(to_botan(secret), *aes(key.bytes))));
    });
}

Bytes wrap_key(const WrapKey& key, ByteView secret) {
    require(!secret.empty() && secret.size() <= most_bytes, "wrap_key: a secret of 1 byte to 4 GiB");
    return never_fails("key wrap", [&] {
        return to_bytes(from_botan(Botan::nist_key_wrap_padded(to_botan(secret), *aes(key.expose()))));
    });
}

Result<Secret> unwrap_key(RawWrapKey key, ByteView wrapped) {
    if (!is_aes_key(key.bytes)) return fail(Errc::key_invalid, "key unwrap", "not 16, 24 or 32 bytes");
    return at_seam("key unwrap", Errc::authentication_failed, [&]() -> Result<Secret> {
        const auto bytes = Botan::nist_key_unwrap_padded(to_botan(wrapped), *aes(key.bytes));
        return Secret::copy_of(from_botan(bytes));
    });
}

Result<Secret> unwrap_key(const WrapKey& key, ByteView wrapped) {
    return unwrap_key(RawWrapKey{key.expose()}, wrapped);
}

}  // namespace safeq::crypto
