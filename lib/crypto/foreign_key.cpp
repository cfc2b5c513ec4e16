// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/foreign_key.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <botan/bigint.h>
#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>

#include <safeq/crypto/sign.hpp>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

constexpr std::size_t least_rsa_bits = 2048, most_rsa_bits = 8192;
constexpr std::size_t most_exponent_bytes = 4;
constexpr std::uint32_t least_exponent = 65537;

struct CurveRow {
    const char* name;
    ForeignScheme scheme;
    std::size_t bytes;
};
constexpr std::array curves = {
    CurveRow{"secp256r1", ForeignScheme::ecdsa_p256_sha256, 32},
    CurveRow{"secp384r1", ForeignScheme::ecdsa_p384_sha384, 48},
    CurveRow{"secp521r1", ForeignScheme::ecdsa_p521_sha512, 66},
};

const char* padding(ForeignScheme scheme) noexcept {
    switch (scheme) {
        case ForeignScheme::ecdsa_p256_sha256: return "SHA-256";
        case ForeignScheme::ecdsa_p384_sha384: return "SHA-384";
        case ForeignScheme::ecdsa_p521_sha512: return "SHA-512";
        case ForeignScheme::rsa_pss_sha256: return "PSS(SHA-256,MGF1,32)";
        case ForeignScheme::rsa_pss_sha384: return "PSS(SHA-384,MGF1,48)";
        case ForeignScheme::rsa_pss_sha512: return "PSS(SHA-512,MGF1,64)";
        case ForeignScheme::rsa_pkcs1_sha256: return "PKCS1v15(SHA-256)";
        case ForeignScheme::rsa_pkcs1_sha384: return "PKCS1v15(SHA-384)";
        case ForeignScheme::rsa_pkcs1_sha512: return "PKCS1v15(SHA-512)";
        case ForeignScheme::ed25519: break;
    }
    return "";
}

bool is_rsa(ForeignScheme scheme) noexcept {
    return std::string_view{padding(scheme)}.starts_with("PSS") ||
           std::string_view{padding(scheme)}.starts_with("PKCS1");
}

// Nemec and others, "The Return of Coppersmith's Attack", CCS 2017: primes k * M + (65537^a mod M), M a product of the
// first primes, so the modulus is a power of 65537 modulo each of them; hardly any other modulus is.
bool made_by_roca(const Botan::BigInt& modulus) {
    constexpr std::array<std::uint32_t, 38> primes = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                                      47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                                      107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
    return std::ranges::all_of(primes, [&](std::uint32_t prime) {
        const auto rest = static_cast<std::uint32_t>(modulus % Botan::word{prime});
        std::uint32_t power = 1;
        do {
            if (power == rest) return true;
            power = power * (least_exponent % prime) % prime;
        } while (power != 1);
        return false;
    });
}

}  // namespace

struct ForeignKey::Impl {
    std::variant<VerifyingKey, Botan::ECDSA_PublicKey, Botan::RSA_PublicKey> key;
    ForeignScheme scheme;  // RSA: any one of its
};

ForeignKey::ForeignKey(std::shared_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}

Result<ForeignKey> ForeignKey::rsa(ByteView modulus, ByteView exponent) {
    constexpr const char* where = "RSA public key";
    return at_seam(where, Errc::key_invalid, [&]() -> Result<ForeignKey> {
        if (modulus.size() > most_rsa_bits / 8) return fail(Errc::weak_parameters, where, "over 8192 bits");
        if (exponent.size() > most_exponent_bytes) return fail(Errc::weak_parameters, where, "a large exponent");
        if (modulus.empty() || exponent.empty() || modulus.front() == std::byte{} || exponent.front() == std::byte{})
            return fail(Errc::key_invalid, where, "a leading zero");
        const auto n = Botan::BigInt::from_bytes(to_botan(modulus));
        const auto e = Botan::BigInt::from_bytes(to_botan(exponent));
        if (n.bits() < least_rsa_bits) return fail(Errc::weak_parameters, where, "under 2048 bits");
        if (n.is_even()) return fail(Errc::key_invalid, where, "an even modulus");
        if (e.is_even() || e < least_exponent) return fail(Errc::weak_parameters, where, "the exponent");
        if (made_by_roca(n)) return fail(Errc::weak_parameters, where, "ROCA (CVE-2017-15361)");
        return ForeignKey{
            std::make_shared<const Impl>(Impl{Botan::RSA_PublicKey{n, e}, ForeignScheme::rsa_pkcs1_sha256})};
    });
}

Result<ForeignKey> ForeignKey::ecdsa(ForeignCurve curve, ByteView x, ByteView y) {
    constexpr const char* where = "ECDSA public key";
    return at_seam(where, Errc::key_invalid, [&]() -> Result<ForeignKey> {
        const CurveRow& row = curves.at(std::to_underlying(curve));
        if (x.size() != row.bytes || y.size() != row.bytes)
            return fail(Errc::key_invalid, where, "the length of a coordinate");
        const auto group = Botan::EC_Group::from_name(row.name);
        Bytes point{std::byte{4}};  // SEC 1, section 2.3.3: uncompressed
        point.insert(point.end(), x.begin(), x.end());
        point.insert(point.end(), y.begin(), y.end());
        const auto found = Botan::EC_AffinePoint::deserialize_uncompressed(group, to_botan(point));
        if (!found) return fail(Errc::key_invalid, where, "no point of the curve");
        return ForeignKey{std::make_shared<const Impl>(Impl{Botan::ECDSA_PublicKey{group, *found}, row.scheme})};
    });
}

Result<ForeignKey> ForeignKey::ed25519(ByteView key) {
    SAFEQ_TRY(const VerifyingKey read, VerifyingKey::from(key));
    return ForeignKey{std::make_shared<const Impl>(Impl{read, ForeignScheme::ed25519})};
}

bool ForeignKey::fits(ForeignScheme scheme) const noexcept {
    return scheme == impl_->scheme || (is_rsa(scheme) && is_rsa(impl_->scheme));
}

Result<void> ForeignKey::verify(ForeignScheme scheme, ByteView message, ByteView signature) const {
    constexpr const char* where = "signature";
    if (!fits(scheme)) return fail(Errc::key_invalid, where, "a scheme of another kind of key");
    if (const auto* ours = std::get_if<VerifyingKey>(&impl_->key)) return ours->verify(message, signature);
    return at_seam(where, Errc::signature_invalid, [&]() -> Result<void> {
        const auto* ecdsa = std::get_if<Botan::ECDSA_PublicKey>(&impl_->key);
        const Botan::Public_Key& key = ecdsa != nullptr ? static_cast<const Botan::Public_Key&>(*ecdsa)
                                                        : std::get<Botan::RSA_PublicKey>(impl_->key);
        Botan::PK_Verifier verifier{key, padding(scheme)};
        if (!verifier.verify_message(to_botan(message), to_botan(signature)))
            return fail(Errc::signature_invalid, where);
        return {};
    });
}

}  // namespace safeq::crypto
