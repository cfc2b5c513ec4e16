// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::tls {

class Policy;
struct Backend;  // the library behind; only lib/tls knows it

/// A SHA-256 digest of a certificate, or of its public key.
using Fingerprint = std::array<std::byte, 32>;

/// An X.509 certificate, parsed; nothing is verified by parsing. Cheap to copy.
/// *Threads*: const and safe everywhere.
class Certificate final {
public:
    /// Exactly one certificate. *Errors*: `malformed`, `trailing_data` for a second one.
    [[nodiscard]] static Result<Certificate> from_pem(std::string_view pem);
    /// Exactly one certificate. *Errors*: `malformed`, also when bytes follow; `too_large` over 64 KiB.
    [[nodiscard]] static Result<Certificate> from_der(ByteView der);

    /// One or more, in the order of the text. *Errors*: `malformed`, `too_many` over 16.
    [[nodiscard]] static Result<std::vector<Certificate>> chain_from_pem(std::string_view pem);

    /// The common name, or empty.
    [[nodiscard]] const std::string& common_name() const noexcept;
    /// The subject as "CN=…,O=…", for people.
    [[nodiscard]] const std::string& subject() const noexcept;
    /// The issuer in the same form.
    [[nodiscard]] const std::string& issuer() const noexcept;
    [[nodiscard]] const std::vector<std::string>& dns_names() const noexcept;
    [[nodiscard]] const std::vector<std::string>& ip_addresses() const noexcept;
    [[nodiscard]] const std::vector<std::string>& uris() const noexcept;

    /// Who it is for our own purposes: its only `safeq:` URI ("safeq:daemon:intake", "safeq:device:<uuid>"), else
    /// "sha256:<fingerprint in hex>". Authorises nothing unless the certificate was verified.
    [[nodiscard]] const std::string& id() const noexcept;

    /// SHA-256 over the whole certificate.
    [[nodiscard]] const Fingerprint& fingerprint() const noexcept;
    /// SHA-256 over its SubjectPublicKeyInfo: the value that a `Pin` holds; stays the same when the key is renewed
    /// with.
    [[nodiscard]] const Fingerprint& key_fingerprint() const noexcept;
    /// The serial number in lower-case hex.
    [[nodiscard]] const std::string& serial() const noexcept;
    [[nodiscard]] Time not_before() const noexcept;
    [[nodiscard]] Time not_after() const noexcept;
    [[nodiscard]] bool is_authority() const noexcept;
    /// "ECDSA", "RSA", …
    [[nodiscard]] const std::string& key_algorithm() const noexcept;

    [[nodiscard]] ByteView der() const noexcept;
    [[nodiscard]] std::string pem() const;

    /// The same bytes.
    friend bool operator==(const Certificate& a, const Certificate& b) noexcept { return same_bytes(a.der(), b.der()); }

    struct Impl;

private:
    friend struct Backend;
    explicit Certificate(std::shared_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}
    std::shared_ptr<const Impl> impl_;
};

/// The text of one or more certificates, the leaf first.
struct ChainPem {
    std::string_view text;
};
/// The text of one private key, PKCS #8 ("BEGIN PRIVATE KEY"), not encrypted.
struct KeyPem {
    std::string_view text;
};
/// The text of one or more certificates of authorities.
struct AuthoritiesPem {
    std::string_view text;
};
/// The text of any number of revocation lists; may be empty.
struct CrlsPem {
    std::string_view text;
};

/// A private key on P-256 or P-384 that never is in this process: in a PKCS#11 token, a TPM, another process.
/// *Threads*: implementations are safe to use from several threads.
class ExternalKey {
public:
    virtual ~ExternalKey() = default;

    /// ECDSA over a digest of 32, 48 or 64 bytes, of which FIPS 186-5 takes the leading bits: r ‖ s, each as long as
    /// the curve's order. Called in each handshake, which waits for it. *Errors*: end the handshake.
    [[nodiscard]] virtual Result<Bytes> sign(ByteView digest) const = 0;

protected:
    ExternalKey() = default;
    ExternalKey(const ExternalKey&) = default;
    ExternalKey& operator=(const ExternalKey&) = default;
};

/// A certificate chain and the private key of its leaf: what a server or a client proves itself with.
/// *Secrets*: the key is wiped when the last user lets go. *Threads*: const and safe everywhere.
class Credentials final {
public:
    /// *Errors*: `malformed`; `key_invalid` when the key is not the leaf's or of a kind that TLS doesn't use.
    [[nodiscard]] static Result<std::shared_ptr<const Credentials>> from_pem(ChainPem chain, KeyPem key);

