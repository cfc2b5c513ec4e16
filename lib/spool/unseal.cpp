// SPDX-License-Identifier: Apache-2.0
#include "unseal.hpp"

#include <algorithm>

#include "bindings.hpp"

namespace safeq::spool {
namespace {

Result<DocumentKey> open_key(const Envelope& envelope, ByteView fixed, EpochKeys& epochs) {
    SAFEQ_TRY(const auto epoch_key, epochs.opening_key(envelope.epoch));
    const Bytes info = key_info(envelope.epoch);
    SAFEQ_TRY(const crypto::Secret key, crypto::hpke_open(*epoch_key, envelope.enc, crypto::HpkeInfo{info},
                                                          crypto::Associated{fixed}, envelope.sealed_key));
    return DocumentKey::from(key.expose());
}

}  // namespace

Result<void> verify_signature(const Preamble& preamble, KnownIntakes& intakes) {
    SAFEQ_TRY(const crypto::VerifyingKey intake, intakes.verifying_key(preamble.header.intake));
    return intake.verify(signed_message(preamble.header.encode(), preamble.salt, preamble.commitment),
                         preamble.signature);
}

Result<Unsealed> unseal(const ParsedEnvelope& file, const Header& expected, EpochKeys& epochs, KnownIntakes& intakes) {
    const Preamble& preamble = file.preamble;
    SAFEQ_TRY_VOID(preamble.header.check(expected));
    SAFEQ_TRY_VOID(verify_signature(preamble, intakes));
    const Bytes fixed = preamble.header.encode();
    SAFEQ_TRY(DocumentKey key, open_key(preamble.envelope, fixed, epochs));
    const Bytes context = chunk_context(fixed);
    SAFEQ_TRY(ChunkCipher cipher, ChunkCipher::derive(key.expose(), preamble.salt, ChunkContext{context}));
    SAFEQ_TRY(ChunkOpener opener, ChunkOpener::create(std::move(cipher), preamble.commitment, file.layout));
    return Unsealed{std::move(key), std::move(opener)};
}

Result<Envelope> seal_key(const DocumentKey& key, const EpochPublicKey& to, ByteView fixed, Random& random) {
    Envelope envelope;
    envelope.epoch = EpochId::of(to);
    const Bytes info = key_info(envelope.epoch);
    SAFEQ_TRY(const crypto::HpkeSealed sealed, crypto::hpke_seal(to, crypto::HpkeInfo{info}, crypto::Associated{fixed},
                                                                 crypto::Plaintext{key.expose()}, random));
    if (sealed.ciphertext.size() != envelope.sealed_key.size())
        return fail(Errc::internal, "spool envelope", "a sealed key of another size");
    envelope.enc = sealed.enc;
    std::ranges::copy(sealed.ciphertext, envelope.sealed_key.begin());
    return envelope;
}

}  // namespace safeq::spool
