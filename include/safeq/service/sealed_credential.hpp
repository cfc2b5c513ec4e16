// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <safeq/auth/sealed_credential.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hpke.hpp>

namespace safeq::service {

/// What a person showed at a listener.
enum class Shown : std::uint8_t {
    password = 1,     ///< user name and password (HTTP Basic)
    print_token = 2,  ///< the token of a personal printer address; no user name
};

/// `auth::SealedCredential` on the way from an intake to the release server, as it stands on the wire: nothing in
/// between (a proxy, a log, the intake's own disk) ever holds the credential in the clear.
struct SealedCredential {
    TenantId tenant;
    InstanceId intake;
    Shown shown = Shown::password;
    std::string user;     ///< empty for a print token
    std::string address;  ///< where the person's client is, for slowing guessers down
    Time made;
    auth::CredentialNonce nonce{};
    crypto::XwingCiphertext enc{};
    Bytes ciphertext;

    /// JSON text for the wire.
    [[nodiscard]] std::string encode() const;
    /// *Errors*: `malformed`, `too_large`.
    [[nodiscard]] static Result<SealedCredential> parse(std::string_view json);
};

/// Where a credential was shown: at which intake, for which tenant.
struct CredentialContext {
    TenantId tenant;
    InstanceId intake;
};

/// *Errors*: `key_invalid`.
[[nodiscard]] Result<SealedCredential> seal_credential(const crypto::XwingPublicKey& to,
                                                       const CredentialContext& context, Shown shown, std::string user,
                                                       std::string address, const crypto::Secret& secret,
                                                       const Clock& clock, Random& random);

/// Opens them at the release server. *Threads*: safe from several threads.
class CredentialOpener final {
public:
    CredentialOpener(crypto::XwingPrivateKey key, const Clock& clock);

    /// *Errors*: as `auth::CredentialOpener::open`.
    [[nodiscard]] Result<crypto::Secret> open(const SealedCredential& sealed);

    [[nodiscard]] const crypto::XwingPublicKey& public_key() const noexcept { return opener_.public_key(); }

private:
    auth::CredentialOpener opener_;
};

}  // namespace safeq::service
