// SPDX-License-Identifier: Apache-2.0
#include "ml_kem.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include <botan/ml_kem.h>
#include <botan/pubkey.h>
#include <botan/rng.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

/// Hands out the given bytes once and then nothing more, so that encapsulation does as it is told.
class GivenBytes final : public Botan::RandomNumberGenerator {
public:
    explicit GivenBytes(std::span<const std::uint8_t> bytes) : left_{bytes} {}

    bool accepts_input() const override { return false; }
    std::string name() const override { return "given"; }
    void clear() override {}
    bool is_seeded() const override { return true; }
    bool used_up() const { return left_.empty(); }

private:
    void fill_bytes_with_input(std::span<std::uint8_t> out, std::span<const std::uint8_t>) override {
        if (out.size() > left_.size()) throw std::logic_error{"ML-KEM asks for more randomness than FIPS 203 says"};
        std::copy_n(left_.begin(), out.size(), out.begin());
        left_ = left_.subspan(out.size());
    }

    std::span<const std::uint8_t> left_;
};

// A public key with its matrix, whose expansion takes as long as an encapsulation. Nothing in it is secret.
struct LoadedPublicKey {
    explicit LoadedPublicKey(std::span<const std::byte, ml_kem_public_bytes> from)
        : key{to_botan(from), Botan::ML_KEM_Mode{Botan::ML_KEM_Mode::ML_KEM_768}}, encryptor{key, "Raw"} {
        std::ranges::copy(from, bytes.begin());
    }

    std::array<std::byte, ml_kem_public_bytes> bytes;
    Botan::ML_KEM_PublicKey key;
    Botan::PK_KEM_Encryptor encryptor;
};

// An intake seals to one epoch's key for hours, so each thread keeps the one that it used last.
Result<LoadedPublicKey*> load(std::span<const std::byte, ml_kem_public_bytes> to) {
    thread_local std::unique_ptr<LoadedPublicKey> last;
    if (last != nullptr && std::ranges::equal(last->bytes, to)) return last.get();
    // Loading the key makes the modulus check of FIPS 203, 7.2.
    return at_seam("ML-KEM public key", Errc::key_invalid, [&]() -> Result<LoadedPublicKey*> {
        last = std::make_unique<LoadedPublicKey>(to);
        return last.get();
    });
}

}  // namespace

struct MlKemKey::Impl {
    Botan::ML_KEM_PrivateKey key;
};

MlKemKey::MlKemKey(const MlKemSeed& seed) {
    never_fails("ML-KEM", [&] {
        impl_ = std::make_unique<Impl>(Impl{
            Botan::ML_KEM_PrivateKey{to_botan(seed.expose()), Botan::ML_KEM_Mode{Botan::ML_KEM_Mode::ML_KEM_768}}});
        const auto key = impl_->key.public_key_bits();
        require(key.size() == public_.size(), "ML-KEM-768: a public key of 1184 bytes");
        copy_from_botan(public_, key);
    });
}

MlKemKey::MlKemKey(MlKemKey&&) noexcept = default;
MlKemKey& MlKemKey::operator=(MlKemKey&&) noexcept = default;
MlKemKey::~MlKemKey() = default;

MlKemShared MlKemKey::decapsulate(const MlKemCiphertext& ciphertext) const {
    return never_fails("ML-KEM", [&] {
        Botan::Null_RNG none;  // decapsulation is deterministic
        Botan::PK_KEM_Decryptor decryptor{impl_->key, none, "Raw"};
        MlKemShared shared;
        decryptor.decrypt(to_botan_writable(shared.fill()), to_botan(ciphertext));
        return shared;
    });
}

Result<MlKemEncapsulated> ml_kem_encapsulate(std::span<const std::byte, ml_kem_public_bytes> to,
                                             const MlKemMessage& message) {
    SAFEQ_TRY(LoadedPublicKey* const key, load(to));
    return at_seam("ML-KEM", Errc::crypto_failed, [&]() -> Result<MlKemEncapsulated> {
        GivenBytes random{to_botan(message.expose())};
        MlKemEncapsulated made;
        key->encryptor.encrypt(to_botan_writable(made.ciphertext), to_botan_writable(made.secret.fill()), random);
        if (!random.used_up()) return fail(Errc::internal, "ML-KEM", "randomness from elsewhere");
        return made;
    });
}

}  // namespace safeq::crypto
