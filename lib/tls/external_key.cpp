// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <botan/exceptn.h>
#include <botan/hash.h>
#include <botan/pk_ops.h>
#include <botan/pubkey.h>
#include <botan/x509_key.h>

#include <tls/backend.hpp>

namespace safeq::tls {

namespace {

constexpr const char* proof_hash = "SHA-256";
constexpr std::string_view proof = "safeq/tls/external-key/v1\n";

/// One signature of a key that is elsewhere.
class RemoteSignature final : public Botan::PK_Ops::Signature {
public:
    RemoteSignature(std::shared_ptr<const ExternalKey> key, std::size_t order_bytes, std::string_view hash)
        : key_{std::move(key)}, bytes_{2 * order_bytes}, hash_{Botan::HashFunction::create_or_throw(hash)} {}

    void update(std::span<const std::uint8_t> input) override { hash_->update(input); }

    std::vector<std::uint8_t> sign(Botan::RandomNumberGenerator&) override {
        const auto digest = hash_->final_stdvec();
        const auto signature = key_->sign(std::as_bytes(std::span{digest}));
        if (!signature) throw Botan::Invalid_State{"external key: " + signature.error().message()};
        if (signature->size() != bytes_) throw Botan::Invalid_State{"external key: a signature of another length"};
        const auto raw = crypto::to_botan(*signature);
        return {raw.begin(), raw.end()};
    }

    std::size_t signature_length() const override { return bytes_; }
    std::string hash_function() const override { return hash_->name(); }

private:
    std::shared_ptr<const ExternalKey> key_;
    std::size_t bytes_;
    std::unique_ptr<Botan::HashFunction> hash_;
};

/// A private key as the backend wants one, that has its public half only.
class RemoteKey final : public Botan::Private_Key {
public:
    RemoteKey(std::unique_ptr<Botan::Public_Key> half, std::shared_ptr<const ExternalKey> key)
        : half_{std::move(half)}, key_{std::move(key)} {}

    std::string algo_name() const override { return half_->algo_name(); }
    std::size_t estimated_strength() const override { return half_->estimated_strength(); }
    std::size_t key_length() const override { return half_->key_length(); }
    Botan::AlgorithmIdentifier algorithm_identifier() const override { return half_->algorithm_identifier(); }
    std::vector<std::uint8_t> raw_public_key_bits() const override { return half_->raw_public_key_bits(); }
    std::vector<std::uint8_t> public_key_bits() const override { return half_->public_key_bits(); }
    bool check_key(Botan::RandomNumberGenerator& random, bool strong) const override {
        return half_->check_key(random, strong);
    }
    bool supports_operation(Botan::PublicKeyOperation operation) const override {
        return operation == Botan::PublicKeyOperation::Signature;
    }
    std::optional<std::size_t> _signature_element_size_for_DER_encoding() const override {
        return half_->_signature_element_size_for_DER_encoding();
    }
    std::unique_ptr<Botan::Public_Key> public_key() const override {
        return Botan::X509::load_key(half_->subject_public_key());
    }
    std::unique_ptr<Botan::Private_Key> generate_another(Botan::RandomNumberGenerator&) const override {
        throw Botan::Not_Implemented{"no key is made outside of this process"};
    }
    Botan::secure_vector<std::uint8_t> private_key_bits() const override {
        throw Botan::Not_Implemented{"the private key is not in this process"};
    }
    std::unique_ptr<Botan::PK_Ops::Signature> create_signature_op(Botan::RandomNumberGenerator&,
                                                                  std::string_view parameters,
                                                                  std::string_view) const override {
        static constexpr std::array<std::string_view, 3> hashes{"SHA-256", "SHA-384", "SHA-512"};
        if (std::ranges::find(hashes, parameters) == hashes.end())
            throw Botan::Not_Implemented{"external key: a signature by " + std::string{parameters}};
        return std::make_unique<RemoteSignature>(key_, (half_->key_length() + 7) / 8, parameters);
    }

private:
    std::unique_ptr<Botan::Public_Key> half_;
    std::shared_ptr<const ExternalKey> key_;
};

}  // namespace

Result<std::shared_ptr<const Credentials>> Credentials::from_external(ChainPem chain,
                                                                      std::shared_ptr<const ExternalKey> key) {
    if (!key) return fail(Errc::invalid_argument, "external key", "there is none");
    auto impl = std::make_unique<Impl>();
    SAFEQ_TRY(impl->chain, Certificate::chain_from_pem(chain.text));
    return crypto::at_seam("external key", Errc::key_invalid, [&]() -> Result<std::shared_ptr<const Credentials>> {
        auto half = Backend::of(impl->chain.front()).subject_public_key();
        if (curve_name(*half).empty())
            return fail(Errc::key_invalid, "external key", "the certificate's is none of ECDSA on P-256 or P-384");
        // The first signature shows now, and not to the first client, whether it is the certificate's key.
        const auto digest = Botan::HashFunction::create_or_throw(proof_hash);
        digest->update(proof);
        const auto hashed = digest->final_stdvec();
        SAFEQ_TRY(const Bytes signature, key->sign(std::as_bytes(std::span{hashed})));
        Botan::PK_Verifier verifier{*half, proof_hash};
        verifier.update(proof);
        if (!verifier.check_signature(crypto::to_botan(signature)))
            return fail(Errc::key_invalid, "external key", "it is not that of the first certificate");
        impl->key = std::make_shared<RemoteKey>(std::move(half), std::move(key));
        return assemble(std::move(impl));
    });
}

}  // namespace safeq::tls
