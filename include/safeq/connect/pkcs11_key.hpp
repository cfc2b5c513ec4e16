// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <safeq/tls/credentials.hpp>

namespace safeq::connect {

/// A TLS private key in a PKCS#11 token: on P-256 or P-384, sensitive and not extractable.
/// *Threads*: safe from several threads; signatures wait for each other, as for the token.
/// *Source*: PKCS#11 2.40 (CKM_ECDSA); RFC 7512.
class Pkcs11Key final : public tls::ExternalKey {
public:
    /// Opens the token that the URI names, by the same rules as `Pkcs11RootKeys`, and finds the one private key of that
    /// name; `object` is "safeq tls" by default. *Errors*: as there; `key_unknown`, `duplicate` for no such key or
    /// several; `unsupported` for one that could leave the token or is on another curve.
    [[nodiscard]] static Result<std::shared_ptr<const Pkcs11Key>> open(std::string_view uri);
    ~Pkcs11Key() override;
    Pkcs11Key(const Pkcs11Key&) = delete;
    Pkcs11Key& operator=(const Pkcs11Key&) = delete;

    /// *Errors*: `invalid_argument` for what is no digest; `unavailable` for everything that the module reports. A
    /// token that was taken out and put back must be opened anew.
    [[nodiscard]] Result<Bytes> sign(ByteView digest) const override;

private:
    struct Impl;
    explicit Pkcs11Key(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::connect
