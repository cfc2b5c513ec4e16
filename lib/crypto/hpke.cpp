// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hpke.hpp>

#include "hpke_schedule.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

struct OneMessage {
    Aead aead;
    AeadNonce nonce;
};

// A single-shot context: its one message has sequence number 0, so the base nonce is the nonce.
Result<OneMessage> context(const SharedSecret& shared, HpkeInfo info) {
    const hpke::Schedule schedule = hpke::schedule_base(hpke::xwing_aes256, shared.expose(), info.bytes);
    SAFEQ_TRY(const AeadKey key, AeadKey::from(schedule.key.expose()));
    return OneMessage{.aead = Aead{key}, .nonce = schedule.base_nonce};
}

}  // namespace

Result<HpkeSealed> hpke_seal(const XwingPublicKey& to, HpkeInfo info, Associated associated, Plaintext plaintext,
                             Random& random) {
    return at_seam("HPKE seal", Errc::crypto_failed, [&]() -> Result<HpkeSealed> {
        SAFEQ_TRY(const auto encapsulated, xwing_encapsulate(to, random));
        SAFEQ_TRY(OneMessage message, context(encapsulated.secret, info));
        HpkeSealed sealed{.enc = encapsulated.ciphertext, .ciphertext = Bytes(plaintext.bytes.size() + aead_tag_bytes)};
        message.aead.seal(sealed.ciphertext, message.nonce, plaintext, associated);
        return sealed;
    });
}

Result<Secret> hpke_open(const XwingPrivateKey& key, const XwingCiphertext& enc, HpkeInfo info, Associated associated,
                         ByteView ciphertext) {
    if (ciphertext.size() < aead_tag_bytes) return fail(Errc::authentication_failed, "HPKE open", "shorter than a tag");
    return at_seam("HPKE open", Errc::crypto_failed, [&]() -> Result<Secret> {
        SAFEQ_TRY(OneMessage message, context(key.decapsulate(enc), info));
        Secret plaintext = Secret::zeroed(ciphertext.size() - aead_tag_bytes);
        SAFEQ_TRY_VOID(message.aead.open(plaintext.fill(), message.nonce, ciphertext, associated));
        return plaintext;
    });
}

}  // namespace safeq::crypto
