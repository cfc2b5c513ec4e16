// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/spool/root_keys.hpp>

namespace safeq::connect {

/// Root keys in a PKCS#11 token (an HSM, a smart card, a TPM behind its module): AES-256 keys that are made in the
/// token, sensitive and not extractable, labelled `<object> <generation>`. What is wrapped is encrypted under a fresh
/// key (AES-KWP), and that key in the token (AES-GCM); so the token sees 32 bytes each time, however long the secret.
/// *Threads*: safe from several threads; calls wait for each other, as for the token.
/// *Source*: PKCS#11 2.40; RFC 7512; docs/formats/epochs_v1.md.
class Pkcs11RootKeys final : public spool::RootKeys {
public:
    /// Opens the one token that the URI names and logs in. `token`, `serial`, `manufacturer`, `model` choose it;
    /// `object` (default "safeq root") names the keys; `module-path` the module, which otherwise is one that p11-kit
    /// knows; `pin-source=file:…` the file with the user's PIN, of which a trailing newline is no part. `pin-value` is
    /// refused: an address is no place for a secret. *Errors*: `malformed` for the URI; `unsupported` for parts of it
    /// that name something else; `not_found`, `duplicate` when no token or several are meant; `permission` when others
    /// may read the PIN file; `denied` when the token refuses the PIN (it isn't tried again); `unavailable` for
    /// everything that the module reports, with its name for it.
    [[nodiscard]] static Result<std::unique_ptr<Pkcs11RootKeys>> open(std::string_view uri, Random& random);
    ~Pkcs11RootKeys() override;

    [[nodiscard]] Result<std::set<std::uint64_t>> generations() override;
    [[nodiscard]] Result<void> create(std::uint64_t generation) override;
    [[nodiscard]] Result<Bytes> wrap(std::uint64_t generation, ByteView secret) override;
    /// *Errors*: also `unsupported` for a key that could leave the token: somebody else made it.
    [[nodiscard]] Result<crypto::Secret> unwrap(std::uint64_t generation, ByteView wrapped) override;
    [[nodiscard]] Result<void> destroy(std::uint64_t generation) override;

    /// As the token's slot says; a token in software (SoftHSM) doesn't.
    [[nodiscard]] bool hardware() const noexcept override;

private:
    struct Impl;
    explicit Pkcs11RootKeys(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::connect
