// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <botan/dns_name.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>
#include <botan/x509_ca.h>
#include <botan/x509_ext.h>

#include "fixture.hpp"
#include "tls/backend.hpp"

namespace safeq::test {

/// A key on a curve, or of RSA with so many bits.
struct KeyMade {
    const char* curve = "secp256r1";
    std::size_t rsa_bits = 0;
};

/// What an authority signs by.
struct Signing {
    const char* hash = "SHA-256";
    const char* padding = "";  ///< "PSS", else the backend's choice: PKCS#1 v1.5 for RSA
};

/// A public key infrastructure with a root that issues an authority that issues leaves: ours has one tier.
struct TwoTiers {
    struct Authority {
        std::unique_ptr<Botan::Private_Key> key;
        Botan::X509_Certificate x509;

        [[nodiscard]] std::string pem() const { return x509.PEM_encode(); }
    };

    explicit TwoTiers(std::uint64_t seed = 1) : seeded{seed} {}

    SeededRandom seeded;
    tls::RandomAdapter random{seeded};
    Time now{std::chrono::sys_days{std::chrono::November / 22 / 2026}};
    Authority root = authority("Root", nullptr);
    Authority issuing = authority("Issuing", &root);

    /// A certificate of a server and of a client, "print.example".
    [[nodiscard]] Botan::X509_Certificate leaf(const Authority& by) { return leaf_and_key(by).x509; }

    [[nodiscard]] Authority leaf_and_key(const Authority& by, Signing signing = {}, KeyMade made = {}) {
        auto key = new_key(made);
        Botan::AlternativeName names;
        names.add_dns(*Botan::DNSName::from_string("print.example"));
        Botan::Extensions extensions;
        extensions.add(std::make_unique<Botan::Cert_Extension::Subject_Alternative_Name>(names));
        extensions.add(std::make_unique<Botan::Cert_Extension::Authority_Key_ID>(by.x509.subject_key_id()));
        auto x509 = sign(*by.key, signing, by.x509.subject_dn(), *key, "Leaf", extensions);
        return {std::move(key), std::move(x509)};
    }

    /// The authority's list, with these revoked.
    [[nodiscard]] std::string crl(const Authority& by, const std::vector<Botan::X509_Certificate>& revoked = {},
                                  std::chrono::seconds lifetime = 24h * 30) {
        const Botan::X509_CA ca{by.x509, *by.key, "SHA-256", random};
        const auto begin = std::chrono::time_point_cast<std::chrono::system_clock::duration>(now - 5min);
        std::vector<Botan::CRL_Entry> entries;
        for (const auto& one : revoked) entries.emplace_back(one);
        const Botan::X509_CRL none = ca.new_crl(random, begin, lifetime);
        return ca.update_crl(none, entries, random, begin, lifetime).PEM_encode();
    }

    /// Self-signed where nobody issued it.
    [[nodiscard]] Authority authority(const std::string& name, const Authority* by, Signing signing = {},
                                      KeyMade made = {}) {
        auto key = new_key(made);
        auto x509 = certify(name, *key, by, signing);
        return {std::move(key), std::move(x509)};
    }

    /// Another certificate for an authority that is there.
    [[nodiscard]] Botan::X509_Certificate certify(const std::string& name, const Botan::Private_Key& key,
                                                  const Authority* by, Signing signing = {}) {
        using Usage = Botan::Key_Constraints;
        Botan::Extensions extensions;
        extensions.add(std::make_unique<Botan::Cert_Extension::Basic_Constraints>(true, std::nullopt), true);
        extensions.add(std::make_unique<Botan::Cert_Extension::Key_Usage>(Usage{Usage::KeyCertSign | Usage::CrlSign}),
                       true);
        extensions.add(std::make_unique<Botan::Cert_Extension::Subject_Key_ID>(*key.public_key()));
        if (by != nullptr)
            extensions.add(std::make_unique<Botan::Cert_Extension::Authority_Key_ID>(by->x509.subject_key_id()));
        return sign(by == nullptr ? key : *by->key, signing, by == nullptr ? called(name) : by->x509.subject_dn(), key,
                    name, extensions);
    }

private:
    [[nodiscard]] std::unique_ptr<Botan::Private_Key> new_key(KeyMade made) {
        if (made.rsa_bits != 0) return std::make_unique<Botan::RSA_PrivateKey>(random, made.rsa_bits);
        return std::make_unique<Botan::ECDSA_PrivateKey>(random, Botan::EC_Group::from_name(made.curve));
    }
    [[nodiscard]] static Botan::X509_DN called(const std::string& name) {
        Botan::X509_DN out;
        out.add_attribute("X520.CommonName", name);
        return out;
    }
    [[nodiscard]] Botan::X509_Certificate sign(const Botan::Private_Key& by, Signing signing,
                                               const Botan::X509_DN& issuer, const Botan::Private_Key& key,
                                               const std::string& name, const Botan::Extensions& extensions) {
        const auto at = [](Time time) {
            const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
            return Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>(whole.count()));
        };
        const auto signer = Botan::X509_Object::choose_sig_format(by, random, signing.hash, signing.padding);
        return Botan::X509_CA::make_cert(*signer, random, signer->algorithm_identifier(), key.subject_public_key(),
                                         at(now - 1h), at(now + 24h * 365), issuer, called(name), extensions);
    }
};

}  // namespace safeq::test
