// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hpke.hpp>

namespace safeq::service {

/// What a person showed at a listener.
enum class Shown : std::uint8_t {
    password = 1,     ///< user name and password (HTTP Basic)
    print_token = 2,  ///< the token of a personal printer address; no user name
};

/// A credential on its way from the listener that got it to the release server, sealed so that nothing in between (a
/// proxy, a log, the intake's own disk) ever holds it in the clear. HPKE as for spool files; the associated data binds
/// tenant, intake, user, kind, audience and a one-time nonce. Defeats logs and passive proxies; see
/// docs/threat-model.md.
struct SealedCredential {
    TenantId tenant;
    InstanceId intake;
    Shown shown = Shown::password;
    std::string user;     ///< empty for a print token
    std::string address;  ///< where the person's client is, for slowing guessers down
    Time made;
    std::array<std::byte, 16> nonce{};
    crypto::XwingCiphertext enc{};
    Bytes ciphertext;

    /// JSON text for the wire.
    [[nodiscard]] std::string encode() const;
    /// *Errors*: `malformed`, `too_large`.
    [[nodiscard]] static Result<SealedCredential> parse(std::string_view json);
};

struct CredentialContext {
    TenantId tenant;
    InstanceId intake;
};

/// *Errors*: `key_invalid`.
[[nodiscard]] Result<SealedCredential> seal_credential(const crypto::XwingPublicKey& to,
                                                       const CredentialContext& context, Shown shown, std::string user,
                                                       std::string address, const crypto::Secret& secret,
                                                       const Clock& clock, Random& random);

/// Opens sealed credentials at the release server, each nonce once. *Threads*: safe from several threads.
class CredentialOpener final {
public:
    /// A credential may be this old, or come from a clock this far ahead.
    static constexpr std::chrono::minutes window{2};

    CredentialOpener(crypto::XwingPrivateKey key, const Clock& clock) : key_{std::move(key)}, clock_{clock} {}

    /// The secret; the nonce is spent first, whatever comes after.
    /// *Errors*: `expired` outside the window, `duplicate` for a nonce seen before, `authentication_failed`, `busy`
    /// when more nonces are alive than memory is set aside for.
    [[nodiscard]] Result<crypto::Secret> open(const SealedCredential& sealed);

    [[nodiscard]] const crypto::XwingPublicKey& public_key() const noexcept { return key_.public_key(); }

private:
    static constexpr std::size_t max_nonces = 200'000;
    crypto::XwingPrivateKey key_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::array<std::byte, 16>, Time> spent_;
};

}  // namespace safeq::service
