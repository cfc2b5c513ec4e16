// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/sealed_credential.hpp>

#include "service/json.hpp"

namespace safeq::service {
namespace {

constexpr std::string_view info = "safeq/credential/v1";
constexpr std::string_view audience = "safeq-release/identify";

Bytes associated_data(const SealedCredential& sealed) {
    return ByteWriter{}
        .field(sealed.tenant.bytes())
        .field(sealed.intake.bytes())
        .field(sealed.user)
        .field(sealed.address)
        .u8(static_cast<std::uint8_t>(sealed.shown))
        .field(audience)
        .u64(static_cast<std::uint64_t>(sealed.made.time_since_epoch().count()))
        .field(sealed.nonce)
        .take();
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
                         .nonce = random.bytes<16>(),
                         .ciphertext = {}};
    const Bytes aad = associated_data(out);
    SAFEQ_TRY(crypto::HpkeSealed sealed, crypto::hpke_seal(to, {as_bytes(info)}, {aad}, {secret.expose()}, random));
    out.enc = sealed.enc;
    out.ciphertext = std::move(sealed.ciphertext);
    return out;
}

Result<crypto::Secret> CredentialOpener::open(const SealedCredential& sealed) {
    const Time now = clock_.now();
    if (sealed.made + window < now || sealed.made > now + window)
        return fail(Errc::expired, "sealed credential", "made at " + to_rfc3339(sealed.made));
    {
        const std::scoped_lock lock{mutex_};
        if (spent_.size() >= max_nonces / 2)
            std::erase_if(spent_, [&](const auto& nonce) { return nonce.second + 2 * window < now; });
        if (spent_.size() >= max_nonces) return fail(Errc::busy, "sealed credential", "too many in a short time");
        if (!spent_.emplace(sealed.nonce, sealed.made).second)
            return fail(Errc::duplicate, "sealed credential", "its nonce was used before");
    }
    const Bytes aad = associated_data(sealed);
    return crypto::hpke_open(key_, sealed.enc, {as_bytes(info)}, {aad}, sealed.ciphertext);
}

}  // namespace safeq::service
