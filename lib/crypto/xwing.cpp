// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <botan/hash.h>
#include <botan/xof.h>

#include <safeq/crypto/hpke.hpp>

#include "botan_bytes.hpp"
#include "ml_kem.hpp"
#include "seam.hpp"
#include "x25519.hpp"

namespace safeq::crypto {
namespace {

constexpr std::string_view label = "\\.//^\\";

SharedSecret combine(const MlKemShared& ml_kem, const X25519Shared& x25519, const X25519Public& x25519_ciphertext,
                     const X25519Public& x25519_public) {
    const auto hash = Botan::HashFunction::create_or_throw("SHA-3(256)");
    hash->update(to_botan(ml_kem.expose()));
    hash->update(to_botan(x25519.expose()));
    hash->update(to_botan(x25519_ciphertext));
    hash->update(to_botan(x25519_public));
    hash->update(to_botan(as_bytes(label)));
    SharedSecret secret;
    hash->final(to_botan_writable(secret.fill()));
    return secret;
}

template <std::size_t N>
std::array<std::byte, N> part(ByteView whole, std::size_t at) {
    std::array<std::byte, N> out;
    std::ranges::copy(whole.subspan(at, N), out.begin());
    return out;
}

template <class Joined, class First, class Second>
Joined join(const First& first, const Second& second) {
    static_assert(std::tuple_size_v<Joined> == std::tuple_size_v<First> + std::tuple_size_v<Second>);
    Joined out;
    std::ranges::copy(second, std::ranges::copy(first, out.begin()).out);
    return out;
}

struct Parts {
    MlKemKey ml_kem;
    X25519Key x25519;
};

Parts expand(const XwingSeed& seed) {
    Key<96, struct ExpandedSeedTag> expanded;
    const auto shake = Botan::XOF::create_or_throw("SHAKE-256");
    shake->update(to_botan(seed.expose()));
    shake->output(to_botan_writable(expanded.fill()));
    const auto all = expanded.expose();
    return {.ml_kem = MlKemKey{MlKemSeed::copy_of(all.first<64>())},
            .x25519 = X25519Key{X25519Scalar::copy_of(all.last<32>())}};
}

}  // namespace

struct XwingPrivateKey::Impl {
    XwingSeed seed;
    Parts parts;
    XwingPublicKey public_key;

    explicit Impl(XwingSeed from)
        : seed{std::move(from)},
          parts{expand(seed)},
          public_key{join<XwingPublicKey>(parts.ml_kem.public_key(), parts.x25519.public_key())} {}
};

XwingPrivateKey::XwingPrivateKey(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
XwingPrivateKey::XwingPrivateKey(XwingPrivateKey&&) noexcept = default;
XwingPrivateKey& XwingPrivateKey::operator=(XwingPrivateKey&&) noexcept = default;
XwingPrivateKey::~XwingPrivateKey() = default;

XwingPrivateKey XwingPrivateKey::from_seed(XwingSeed seed) {
    return never_fails("X-Wing", [&] { return XwingPrivateKey{std::make_unique<Impl>(std::move(seed))}; });
}

XwingPrivateKey XwingPrivateKey::generate(Random& random) { return from_seed(XwingSeed::random(random)); }

const XwingPublicKey& XwingPrivateKey::public_key() const noexcept { return impl_->public_key; }

const XwingSeed& XwingPrivateKey::seed() const& noexcept { return impl_->seed; }

SharedSecret XwingPrivateKey::decapsulate(const XwingCiphertext& ciphertext) const {
    return never_fails("X-Wing", [&] {
        const auto for_ml_kem = part<ml_kem_ciphertext_bytes>(ciphertext, 0);
        const auto for_x25519 = part<32>(ciphertext, ml_kem_ciphertext_bytes);
        return combine(impl_->parts.ml_kem.decapsulate(for_ml_kem), impl_->parts.x25519.agree(for_x25519), for_x25519,
                       impl_->parts.x25519.public_key());
    });
}

Result<XwingEncapsulated> unsafe_xwing_encapsulate_deterministic(const XwingPublicKey& to, ByteView eseed) {
    if (eseed.size() != 64) return fail(Errc::invalid_argument, "X-Wing", "not 64 bytes of randomness");
    return at_seam("X-Wing", Errc::crypto_failed, [&]() -> Result<XwingEncapsulated> {
        SAFEQ_TRY(const auto message, MlKemMessage::from(eseed.first(32)));
        SAFEQ_TRY(const auto scalar, X25519Scalar::from(eseed.last(32)));
        SAFEQ_TRY(const auto ml_kem, ml_kem_encapsulate(std::span{to}.first<ml_kem_public_bytes>(), message));
        const X25519Key ephemeral{scalar};
        const auto peer = part<32>(to, ml_kem_public_bytes);
        return XwingEncapsulated{
            .secret = combine(ml_kem.secret, ephemeral.agree(peer), ephemeral.public_key(), peer),
            .ciphertext = join<XwingCiphertext>(ml_kem.ciphertext, ephemeral.public_key()),
        };
    });
}

Result<XwingEncapsulated> xwing_encapsulate(const XwingPublicKey& to, Random& random) {
    const auto eseed = Key<64, struct EncapsulationSeedTag>::random(random);
    return unsafe_xwing_encapsulate_deterministic(to, eseed.expose());
}

}  // namespace safeq::crypto
