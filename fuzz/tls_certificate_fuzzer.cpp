// SPDX-License-Identifier: Apache-2.0
// Under test: tls::Certificate::chain_from_pem, tls::Certificate::from_pem, tls::Certificate::from_der,
// tls::read_certificate, tls::TrustAnchors::from_pem, tls::TrustAnchors::verify, tls::Credentials::from_pem,
// tls::Pin::parse.
// Property: what is read is written in one form that reads as the same; certificates that no authority of ours signed
// are never verified; a chain that a narrow policy takes, a wider one takes, too; a pin is read only in its canonical
// form; what a scan reads of a certificate is what the certificate says.
#include <cstdint>
#include <cstdlib>

#include <safeq/core/text.hpp>
#include <safeq/tls/authority.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/policy.hpp>

#include "../tests/support/random.hpp"
#include "tls/scan_handshake.hpp"

using namespace safeq;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

/// An authority and a certificate by it whose keys no input has.
struct World {
    std::string authority;
    std::string leaf_pem;
    std::vector<tls::Certificate> leaf;

    [[nodiscard]] auto trusting(std::string_view lists, tls::Revocation revocation) const {
        return tls::TrustAnchors::from_pem(tls::AuthoritiesPem{authority}, tls::CrlsPem{lists}, revocation);
    }

    World() {
        using namespace std::chrono_literals;
        test::SeededRandom random;
        const Time now{std::chrono::sys_days{std::chrono::November / 22 / 2026}};
        const auto made =
            tls::Authority::create({.common_name = "a", .lifetime = 24h * 365, .crl_lifetime = 24h * 365}, now, random)
                .value();
        authority = made.certificate().pem();
        leaf_pem = made.issue({.common_name = "s",
                               .dns_names = {"localhost"},
                               .ip_addresses = {},
                               .uris = {},
                               .purpose = tls::Purpose::server_and_client,
                               .lifetime = 24h},
                              now, random)
                       .value()
                       .certificate.pem();
        leaf = tls::Certificate::chain_from_pem(leaf_pem).value();
        // It is the revocation list alone which the inputs lack.
        const auto verified = [&](tls::Revocation revocation) {
            return trusting("", revocation)
                .value()
                ->verify(leaf, tls::PeerRole::server, "localhost", tls::intermediate_2026, now)
                .has_value();
        };
        require(verified(tls::Revocation::when_known) && !verified(tls::Revocation::required));
        const auto listed = trusting(made.crl_pem(), tls::Revocation::required).value();
        require(listed->verify(leaf, tls::PeerRole::server, "localhost", tls::modern_2026, now).has_value());
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span{data, size});
    const std::string_view text = as_text(input);
    const Time now{std::chrono::sys_days{std::chrono::November / 22 / 2026}};

    const auto der = tls::Certificate::from_der(input);
    if (der) require(same_bytes(der->der(), input));
    const auto scanned = tls::read_certificate(input);
    require(!scanned || (der && scanned->certificate == *der && !scanned->signature.empty()));
    const auto anchors =
        tls::TrustAnchors::from_pem(tls::AuthoritiesPem{text}, tls::CrlsPem{text}, tls::Revocation::required);
    require(!anchors);  // no block is both a certificate and a revocation list
    const auto alone =
        tls::TrustAnchors::from_pem(tls::AuthoritiesPem{text}, tls::CrlsPem{""}, tls::Revocation::required);
    if (const auto chain = tls::Certificate::chain_from_pem(text)) {
        require(!chain->empty() && chain->size() <= 16);
        for (const tls::Certificate& certificate : *chain) {
            const auto again = tls::Certificate::from_pem(certificate.pem());
            require(again && *again == certificate && again->id() == certificate.id());
            require(!certificate.id().empty());
        }
        // Without a revocation list nothing can be verified where one is required.
        if (alone) require(!(*alone)->verify(*chain, tls::PeerRole::server, "", tls::intermediate_2026, now));
        // What a narrow policy takes a wider one takes.
        if (const auto lax =
                tls::TrustAnchors::from_pem(tls::AuthoritiesPem{text}, tls::CrlsPem{""}, tls::Revocation::when_known)) {
            const auto passes = [&](const tls::Policy& policy) {
                return (*lax)->verify(*chain, tls::PeerRole::server, "", policy, now).has_value();
            };
            require(!passes(tls::modern_2026) || passes(tls::intermediate_2026));
        }
    }
    require(!tls::Credentials::from_pem(tls::ChainPem{text}, tls::KeyPem{text}));
    // Revocation lists beside a true authority, none of which is its own; a key beside a true certificate, and not its.
    static const World world;
    if (text.find("X509 CRL") != std::string_view::npos)
        if (const auto trusted = world.trusting(text, tls::Revocation::required))
            require(!(*trusted)->verify(world.leaf, tls::PeerRole::server, "localhost", tls::intermediate_2026, now));
    require(!tls::Credentials::from_pem(tls::ChainPem{world.leaf_pem}, tls::KeyPem{text}));
    // A true chain, under whatever name the peer was asked for by.
    static const auto trusted = world.trusting("", tls::Revocation::when_known).value();
    if (!text.contains('\0'))
        require(trusted->verify(world.leaf, tls::PeerRole::server, text, tls::modern_2026, now).has_value() ==
                (text.empty() || ascii_lower(text) == "localhost"));
    if (const auto pin = tls::Pin::parse(text)) require(pin->text() == text);
    return 0;
}
