// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/secret.hpp>
#include <safeq/tls/credentials.hpp>

namespace safeq::tls {

/// What kind of key is made for a certificate.
enum class KeyKind {
    ecdsa_p256,
    rsa_2048,  ///< for devices that know nothing else
    rsa_3072,
};

/// What a certificate may be used for (extended key usage).
enum class Purpose { server, client, server_and_client };

/// What the holder of a certificate is called and may do.
struct CertificateRequest {
    std::string common_name;                     ///< 1 to 64 bytes
    std::vector<std::string> dns_names = {};     ///< "print.example.org", "localhost"
    std::vector<std::string> ip_addresses = {};  ///< "127.0.0.1", "::1"
    std::vector<std::string> uris = {};          ///< "safeq:daemon:intake", "safeq:device:<uuid>"
    Purpose purpose = Purpose::server;
    std::chrono::seconds lifetime{};  ///< from now; never past the authority's own end
    KeyKind key_kind = KeyKind::ecdsa_p256;
};

/// A certificate and the private key made for it.
struct Issued {
    Certificate certificate;
    crypto::Secret key_pem;  ///< PKCS #8
};

/// A small certificate authority for one installation: ECDSA P-256, one level, with a revocation list from the start.
/// Certificates begin five minutes before they are made, for clocks that are behind.
/// *Threads*: one at a time for `revoke`, `renew_crl` and `renew_self`; the rest is const and safe.
class Authority final {
public:
    /// What a new authority is called, and how long it and its revocation lists count.
    struct Request {
        std::string common_name;
        std::chrono::seconds lifetime{};
        std::chrono::seconds crl_lifetime{};  ///< how long a revocation list counts before it must be renewed
    };

    /// Makes key, certificate and empty revocation list. *Errors*: `invalid_argument`, `crypto_failed`.
    [[nodiscard]] static Result<Authority> create(const Request& request, Time now, Random& random);

    /// From what `certificate()`, `key_pem()` and `crl_pem()` gave. *Errors*: `malformed`, `key_invalid`,
    /// `certificate_untrusted` when the parts don't belong together.
    [[nodiscard]] static Result<Authority> open(ChainPem certificate, KeyPem key, CrlsPem crl);

    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;
    ~Authority();

    /// A certificate with a key of its own. *Errors*: `invalid_argument` for names that are none, `expired` when the
    /// authority's own time is over.
    [[nodiscard]] Result<Issued> issue(const CertificateRequest& request, Time now, Random& random) const;

    /// A new certificate for a key that is there already (renewal: pins stay valid); `request.key_kind` counts for
    /// nothing. *Errors*: as `issue`; `malformed`, `key_invalid`.
    [[nodiscard]] Result<Certificate> issue_for(const CertificateRequest& request, KeyPem key, Time now,
                                                Random& random) const;

    /// The same certificate for another while: names, purposes and key stay, so pins hold, and the private key isn't
    /// needed. *Errors*: `invalid_argument` for a lifetime that is none, `expired` as `issue`; `certificate_untrusted`
    /// when another authority issued it, `certificate_revoked`.
    [[nodiscard]] Result<Certificate> renew(const Certificate& certificate, std::chrono::seconds lifetime, Time now,
                                            Random& random) const;

    /// Renews the authority's own certificate, with its name and key: what it issued goes on to lead to it, also where
    /// the former certificate is at hand. *Errors*: `invalid_argument`, `crypto_failed`.
    [[nodiscard]] Result<void> renew_self(std::chrono::seconds lifetime, Time now, Random& random);

    /// Puts the certificate on the revocation list, which then counts anew from `now`; a second time changes nothing
    /// but that. *Errors*: `certificate_untrusted` when another authority issued it.
    [[nodiscard]] Result<void> revoke(const Certificate& certificate, Time now, std::chrono::seconds crl_lifetime,
                                      Random& random);

    /// The same list, counting anew from `now`.
    [[nodiscard]] Result<void> renew_crl(Time now, std::chrono::seconds crl_lifetime, Random& random);

    [[nodiscard]] const Certificate& certificate() const noexcept;
    [[nodiscard]] std::string crl_pem() const;
    [[nodiscard]] Time crl_next_update() const noexcept;
    /// The private key (PKCS #8), for writing it to its file.
    [[nodiscard]] crypto::Secret key_pem() const;

    struct Impl;

private:
    explicit Authority(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::tls
