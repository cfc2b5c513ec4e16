// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/credentials.hpp>

#include <algorithm>
#include <new>

#include <botan/dns_name.h>
#include <botan/ipv4_address.h>
#include <botan/ipv6_address.h>
#include <botan/x509_key.h>
#include <botan/x509path.h>

#include <tls/backend.hpp>
#include <tls/chain_rule.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_authorities = 512;

bool bears_name(const Certificate& certificate, std::string_view name) {
    const Botan::X509_Certificate& x509 = Backend::of(certificate);
    if (const auto v4 = Botan::IPv4Address::from_string(name)) return x509.matches_ip(*v4);
    if (const auto v6 = Botan::IPv6Address::from_string(name)) return x509.matches_ip(*v6);
    if (name.find(':') != name.npos) return std::ranges::find(certificate.uris(), name) != certificate.uris().end();
    // The backend would look into the common name for want of other names; nobody has issued such since 2017.
    if (certificate.dns_names().empty()) return false;
    const auto dns = Botan::DNSName::from_string(name);
    return dns && x509.matches_dns_name(*dns);
}

/// The backend answers "no" as well where it had no memory to check: what it denies it is asked again. And it takes a
/// key that it had no memory to read for a malformed one, but not where the key is read by itself.
bool signed_by(const Botan::X509_Certificate& issuer, const Botan::X509_Object& object, const Botan::X509_DN& named) {
    if (named != issuer.subject_dn()) return false;
    const auto key = Botan::X509::load_key(issuer.subject_public_key_info());
    return object.check_signature(*key) || object.check_signature(*key);
}

/// The first that no chain of the others leads to a self-signed one, or null. Their times are `verify`'s to judge.
const Certificate* without_anchor(const std::vector<Certificate>& authorities) {
    std::vector<const Certificate*> anchored, open;
    for (const Certificate& one : authorities) (self_signed(Backend::of(one)) ? anchored : open).push_back(&one);
    // Each that was anchored last may anchor others: every pair is looked at once.
    for (std::size_t next = 0; next < anchored.size() && !open.empty(); ++next) {
        const Botan::X509_Certificate& issuer = Backend::of(*anchored[next]);
        const auto theirs = std::ranges::stable_partition(open, [&](const Certificate* one) {
            const Botan::X509_Certificate& x509 = Backend::of(*one);
            return !signed_by(issuer, x509, x509.issuer_dn());
        });
        anchored.insert(anchored.end(), theirs.begin(), theirs.end());
        open.erase(theirs.begin(), theirs.end());
    }
    return open.empty() ? nullptr : open.front();
}

/// What a policy has against a path (leaf first, anchor last); of the anchor only the key counts, since nobody relies
/// on its signature.
std::optional<std::string> path_fault(const Policy& policy, const std::vector<Botan::X509_Certificate>& path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool anchor = i + 1 == path.size();
        if (const auto fault = anchor ? key_fault(policy, path[i]) : chain_fault(policy, path[i]))
            return path[i].subject_dn().to_string() + ": " + *fault;
    }
    return std::nullopt;
}

Error judge(const Botan::Path_Validation_Result& verdict, const std::string& who) {
    using Code = Botan::Certificate_Status_Code;
    const auto refused = [&](Errc code, Code why) {
        return Error{code, "peer certificate", who + ": " + to_string(why)};
    };
    if (verdict.result() == Code::CERT_IS_REVOKED) return refused(Errc::certificate_revoked, verdict.result());
    // The gravest status is the result; an expired certificate beside a stale revocation list is still an expired one.
    if (verdict.result() < Code::FIRST_ERROR_STATUS_TO_SKIP_REVOCATION)
        for (const auto& statuses : verdict.all_statuses())
            for (const Code status : statuses)
                if (status == Code::CERT_HAS_EXPIRED || status == Code::CERT_NOT_YET_VALID)
                    return refused(Errc::certificate_expired, status);
    return refused(Errc::certificate_untrusted, verdict.result());
}

}  // namespace

bool self_signed(const Botan::X509_Certificate& x509) {
    if (x509.is_self_signed()) return true;
    if (signed_by(x509, x509, x509.issuer_dn())) throw std::bad_alloc{};
    return false;
}

Credentials::Credentials(std::unique_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}
Credentials::~Credentials() = default;

Result<std::shared_ptr<const Credentials>> Credentials::from_pem(ChainPem chain, KeyPem key) {
    auto impl = std::make_unique<Impl>();
    SAFEQ_TRY(impl->chain, Certificate::chain_from_pem(chain.text));
    SAFEQ_TRY(impl->key, read_key(key));
    return assemble(std::move(impl));
}

Result<std::shared_ptr<const Credentials>> Credentials::assemble(std::unique_ptr<Impl> impl) {
    for (const Certificate& certificate : impl->chain) impl->x509.push_back(Backend::of(certificate));
    return crypto::at_seam("credentials", Errc::key_invalid, [&]() -> Result<std::shared_ptr<const Credentials>> {
        if (!belongs_to(*impl->key, impl->x509.front()))
            return fail(Errc::key_invalid, "credentials", "the private key is not that of the first certificate");
        return std::shared_ptr<const Credentials>{new Credentials{std::move(impl)}};
    });
}

const std::vector<Certificate>& Credentials::chain() const noexcept { return impl_->chain; }

TrustAnchors::TrustAnchors(std::unique_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}
TrustAnchors::~TrustAnchors() = default;

