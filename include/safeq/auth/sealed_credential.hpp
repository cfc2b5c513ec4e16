// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <safeq/auth/factor.hpp>
#include <safeq/auth/spent_nonces.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hpke.hpp>

namespace safeq::auth {

/// What a sealed credential is bound to; all of it travels beside it in the clear and is authenticated.
struct CredentialContext {
    TenantId tenant;
    CredentialPlace place;
    FactorKind factor;
    std::string user;      ///< whose it is said to be; empty where the factor says it
    std::string address;   ///< where the person's client is, for slowing guessers down; empty at a device
    std::string audience;  ///< who may open it, and for what: "safeq-release/identify"
    Time made;             ///< by the clock of the server that opens it, give or take its window
    CredentialNonce nonce{};

    friend bool operator==(const CredentialContext&, const CredentialContext&) = default;
};

/// The associated data, field by field as docs/credentials.md has it.
[[nodiscard]] Bytes associated_data(const CredentialContext& context);

/// HPKE's `info` for credentials.
inline constexpr std::string_view sealed_credential_info = "safeq/credential/v1";

/// A password, PIN, card or token on its way from where it was shown to the server that judges it. HPKE with X-Wing,
/// HKDF-SHA-256 and AES-256-GCM, inside TLS: it defeats logs and passive proxies; an active one only where the key is
/// pinned (docs/threat-model.md).
struct SealedCredential {
    CredentialContext context;
    crypto::XwingCiphertext enc{};
    Bytes ciphertext;
};

/// *Requires*: a nonce never used before. *Errors*: `key_invalid`.
[[nodiscard]] Result<SealedCredential> seal_credential(const crypto::XwingPublicKey& to, CredentialContext context,
                                                       const crypto::Secret& secret, Random& random);

/// Opens sealed credentials, each nonce once. *Threads*: safe from several threads.
class CredentialOpener final {
public:
    /// A credential may be this old, or come from a clock this far ahead.
    static constexpr std::chrono::minutes window{2};

    /// Borrows the clock. Nonces are remembered in memory; so that a restart forgets none, whatever was made before the
    /// opener is refused.
    CredentialOpener(crypto::XwingPrivateKey key, std::string audience, const NonceLimits& nonces, const Clock& clock);

    /// The secret; the nonce is spent first, whatever comes after, so that nothing is ever computed twice for it.
    /// Whether tenant, place and user are those of the connection is the caller's to check.
    /// *Errors*: `denied` for another audience; `expired` outside the window or from before the start; `duplicate` for
    /// a nonce seen before; `authentication_failed`; `busy` when more nonces are alive than are remembered for the
    /// place or in all.
    [[nodiscard]] Result<crypto::Secret> open(const SealedCredential& sealed);

    [[nodiscard]] const crypto::XwingPublicKey& public_key() const noexcept { return key_.public_key(); }

private:
    [[nodiscard]] Result<void> spend(const CredentialContext& context);

    crypto::XwingPrivateKey key_;
    std::string audience_;
    const Clock& clock_;
    Time started_;
    SpentNonces spent_;
};

}  // namespace safeq::auth
