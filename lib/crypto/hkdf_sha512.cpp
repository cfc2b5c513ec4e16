// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <botan/mac.h>

#include <safeq/crypto/hash.hpp>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {

void hkdf_expand_sha512(std::span<std::byte> out, ByteView pseudorandom_key, std::initializer_list<ByteView> info) {
    require(!out.empty() && out.size() <= 255 * sizeof(Sha512Digest), "HKDF: output of 1 to 16320 bytes");
    never_fails("HKDF-SHA-512", [&] {
        const auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-512)");
        mac->set_key(to_botan(pseudorandom_key));
        Sha512Digest block{};
        std::byte counter{0};
        for (std::size_t at = 0; at < out.size(); at += block.size()) {
            if (at != 0) mac->update(to_botan(block));
            for (const ByteView piece : info) mac->update(to_botan(piece));
            counter = static_cast<std::byte>(std::to_integer<unsigned>(counter) + 1);
            mac->update(std::to_integer<std::uint8_t>(counter));
            mac->final(to_botan_writable(block));
            std::memcpy(out.data() + at, block.data(), std::min(block.size(), out.size() - at));
        }
        wipe(block);
    });
}

}  // namespace safeq::crypto
