// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <botan/asn1_time.h>
#include <botan/certstor.h>
#include <botan/pk_keys.h>
#include <botan/rng.h>
#include <botan/x509_crl.h>
#include <botan/x509cert.h>

#include <crypto/botan_bytes.hpp>
#include <crypto/seam.hpp>
#include <safeq/core/random.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::tls {

struct Certificate::Impl {
    Botan::X509_Certificate x509;
    Bytes der;
    std::string common_name, subject, issuer, id, serial, key_algorithm;
    std::vector<std::string> dns_names, ip_addresses, uris;
    Fingerprint fingerprint{}, key_fingerprint{};
    Time not_before{}, not_after{};
    bool authority = false;
};

struct Credentials::Impl {
    std::vector<Certificate> chain;
    std::vector<Botan::X509_Certificate> x509;
    std::shared_ptr<Botan::Private_Key> key;
};

struct TrustAnchors::Impl {
    std::vector<Certificate> authorities;
    std::unique_ptr<Botan::Certificate_Store_In_Memory> store;  // the self-signed ones, and all lists
    std::vector<Botan::X509_Certificate> issued;                // the others
    std::vector<Botan::X509_CRL> lists;
    Revocation revocation = Revocation::required;
    std::optional<Time> revocation_end;
};

/// The way from our types to the backend's.
struct Backend {
    [[nodiscard]] static const Botan::X509_Certificate& of(const Certificate& certificate) {
        return certificate.impl_->x509;
    }
    [[nodiscard]] static const Credentials::Impl& of(const Credentials& credentials) { return *credentials.impl_; }
    [[nodiscard]] static const TrustAnchors::Impl& of(const TrustAnchors& anchors) { return *anchors.impl_; }
    [[nodiscard]] static const ServerContext::Impl& of(const ServerContext& context) { return *context.impl_; }
    [[nodiscard]] static const ClientContext::Impl& of(const ClientContext& context) { return *context.impl_; }

    /// Reads what we keep of a certificate. May throw what the backend throws.
    [[nodiscard]] static Certificate wrap(Botan::X509_Certificate x509);
    [[nodiscard]] static std::vector<Certificate> wrap(const std::vector<Botan::X509_Certificate>& chain);
};

/// Whether a certificate's own key signed it; of one that the backend had no memory to check it throws `bad_alloc`,
/// rather than take it for one by somebody else.
[[nodiscard]] bool self_signed(const Botan::X509_Certificate& x509);

/// The backend's calendar time.
[[nodiscard]] Time to_time(const Botan::ASN1_Time& time);

/// The DER inside each PEM block; text between blocks is skipped.
/// *Errors*: `malformed` for no block, a block of another label or one without its end; `too_large`; `too_many`.
[[nodiscard]] Result<std::vector<Botan::secure_vector<std::uint8_t>>> read_pem(std::string_view text,
                                                                               std::string_view label,
                                                                               std::size_t max_blocks);

/// An RSA, P-256 or P-384 private key. *Errors*: `malformed`, `key_invalid`.
[[nodiscard]] Result<std::unique_ptr<Botan::Private_Key>> read_key(KeyPem pem);

/// Whether a private key is of a kind that we use. *Errors*: `key_invalid`.
[[nodiscard]] Result<void> check_key(const Botan::Private_Key& key);

/// Any number of revocation lists, none included.
[[nodiscard]] Result<std::vector<Botan::X509_CRL>> read_crls(CrlsPem pem);

/// Whether `key` is the private half of the certificate's key.
[[nodiscard]] bool belongs_to(const Botan::Private_Key& key, const Botan::X509_Certificate& certificate);

/// The name of the curve where a key is one of the two that we use, else empty.
[[nodiscard]] std::string curve_name(const Botan::Public_Key& key);

/// Our randomness, as the backend wants it. *Requires*: `random` outlives it.
class RandomAdapter final : public Botan::RandomNumberGenerator {
public:
    explicit RandomAdapter(Random& random) noexcept : random_{random} {}

    bool accepts_input() const override { return false; }
    std::string name() const override { return "safeq"; }
    void clear() override {}
    bool is_seeded() const override { return true; }

private:
    void fill_bytes_with_input(std::span<std::uint8_t> output, std::span<const std::uint8_t>) override {
        random_.fill(std::as_writable_bytes(output));
    }

    Random& random_;
};

}  // namespace safeq::tls
