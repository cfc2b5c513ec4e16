// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <botan/pkix_types.h>
#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/crypto/hash.hpp>
#include <tls/backend.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_chain = 16;
constexpr std::size_t max_certificate_bytes = 64 * 1024;

std::string identity(const Certificate::Impl& certificate) {
    const auto ours = [](const std::string& uri) { return uri.starts_with("safeq:"); };
    if (std::ranges::count_if(certificate.uris, ours) == 1) return *std::ranges::find_if(certificate.uris, ours);
    return "sha256:" + to_hex(certificate.fingerprint);
}

}  // namespace

Time to_time(const Botan::ASN1_Time& time) {
    return Time{std::chrono::seconds{static_cast<std::int64_t>(time.time_since_epoch())}};
}

Certificate Backend::wrap(Botan::X509_Certificate x509) {
    auto impl = std::make_shared<Certificate::Impl>();
    const std::vector<std::uint8_t> der = x509.BER_encode();
    impl->der = to_bytes(crypto::from_botan(der));
    impl->common_name = x509.subject_dn().get_first_attribute("X520.CommonName");
    impl->subject = escape_for_log(x509.subject_dn().to_string(), 512);
    impl->issuer = escape_for_log(x509.issuer_dn().to_string(), 512);
    const std::vector<std::uint8_t> serial = x509.serial().magnitude();
    impl->serial = to_hex(crypto::from_botan(serial));
    const Botan::AlternativeName& names = x509.subject_alt_name();
    for (const auto& dns : names.dns_names()) impl->dns_names.push_back(dns.to_string());
    for (const auto& ip : names.ipv4_addresses()) impl->ip_addresses.push_back(ip.to_string());
    for (const auto& ip : names.ipv6_addresses()) impl->ip_addresses.push_back(ip.to_string());
    for (const auto& uri : names.uri_names()) impl->uris.push_back(uri.original_input());
    impl->fingerprint = crypto::sha256(impl->der);
    impl->key_fingerprint = crypto::sha256(crypto::from_botan(x509.subject_public_key_info()));
    impl->not_before = to_time(x509.not_before());
    impl->not_after = to_time(x509.not_after());
    impl->authority = x509.is_CA_cert();
    // By its identifier: a bundle of authorities may hold keys of kinds that we can't use.
    impl->key_algorithm = x509.subject_public_key_algo().oid().to_formatted_string();
    impl->id = identity(*impl);
    impl->x509 = std::move(x509);
    return Certificate{std::move(impl)};
}

std::vector<Certificate> Backend::wrap(const std::vector<Botan::X509_Certificate>& chain) {
    std::vector<Certificate> wrapped;
    wrapped.reserve(chain.size());
    for (const auto& x509 : chain) wrapped.push_back(wrap(x509));
    return wrapped;
}

Result<Certificate> Certificate::from_der(ByteView der) {
    if (der.size() > max_certificate_bytes) return fail(Errc::too_large, "certificate", "over 64 KiB");
    return crypto::at_seam("certificate", Errc::malformed, [&]() -> Result<Certificate> {
        Certificate parsed = Backend::wrap(Botan::X509_Certificate{crypto::to_botan(der)});
        if (!same_bytes(parsed.der(), der))
            return fail(Errc::malformed, "certificate", "not the DER of one certificate");
        return parsed;
    });
}

Result<std::vector<Certificate>> Certificate::chain_from_pem(std::string_view pem) {
    SAFEQ_TRY(const auto blocks, read_pem(pem, "CERTIFICATE", max_chain));
    std::vector<Certificate> chain;
    for (const auto& block : blocks) {
        SAFEQ_TRY(Certificate certificate, from_der(std::as_bytes(std::span{block})));
        chain.push_back(std::move(certificate));
    }
    return chain;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
    SAFEQ_TRY(const auto chain, chain_from_pem(pem));
    if (chain.size() != 1) return fail(Errc::trailing_data, "certificate", "more than one where one is expected");
    return chain.front();
}

const std::string& Certificate::common_name() const noexcept { return impl_->common_name; }
const std::string& Certificate::subject() const noexcept { return impl_->subject; }
const std::string& Certificate::issuer() const noexcept { return impl_->issuer; }
const std::vector<std::string>& Certificate::dns_names() const noexcept { return impl_->dns_names; }
const std::vector<std::string>& Certificate::ip_addresses() const noexcept { return impl_->ip_addresses; }
const std::vector<std::string>& Certificate::uris() const noexcept { return impl_->uris; }
const std::string& Certificate::id() const noexcept { return impl_->id; }
const Fingerprint& Certificate::fingerprint() const noexcept { return impl_->fingerprint; }
const Fingerprint& Certificate::key_fingerprint() const noexcept { return impl_->key_fingerprint; }
const std::string& Certificate::serial() const noexcept { return impl_->serial; }
Time Certificate::not_before() const noexcept { return impl_->not_before; }
Time Certificate::not_after() const noexcept { return impl_->not_after; }
bool Certificate::is_authority() const noexcept { return impl_->authority; }
const std::string& Certificate::key_algorithm() const noexcept { return impl_->key_algorithm; }
ByteView Certificate::der() const noexcept { return impl_->der; }

std::string Certificate::pem() const { return impl_->x509.PEM_encode(); }

}  // namespace safeq::tls
