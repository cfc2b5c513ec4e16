// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/authority.hpp>

#include <algorithm>

#include <botan/ber_dec.h>
#include <botan/bigint.h>
#include <botan/data_src.h>
#include <botan/der_enc.h>
#include <botan/dns_name.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/ipv4_address.h>
#include <botan/ipv6_address.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>
#include <botan/uri.h>
#include <botan/x509_ca.h>
#include <botan/x509_ext.h>

#include <safeq/core/text.hpp>
#include <tls/backend.hpp>

namespace safeq::tls {

using std::chrono::seconds;

struct Authority::Impl {
    Certificate certificate;
    std::unique_ptr<Botan::Private_Key> key;
    Botan::X509_CRL crl;
};

namespace {

constexpr seconds clock_leeway = std::chrono::minutes{5};
constexpr seconds longest = std::chrono::years{100};
constexpr std::size_t max_names = 64;
constexpr const char* hash = "SHA-256";

/// Calendar time of a certificate: whole seconds.
Botan::X509_Time to_x509(Time time) {
    const auto whole = std::chrono::floor<seconds>(time.time_since_epoch());
    return Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>(std::max(whole, seconds{0}).count()));
}

std::chrono::system_clock::time_point begin_of(Time now) {
    return std::chrono::time_point_cast<std::chrono::system_clock::duration>(std::chrono::floor<seconds>(now) -
                                                                             clock_leeway);
}

Result<void> check_lifetime(seconds lifetime, const char* what) {
    if (lifetime <= seconds{0} || lifetime > longest)
        return fail(Errc::invalid_argument, what, "must be more than nothing and at most 100 years");
    return {};
}

Result<Botan::X509_DN> distinguished_name(const std::string& common_name) {
    if (common_name.empty()) return fail(Errc::invalid_argument, "common name", "is empty");
    SAFEQ_TRY_VOID(check_name(common_name, 64, "common name"));
    Botan::X509_DN name;
    name.add_attribute("X520.CommonName", common_name);
    return name;
}

Result<Botan::AlternativeName> alternative_names(const CertificateRequest& request) {
    if (request.dns_names.size() + request.ip_addresses.size() + request.uris.size() > max_names)
        return fail(Errc::invalid_argument, "names", "over 64");
    Botan::AlternativeName names;
    for (const std::string& text : request.dns_names) {
        auto dns = Botan::DNSName::from_san_string(text);
        if (!dns) return fail(Errc::invalid_argument, "DNS name", escape_for_log(text));
        names.add_dns(std::move(*dns));
    }
    for (const std::string& text : request.ip_addresses) {
        if (const auto v4 = Botan::IPv4Address::from_string(text)) {
            names.add_ipv4_address(*v4);
        } else if (const auto v6 = Botan::IPv6Address::from_string(text)) {
            names.add_ipv6_address(*v6);
        } else {
            return fail(Errc::invalid_argument, "IP address", escape_for_log(text));
        }
    }
    for (const std::string& text : request.uris) {
        auto uri = Botan::URI::from_string(text);
        if (!uri) return fail(Errc::invalid_argument, "URI", escape_for_log(text));
        names.add_uri(std::move(*uri));
    }
    return names;
}

std::vector<Botan::OID> extended_usage(Purpose purpose) {
    const auto server = Botan::OID::from_string("PKIX.ServerAuth"), client = Botan::OID::from_string("PKIX.ClientAuth");
    switch (purpose) {
        case Purpose::server: return {server};
        case Purpose::client: return {client};
        case Purpose::server_and_client: return {server, client};
    }
    return {};
}

std::unique_ptr<Botan::Private_Key> new_key(KeyKind kind, Botan::RandomNumberGenerator& random) {
    switch (kind) {
        case KeyKind::ecdsa_p256:
            return std::make_unique<Botan::ECDSA_PrivateKey>(random, Botan::EC_Group::from_name("secp256r1"));
        case KeyKind::rsa_2048: return std::make_unique<Botan::RSA_PrivateKey>(random, 2048);
        case KeyKind::rsa_3072: return std::make_unique<Botan::RSA_PrivateKey>(random, 3072);
    }
    return nullptr;
}

crypto::Secret pem_of(const Botan::Private_Key& key) {
    std::string pem = Botan::PKCS8::PEM_encode(key);
    crypto::Secret secret = crypto::Secret::copy_of(pem);
    crypto::wipe(std::as_writable_bytes(std::span{pem}));
    return secret;
}

/// A list's entry with the date handed in; the backend's own constructor takes it from the machine's clock.
Botan::CRL_Entry revoked_entry(const Botan::X509_Certificate& certificate, Time when) {
    std::vector<std::uint8_t> der;
    Botan::DER_Encoder{der}.start_sequence().encode(certificate.serial().to_bigint()).encode(to_x509(when)).end_cons();
    Botan::BER_Decoder decoder{der};
    Botan::CRL_Entry entry;
    entry.decode_from(decoder);
    return entry;
}

/// What a certificate says of its holder.
struct Holder {
    const Botan::X509_DN& name;
    const Botan::AlternativeName& names;
    const std::vector<Botan::OID>& purposes;
    const Botan::Public_Key& key;
};

Botan::X509_Certificate sign(const Authority::Impl& authority, const Holder& holder, seconds lifetime, Time now,
                             Botan::RandomNumberGenerator& random) {
    const Botan::Public_Key& key = holder.key;
    const Botan::X509_Certificate& issuer = Backend::of(authority.certificate);
    const auto usage =
        key.algo_name() == "RSA"
            ? Botan::Key_Constraints{Botan::Key_Constraints::DigitalSignature | Botan::Key_Constraints::KeyEncipherment}
            : Botan::Key_Constraints{Botan::Key_Constraints::DigitalSignature};
    Botan::Extensions extensions;
    extensions.add(std::make_unique<Botan::Cert_Extension::Basic_Constraints>(false, std::nullopt), true);
    extensions.add(std::make_unique<Botan::Cert_Extension::Key_Usage>(usage), true);
    extensions.add(std::make_unique<Botan::Cert_Extension::Extended_Key_Usage>(holder.purposes));
    extensions.add(std::make_unique<Botan::Cert_Extension::Subject_Alternative_Name>(holder.names));
    extensions.add(std::make_unique<Botan::Cert_Extension::Subject_Key_ID>(key));
    extensions.add(std::make_unique<Botan::Cert_Extension::Authority_Key_ID>(issuer.subject_key_id()));
    const Time end = std::min(now + lifetime, authority.certificate.not_after());
    Botan::X509_CA signer{issuer, *authority.key, hash, random};
    return Botan::X509_CA::make_cert(signer.signature_op(), random, signer.algorithm_identifier(),
                                     key.subject_public_key(), to_x509(now - clock_leeway), to_x509(end),
                                     issuer.subject_dn(), holder.name, extensions);
}

Botan::X509_Certificate self_sign(const Botan::Private_Key& key, const Botan::X509_DN& name, Time now, seconds lifetime,
                                  Botan::RandomNumberGenerator& random) {
    using Usage = Botan::Key_Constraints;
    Botan::Extensions extensions;
    extensions.add(std::make_unique<Botan::Cert_Extension::Basic_Constraints>(true, std::size_t{0}), true);
    extensions.add(std::make_unique<Botan::Cert_Extension::Key_Usage>(Usage{Usage::KeyCertSign | Usage::CrlSign}),
                   true);
    extensions.add(std::make_unique<Botan::Cert_Extension::Subject_Key_ID>(*key.public_key()));
    const auto signer = Botan::X509_Object::choose_sig_format(key, random, hash, "");
    return Botan::X509_CA::make_cert(*signer, random, signer->algorithm_identifier(), key.subject_public_key(),
                                     to_x509(now - clock_leeway), to_x509(now + lifetime), name, name, extensions);
}

Result<void> check_issued(const Authority::Impl& authority, const Botan::X509_Certificate& x509,
                          const std::string& subject) {
    const Botan::X509_Certificate& issuer = Backend::of(authority.certificate);
    if (x509.issuer_dn() != issuer.subject_dn() || x509.is_CA_cert() ||
        !x509.check_signature(*issuer.subject_public_key()))
        return fail(Errc::certificate_untrusted, "authority", "another one issued " + subject);
    return {};
}

}  // namespace

