// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hash.hpp>

#include <algorithm>

#include <botan/hash.h>
#include <botan/mac.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

constexpr std::size_t sha256_block_bytes = 64;

/// HMAC-SHA-256 under one key, for any number of messages.
class Hmac {
public:
    explicit Hmac(ByteView key) : mac_{Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)")} {
        if (key.size() > sha256_block_bytes) {
            // What HMAC itself does with a long key; Botan refuses very long ones.
            Sha256Digest hashed = sha256(key);
            mac_->set_key(to_botan(hashed));
            wipe(hashed);
        } else {
            mac_->set_key(to_botan(key));
        }
    }

    void update(ByteView piece) { mac_->update(to_botan(piece)); }
    void finish(std::span<std::byte, 32> out) { mac_->final(to_botan_writable(out)); }

private:
    std::unique_ptr<Botan::MessageAuthenticationCode> mac_;
};

Sha256Digest hmac_of(ByteView key, std::initializer_list<ByteView> pieces) {
    return never_fails("HMAC-SHA-256", [&] {
        Hmac mac{key};
        for (const ByteView piece : pieces) mac.update(piece);
        Sha256Digest tag;
        mac.finish(tag);
        return tag;
    });
}

}  // namespace

struct Sha256::Impl {
    std::unique_ptr<Botan::HashFunction> hash = Botan::HashFunction::create_or_throw("SHA-256");
};

Sha256::Sha256() : impl_{never_fails("SHA-256", [] { return std::make_unique<Impl>(); })} {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView piece) { impl_->hash->update(to_botan(piece)); }

Sha256Digest Sha256::finish() {
    Sha256Digest digest;
    impl_->hash->final(to_botan_writable(digest));
    return digest;
}

Sha256Digest sha256(ByteView message) { return sha256(std::initializer_list<ByteView>{message}); }

Sha256Digest sha256(std::initializer_list<ByteView> pieces) {
    Sha256 hash;
    for (const ByteView piece : pieces) hash.update(piece);
    return hash.finish();
}

Sha512Digest sha512(ByteView message) {
    return never_fails("SHA-512", [&] {
        const auto hash = Botan::HashFunction::create_or_throw("SHA-512");
        hash->update(to_botan(message));
        Sha512Digest digest;
        hash->final(to_botan_writable(digest));
        return digest;
    });
}

MacTag hmac_sha256(const HmacKey& key, std::initializer_list<ByteView> pieces) { return hmac_of(key.expose(), pieces); }

MacTag hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces) { return hmac_of(key, pieces); }

Sha256Digest hkdf_extract_sha256(ByteView salt, std::initializer_list<ByteView> secret) {
    return hmac_of(salt, secret);
}

void hkdf_expand_sha256(std::span<std::byte> out, ByteView pseudorandom_key, std::initializer_list<ByteView> info) {
    require(!out.empty() && out.size() <= 255 * sizeof(Sha256Digest), "HKDF: output of 1 to 8160 bytes");
    never_fails("HKDF-SHA-256", [&] {
        Hmac mac{pseudorandom_key};
        Sha256Digest block{};
        std::byte counter{0};
        for (std::size_t at = 0; at < out.size(); at += block.size()) {
            if (at != 0) mac.update(block);
            for (const ByteView piece : info) mac.update(piece);
            counter = static_cast<std::byte>(std::to_integer<unsigned>(counter) + 1);
            mac.update({&counter, 1});
            mac.finish(block);
            std::memcpy(out.data() + at, block.data(), std::min(block.size(), out.size() - at));
        }
        wipe(block);
    });
}

void hkdf_sha256(std::span<std::byte> out, ByteView secret, Salt salt, Info info) {
    Sha256Digest pseudorandom_key = hkdf_extract_sha256(salt.bytes, {secret});
    hkdf_expand_sha256(out, pseudorandom_key, {info.bytes});
    wipe(pseudorandom_key);
}

}  // namespace safeq::crypto
