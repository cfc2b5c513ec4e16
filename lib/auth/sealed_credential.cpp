// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/sealed_credential.hpp>

namespace safeq::auth {
namespace {

constexpr std::string_view where = "sealed credential";

// Numbers of the format; they stay, whatever becomes of the enumeration.
std::uint8_t number_of(FactorKind factor) noexcept {
    switch (factor) {
        case FactorKind::password: return 1;
        case FactorKind::token: return 2;
        case FactorKind::pin: return 3;
        case FactorKind::card: return 4;
    }
    return 0;
}

struct PlaceNumber {
    std::uint8_t operator()(const DeviceId&) const noexcept { return 1; }
    std::uint8_t operator()(const InstanceId&) const noexcept { return 2; }
};

}  // namespace

Bytes associated_data(const CredentialContext& context) {
    ByteWriter out;
    out.field(context.tenant.bytes()).u8(std::visit(PlaceNumber{}, context.place));
    std::visit([&](const auto& id) { out.field(id.bytes()); }, context.place);
    return out.u8(number_of(context.factor))
        .field(context.user)
        .field(context.address)
        .field(context.audience)
        .u64(static_cast<std::uint64_t>(context.made.time_since_epoch().count()))
        .field(context.nonce)
        .take();
}

Result<SealedCredential> seal_credential(const crypto::XwingPublicKey& to, CredentialContext context,
                                         const crypto::Secret& secret, Random& random) {
    const Bytes aad = associated_data(context);
    SAFEQ_TRY(crypto::HpkeSealed sealed,
              crypto::hpke_seal(to, {as_bytes(sealed_credential_info)}, {aad}, {secret.expose()}, random));
    return SealedCredential{
        .context = std::move(context), .enc = sealed.enc, .ciphertext = std::move(sealed.ciphertext)};
}

CredentialOpener::CredentialOpener(crypto::XwingPrivateKey key, std::string audience, const NonceLimits& nonces,
                                   const Clock& clock)
    : key_{std::move(key)}, audience_{std::move(audience)}, clock_{clock}, started_{clock.now()}, spent_{nonces} {}

Result<crypto::Secret> CredentialOpener::open(const SealedCredential& sealed) {
    if (sealed.context.audience != audience_) return fail(Errc::denied, std::string{where}, "made for somebody else");
    SAFEQ_TRY_VOID(spend(sealed.context));
    const Bytes aad = associated_data(sealed.context);
    return crypto::hpke_open(key_, sealed.enc, {as_bytes(sealed_credential_info)}, {aad}, sealed.ciphertext);
}

Result<void> CredentialOpener::spend(const CredentialContext& context) {
    const Time now = clock_.now();
    if (context.made < now - window || context.made > now + window || context.made < started_)
        return fail(Errc::expired, std::string{where}, "made at " + to_rfc3339(context.made));
    // Twice as long as it could be opened, in case the clock goes back.
    return spent_.spend(context.place, context.nonce, context.made + 2 * window, now);
}

}  // namespace safeq::auth