Authority::Authority(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Result<Authority> Authority::create(const Request& request, Time now, Random& random) {
    SAFEQ_TRY_VOID(check_lifetime(request.lifetime, "authority's lifetime"));
    SAFEQ_TRY_VOID(check_lifetime(request.crl_lifetime, "revocation list's lifetime"));
    return crypto::at_seam("authority", Errc::crypto_failed, [&]() -> Result<Authority> {
        SAFEQ_TRY(const Botan::X509_DN name, distinguished_name(request.common_name));
        RandomAdapter adapter{random};
        auto key = new_key(KeyKind::ecdsa_p256, adapter);
        Certificate certificate = Backend::wrap(self_sign(*key, name, now, request.lifetime, adapter));
        const Botan::X509_CA signer{Backend::of(certificate), *key, hash, adapter};
        Botan::X509_CRL crl = signer.new_crl(adapter, begin_of(now), request.crl_lifetime + clock_leeway);
        return Authority{std::make_unique<Impl>(Impl{std::move(certificate), std::move(key), std::move(crl)})};
    });
}

Result<Authority> Authority::open(ChainPem certificate_pem, KeyPem key_pem, CrlsPem crl_pem) {
    SAFEQ_TRY(Certificate certificate, Certificate::from_pem(certificate_pem.text));
    SAFEQ_TRY(auto key, read_key(key_pem));
    SAFEQ_TRY(const auto crls, read_crls(crl_pem));
    return crypto::at_seam("authority", Errc::malformed, [&]() -> Result<Authority> {
        const Botan::X509_Certificate& x509 = Backend::of(certificate);
        if (!certificate.is_authority() || !x509.is_self_signed())
            return fail(Errc::certificate_untrusted, "authority",
                        "the certificate is not one of a self-signed authority");
        if (!belongs_to(*key, x509))
            return fail(Errc::key_invalid, "authority", "the private key is not the certificate's");
        if (crls.size() != 1) return fail(Errc::malformed, "authority", "exactly one revocation list is expected");
        if (crls.front().issuer_dn() != x509.subject_dn() || !crls.front().check_signature(*x509.subject_public_key()))
            return fail(Errc::certificate_untrusted, "authority", "the revocation list is another authority's");
        return Authority{std::make_unique<Impl>(Impl{std::move(certificate), std::move(key), crls.front()})};
    });
}

Result<Issued> Authority::issue(const CertificateRequest& request, Time now, Random& random) const {
    return crypto::at_seam("certificate", Errc::crypto_failed, [&]() -> Result<Issued> {
        RandomAdapter adapter{random};
        const auto key = new_key(request.key_kind, adapter);
        crypto::Secret pem = pem_of(*key);
        SAFEQ_TRY(Certificate certificate, issue_for(request, KeyPem{as_text(pem.expose())}, now, random));
        return Issued{std::move(certificate), std::move(pem)};
    });
}

Result<Certificate> Authority::issue_for(const CertificateRequest& request, KeyPem key_pem, Time now,
                                         Random& random) const {
    SAFEQ_TRY_VOID(check_lifetime(request.lifetime, "certificate's lifetime"));
    if (now >= impl_->certificate.not_after()) return fail(Errc::expired, "authority", impl_->certificate.subject());
    SAFEQ_TRY(const auto key, read_key(key_pem));
    return crypto::at_seam("certificate", Errc::crypto_failed, [&]() -> Result<Certificate> {
        SAFEQ_TRY(const Botan::X509_DN subject, distinguished_name(request.common_name));
        SAFEQ_TRY(const Botan::AlternativeName names, alternative_names(request));
        RandomAdapter adapter{random};
        const std::vector<Botan::OID> purposes = extended_usage(request.purpose);
        return Backend::wrap(sign(*impl_, {subject, names, purposes, *key}, request.lifetime, now, adapter));
    });
}

Result<Certificate> Authority::renew(const Certificate& certificate, seconds lifetime, Time now, Random& random) const {
    SAFEQ_TRY_VOID(check_lifetime(lifetime, "certificate's lifetime"));
    if (now >= impl_->certificate.not_after()) return fail(Errc::expired, "authority", impl_->certificate.subject());
    return crypto::at_seam("certificate", Errc::crypto_failed, [&]() -> Result<Certificate> {
        const Botan::X509_Certificate& x509 = Backend::of(certificate);
        SAFEQ_TRY_VOID(check_issued(*impl_, x509, certificate.subject()));
        if (impl_->crl.is_revoked(x509)) return fail(Errc::certificate_revoked, "renewal", certificate.subject());
        const auto key = x509.subject_public_key();
        RandomAdapter adapter{random};
        return Backend::wrap(sign(*impl_, {x509.subject_dn(), x509.subject_alt_name(), x509.extended_key_usage(), *key},
                                  lifetime, now, adapter));
    });
}

Result<void> Authority::renew_self(seconds lifetime, Time now, Random& random) {
    SAFEQ_TRY_VOID(check_lifetime(lifetime, "authority's lifetime"));
    return crypto::at_seam("authority", Errc::crypto_failed, [&]() -> Result<void> {
        RandomAdapter adapter{random};
        const Botan::X509_DN& name = Backend::of(impl_->certificate).subject_dn();
        impl_->certificate = Backend::wrap(self_sign(*impl_->key, name, now, lifetime, adapter));
        return {};
    });
}

Result<void> Authority::revoke(const Certificate& certificate, Time now, seconds crl_lifetime, Random& random) {
    SAFEQ_TRY_VOID(check_lifetime(crl_lifetime, "revocation list's lifetime"));
    return crypto::at_seam("revocation", Errc::crypto_failed, [&]() -> Result<void> {
        const Botan::X509_Certificate& x509 = Backend::of(certificate);
        const Botan::X509_Certificate& issuer = Backend::of(impl_->certificate);
        SAFEQ_TRY_VOID(check_issued(*impl_, x509, certificate.subject()));
        std::vector<Botan::CRL_Entry> added;
        if (!impl_->crl.is_revoked(x509)) added.push_back(revoked_entry(x509, now));
        RandomAdapter adapter{random};
        const Botan::X509_CA signer{issuer, *impl_->key, hash, adapter};
        impl_->crl = signer.update_crl(impl_->crl, added, adapter, begin_of(now), crl_lifetime + clock_leeway);
        return {};
    });
}

Result<void> Authority::renew_crl(Time now, seconds crl_lifetime, Random& random) {
    SAFEQ_TRY_VOID(check_lifetime(crl_lifetime, "revocation list's lifetime"));
    return crypto::at_seam("revocation list", Errc::crypto_failed, [&]() -> Result<void> {
        RandomAdapter adapter{random};
        const Botan::X509_CA signer{Backend::of(impl_->certificate), *impl_->key, hash, adapter};
        impl_->crl = signer.update_crl(impl_->crl, {}, adapter, begin_of(now), crl_lifetime + clock_leeway);
        return {};
    });
}

const Certificate& Authority::certificate() const noexcept { return impl_->certificate; }

std::string Authority::crl_pem() const { return impl_->crl.PEM_encode(); }

Time Authority::crl_next_update() const noexcept {
    return Time{seconds{static_cast<std::int64_t>(impl_->crl.next_update().time_since_epoch())}};
}

crypto::Secret Authority::key_pem() const { return pem_of(*impl_->key); }

}  // namespace safeq::tls
