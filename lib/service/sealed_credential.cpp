// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/sealed_credential.hpp>

#include "core/json.hpp"

namespace safeq::service {
namespace {

constexpr std::string_view audience = "safeq-release/identify";

auth::FactorKind factor_of(Shown shown) noexcept {
    switch (shown) {
        case Shown::password: return auth::FactorKind::password;
        case Shown::print_token: return auth::FactorKind::token;
    }
    return auth::FactorKind::token;
}

auth::CredentialContext context_of(const SealedCredential& sealed) {
    return {.tenant = sealed.tenant,
            .place = sealed.intake,
            .factor = factor_of(sealed.shown),
            .user = sealed.user,
            .address = sealed.address,
            .audience = std::string{audience},
            .made = sealed.made,
            .nonce = sealed.nonce};
}

}  // namespace

std::string SealedCredential::encode() const {
    Bytes packed = to_bytes(enc);
    packed.insert(packed.end(), ciphertext.begin(), ciphertext.end());
    return Json{{"tenant", tenant.text()},
                {"intake", intake.text()},
                {"shown", static_cast<int>(shown)},
                {"user", user},
                {"address", address},
                {"made", to_rfc3339(made)},
                {"nonce", to_base64(nonce)},
                {"sealed", to_base64(packed)}}
        .dump();
}

Result<SealedCredential> SealedCredential::parse(std::string_view json) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(json, 16 * 1024, "sealed credential"));
    SealedCredential out;
    SAFEQ_TRY(out.tenant, object.id<TenantId>("tenant"));
    SAFEQ_TRY(out.intake, object.id<InstanceId>("intake"));
    SAFEQ_TRY(const std::int64_t shown, object.integer("shown", 1, 2));
    out.shown = static_cast<Shown>(shown);
    SAFEQ_TRY(out.user, object.text("user", 255));
    SAFEQ_TRY(out.address, object.text("address", 64));
    SAFEQ_TRY(out.made, object.time("made"));
    SAFEQ_TRY(const Bytes nonce, object.bytes("nonce", 16));
    SAFEQ_TRY(const Bytes sealed, object.bytes("sealed", 8192));
    if (nonce.size() != out.nonce.size() || sealed.size() < out.enc.size() + crypto::aead_tag_bytes)
        return fail(Errc::malformed, "sealed credential", "nonce or sealed has the wrong length");
    std::memcpy(out.nonce.data(), nonce.data(), nonce.size());
    std::memcpy(out.enc.data(), sealed.data(), out.enc.size());
    out.ciphertext = to_bytes(ByteView{sealed}.subspan(out.enc.size()));
    return out;
}

Result<SealedCredential> seal_credential(const crypto::XwingPublicKey& to, const CredentialContext& context,
                                         Shown shown, std::string user, std::string address,
                                         const crypto::Secret& secret, const Clock& clock, Random& random) {
    SealedCredential out{.tenant = context.tenant,
                         .intake = context.intake,
                         .shown = shown,
                         .user = std::move(user),
                         .address = std::move(address),
                         .made = clock.now(),
                         .nonce = random.bytes<sizeof(auth::CredentialNonce)>(),
                         .ciphertext = {}};
    SAFEQ_TRY(auth::SealedCredential sealed, auth::seal_credential(to, context_of(out), secret, random));
    out.enc = sealed.enc;
    out.ciphertext = std::move(sealed.ciphertext);
    return out;
}

CredentialOpener::CredentialOpener(crypto::XwingPrivateKey key, const Clock& clock)
    : opener_{std::move(key), std::string{audience}, auth::nonces_2026, clock} {}

Result<crypto::Secret> CredentialOpener::open(const SealedCredential& sealed) {
    return opener_.open({.context = context_of(sealed), .enc = sealed.enc, .ciphertext = sealed.ciphertext});
}

}  // namespace safeq::service
