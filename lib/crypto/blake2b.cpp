// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/blake2b.hpp>

#include <botan/hash.h>
#include <botan/mac.h>
#include <fmt/format.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

constexpr std::size_t max_bytes = 64;

std::string algorithm(std::size_t out_bytes) { return fmt::format("BLAKE2b({})", 8 * out_bytes); }

}  // namespace

void blake2b(std::span<std::byte> out, std::initializer_list<ByteView> pieces) {
    require(!out.empty() && out.size() <= max_bytes, "BLAKE2b: output of 1 to 64 bytes");
    never_fails("BLAKE2b", [&] {
        const auto hash = Botan::HashFunction::create_or_throw(algorithm(out.size()));
        for (const ByteView piece : pieces) hash->update(to_botan(piece));
        hash->final(to_botan_writable(out));
    });
}

void blake2b_keyed(std::span<std::byte> out, ByteView key, std::initializer_list<ByteView> pieces) {
    require(!out.empty() && out.size() <= max_bytes, "BLAKE2b: output of 1 to 64 bytes");
    require(!key.empty() && key.size() <= max_bytes, "BLAKE2b: key of 1 to 64 bytes");
    never_fails("BLAKE2b", [&] {
        const auto mac = Botan::MessageAuthenticationCode::create_or_throw(algorithm(out.size()));
        mac->set_key(to_botan(key));
        for (const ByteView piece : pieces) mac->update(to_botan(piece));
        mac->final(to_botan_writable(out));
    });
}

}  // namespace safeq::crypto