Result<std::shared_ptr<const TrustAnchors>> TrustAnchors::from_pem(AuthoritiesPem authorities, CrlsPem crls,
                                                                   Revocation revocation) {
    SAFEQ_TRY(const auto blocks, read_pem(authorities.text, "CERTIFICATE", max_authorities));
    SAFEQ_TRY(const auto lists, read_crls(crls));
    auto impl = std::make_unique<Impl>();
    impl->revocation = revocation;
    for (const auto& block : blocks) {
        SAFEQ_TRY(Certificate authority, Certificate::from_der(std::as_bytes(std::span{block})));
        if (!authority.is_authority())
            return fail(Errc::certificate_untrusted, "trust anchors", authority.subject() + " is no authority");
        impl->authorities.push_back(std::move(authority));
    }
    return crypto::at_seam("trust anchors", Errc::malformed, [&]() -> Result<std::shared_ptr<const TrustAnchors>> {
        if (const Certificate* const lost = without_anchor(impl->authorities))
            return fail(Errc::certificate_untrusted, "trust anchors",
                        lost->subject() + " is not self-signed, and no authority beside it has issued it");
        impl->store = std::make_unique<Botan::Certificate_Store_In_Memory>();
        for (const Certificate& authority : impl->authorities) {
            const Botan::X509_Certificate& x509 = Backend::of(authority);
            if (self_signed(x509)) impl->store->add_certificate(x509);
            else impl->issued.push_back(x509);
        }
        for (const Botan::X509_CRL& list : lists) {
            const bool known = std::ranges::any_of(impl->authorities, [&](const Certificate& authority) {
                return signed_by(Backend::of(authority), list, list.issuer_dn());
            });
            if (!known)
                return fail(Errc::certificate_untrusted, "revocation list", "none of the authorities signed it");
            impl->store->add_crl(list);
            impl->lists.push_back(list);
            if (!list.next_update().time_is_set()) continue;
            const Time end = to_time(list.next_update());
            impl->revocation_end = std::min(impl->revocation_end.value_or(end), end);
        }
        return std::shared_ptr<const TrustAnchors>{new TrustAnchors{std::move(impl)}};
    });
}

const std::vector<Certificate>& TrustAnchors::authorities() const noexcept { return impl_->authorities; }

std::optional<Time> TrustAnchors::revocation_end() const noexcept { return impl_->revocation_end; }

bool TrustAnchors::revokes(const Certificate& certificate) const {
    return std::ranges::any_of(impl_->lists,
                               [&](const Botan::X509_CRL& list) { return list.is_revoked(Backend::of(certificate)); });
}

Result<void> TrustAnchors::verify(const std::vector<Certificate>& chain, PeerRole role, std::string_view name,
                                  const Policy& policy, Time now) const {
    if (chain.empty()) return fail(Errc::certificate_missing, "peer certificate");
    if (chain.front().is_authority())
        return fail(Errc::certificate_untrusted, "peer certificate",
                    "an authority's own certificate says nothing of a peer");
    return crypto::at_seam("peer certificate", Errc::certificate_untrusted, [&]() -> Result<void> {
        std::vector<Botan::X509_Certificate> x509;
        x509.reserve(chain.size() + impl_->issued.size());
        for (const Certificate& certificate : chain) x509.push_back(Backend::of(certificate));
        x509.insert(x509.end(), impl_->issued.begin(), impl_->issued.end());
        // Of the authorities below the anchor, too: the parameter is named after OCSP and counts for lists as well.
        const bool required = impl_->revocation == Revocation::required;
        const Botan::Path_Validation_Restrictions restrictions{required, 110, required};
        const auto validate = [&](Botan::Certificate_Store& store) {
            return Botan::x509_path_validate(
                x509, restrictions, std::vector<Botan::Certificate_Store*>{&store}, "",
                role == PeerRole::server ? Botan::Usage_Type::TLS_SERVER_AUTH : Botan::Usage_Type::TLS_CLIENT_AUTH,
                std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
        };
        const auto verdict = validate(*impl_->store);
        if (!verdict.successful_validation()) return std::unexpected{judge(verdict, chain.front().subject())};
        if (const auto fault = path_fault(policy, verdict.cert_path())) {
            // Where authorities have signed for each other there may be another path, without what the policy refuses.
            std::erase_if(x509, [&](const auto& one) { return chain_fault(policy, one).has_value(); });
            Botan::Certificate_Store_In_Memory store;
            for (const Certificate& authority : impl_->authorities)
                if (self_signed(Backend::of(authority)) && !key_fault(policy, Backend::of(authority)))
                    store.add_certificate(Backend::of(authority));
            for (const Botan::X509_CRL& list : impl_->lists) store.add_crl(list);
            const bool leaf_stays = !x509.empty() && x509.front() == Backend::of(chain.front());
            if (!leaf_stays || !validate(store).successful_validation())
                return fail(Errc::certificate_untrusted, "peer certificate", *fault);
        }
        if (!name.empty() && !bears_name(chain.front(), name))
            return fail(Errc::certificate_untrusted, "peer certificate",
                        chain.front().subject() + " does not bear the name " + std::string{name});
        return {};
    });
}

Result<Pin> Pin::parse(std::string_view text) {
    constexpr std::string_view prefix = "sha256:";
    if (!text.starts_with(prefix)) return fail(Errc::malformed, "pin", "must begin with sha256:");
    const std::string_view digits = text.substr(prefix.size());
    SAFEQ_TRY(const Bytes digest, from_hex(digits));
    Pin pin;
    if (digest.size() != pin.key.size() || to_hex(digest) != digits)
        return fail(Errc::malformed, "pin", "must be 64 lower-case hexadecimal digits");
    std::ranges::copy(digest, pin.key.begin());
    return pin;
}

std::string Pin::text() const { return "sha256:" + to_hex(key); }

}  // namespace safeq::tls