    /// From a PKCS#12 file (DER, at most 1 MiB) as OpenSSL 3 and others of today write it: a MAC by HMAC with SHA-2,
    /// PBES2 with AES-CBC and PBKDF2 by HMAC with SHA-2, one private key. The chain is put in order; certificates that
    /// are no part of it are left out. *Errors*: `authentication_failed` for a wrong password or a damaged file;
    /// `unsupported` for what is older (RC2, 3DES, SHA-1; the detail says how to convert), newer (PBMAC1), or without a
    /// MAC; `malformed`, `too_large` (also for over 2,000,000 iterations), `too_many`, `key_invalid`.
    /// *Secrets*: what was decrypted is wiped. *Source*: RFC 7292, RFC 8018.
    [[nodiscard]] static Result<std::shared_ptr<const Credentials>> from_pkcs12(ByteView file,
                                                                                const crypto::Secret& password);

    /// From a key that is kept elsewhere. *Errors*: `malformed`; `key_invalid` when the leaf's key is no P-256 or
    /// P-384 key, or when what the key signs, once, doesn't verify by it; those of `ExternalKey::sign`.
    [[nodiscard]] static Result<std::shared_ptr<const Credentials>> from_external(
        ChainPem chain, std::shared_ptr<const ExternalKey> key);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    /// The leaf first; not empty.
    [[nodiscard]] const std::vector<Certificate>& chain() const noexcept;
    [[nodiscard]] const Certificate& certificate() const noexcept { return chain().front(); }

    struct Impl;

private:
    friend struct Backend;
    explicit Credentials(std::unique_ptr<const Impl> impl) noexcept;
    [[nodiscard]] static Result<std::shared_ptr<const Credentials>> assemble(std::unique_ptr<Impl> impl);
    std::unique_ptr<const Impl> impl_;
};

/// What happens to a certificate whose issuer has published no revocation list that we hold; asked for each certificate
/// on the way to the anchor.
enum class Revocation {
    required,    ///< refused: for our own authority, which always publishes one
    when_known,  ///< accepted; a list that is there still counts, and must not be stale
};

/// What the holder of a certificate is about to do with it: be called, or call.
enum class PeerRole { server, client };

/// The authorities that certificates must lead to, and their revocation lists. *Threads*: const and safe everywhere.
class TrustAnchors final {
public:
    /// Self-signed authorities, and authorities that these have issued, directly or not: the latter are no anchors, but
    /// their revocation lists count, and a peer need not show them.
    /// *Errors*: `malformed`; `certificate_untrusted` for a certificate that is neither, or a list that none of the
    /// authorities signed.
    [[nodiscard]] static Result<std::shared_ptr<const TrustAnchors>> from_pem(AuthoritiesPem authorities, CrlsPem crls,
                                                                              Revocation revocation);
    ~TrustAnchors();
    TrustAnchors(const TrustAnchors&) = delete;
    TrustAnchors& operator=(const TrustAnchors&) = delete;

    /// All of them, in the order of the text.
    [[nodiscard]] const std::vector<Certificate>& authorities() const noexcept;

    /// When the first of the revocation lists no longer counts; nothing where there is none, or none that ends.
    [[nodiscard]] std::optional<Time> revocation_end() const noexcept;

    /// Whether one of the revocation lists names the certificate, also a list that no longer counts.
    [[nodiscard]] bool revokes(const Certificate& certificate) const;

    /// Whether the chain (leaf first) leads to one of the authorities at that time, is meant for that role, is not
    /// revoked, and bears `name`: a DNS name, an IP address or a URI such as "safeq:daemon:release"; empty for any.
    /// Each certificate on the way, but the anchor, must be signed by a scheme that the policy has (of ECDSA the hash
    /// counts, not the curve), and each key, the anchor's too, reach its minimum; of several ways one is enough.
    /// *Errors*: `certificate_missing` for an empty chain, `certificate_untrusted` (the detail says what the policy has
    /// against which certificate), `certificate_expired` (also when not valid yet), `certificate_revoked`.
    [[nodiscard]] Result<void> verify(const std::vector<Certificate>& chain, PeerRole role, std::string_view name,
                                      const Policy& policy, Time now) const;

    struct Impl;

private:
    friend struct Backend;
    explicit TrustAnchors(std::unique_ptr<const Impl> impl) noexcept;
    std::unique_ptr<const Impl> impl_;
};

/// One public key, named by the SHA-256 of its SubjectPublicKeyInfo: for devices with certificates of their own making.
/// Names in the certificate count for nothing, nor does who signed it and how: who pinned the key vouched for it. Nor
/// do a server's dates; a client's do. The key itself must reach the policy's minimum.
struct Pin {
    Fingerprint key{};

    /// The pin of this certificate's key.
    [[nodiscard]] static Pin of(const Certificate& certificate) noexcept { return {certificate.key_fingerprint()}; }
    /// Reads "sha256:" and 64 lower-case hex digits. *Errors*: `malformed`.
    [[nodiscard]] static Result<Pin> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Pin&, const Pin&) = default;
};

/// A certificate that leads to an authority and bears a name.
struct Anchored {
    std::shared_ptr<const TrustAnchors> anchors;
    std::string name;  ///< as for `TrustAnchors::verify`, not empty
};

/// How a client makes sure of its server.
using PeerCheck = std::variant<Anchored, Pin>;

}  // namespace safeq::tls
