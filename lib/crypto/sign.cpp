// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/sign.hpp>

#include <algorithm>

#include <botan/ed25519.h>
#include <botan/pubkey.h>
#include <botan/rng.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

using Encoded = std::array<std::uint8_t, 32>;  // little-endian

constexpr Encoded field_prime = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

constexpr Encoded group_order = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                 0xa2, 0xde, 0xf9, 0xde, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};

// The y coordinates of the eight points whose order divides the cofactor.
constexpr std::array<Encoded, 5> small_order_y = {{
    {0x00},
    {0x01},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

// Everything here is public, so time may depend on it.
bool below(std::span<const std::uint8_t> number, const Encoded& bound) {
    return std::lexicographical_compare(number.rbegin(), number.rend(), bound.rbegin(), bound.rend());
}

Result<void> refuse(const char* why) { return fail(Errc::signature_invalid, "Ed25519", why); }

Result<void> check_public_key(std::span<const std::uint8_t, 32> key) {
    Encoded y;
    std::ranges::copy(key, y.begin());
    y[31] &= 0x7f;
    if (!below(y, field_prime)) return refuse("public key not in its one encoding");
    if (std::ranges::find(small_order_y, y) != small_order_y.end()) return refuse("public key of small order");
    return {};
}

}  // namespace

Result<VerifyingKey> VerifyingKey::from(ByteView bytes) {
    VerifyingKey key;
    if (bytes.size() != key.bytes.size()) return fail(Errc::key_invalid, "Ed25519 public key", "not 32 bytes");
    std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
    return key;
}

Result<void> VerifyingKey::verify(ByteView message, ByteView signature) const {
    if (signature.size() != std::tuple_size_v<Signature>) return refuse("not 64 bytes");
    const auto key = to_botan(bytes);
    SAFEQ_TRY_VOID(check_public_key(key.first<32>()));
    if (!below(to_botan(signature).subspan(32), group_order)) return refuse("S not reduced");
    return at_seam("Ed25519", Errc::signature_invalid, [&]() -> Result<void> {
        const Botan::Ed25519_PublicKey public_key{key};
        Botan::PK_Verifier verifier{public_key, "Pure"};
        if (!verifier.verify_message(to_botan(message), to_botan(signature))) return refuse("");
        return {};
    });
}

struct SigningKey::Impl {
    Botan::Ed25519_PrivateKey key;
};

SigningKey::SigningKey(SigningSeed seed) : seed_{std::move(seed)} {
    never_fails("Ed25519", [&] {
        impl_ = std::make_unique<Impl>(Impl{Botan::Ed25519_PrivateKey::from_seed(to_botan(seed_.expose()))});
        copy_from_botan(public_.bytes, impl_->key.raw_public_key_bits());
    });
}

SigningKey SigningKey::generate(Random& random) { return SigningKey{SigningSeed::random(random)}; }

SigningKey SigningKey::from_seed(SigningSeed seed) { return SigningKey{std::move(seed)}; }

SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Signature SigningKey::sign(ByteView message) const {
    return never_fails("Ed25519", [&] {
        Botan::Null_RNG none;  // Ed25519 is deterministic
        Botan::PK_Signer signer{impl_->key, none, "Pure"};
        Signature signature;
        const auto made = signer.sign_message(to_botan(message), none);
        require(made.size() == signature.size(), "Ed25519: a signature of 64 bytes");
        copy_from_botan(signature, made);
        return signature;
    });
}

}  // namespace safeq::crypto
