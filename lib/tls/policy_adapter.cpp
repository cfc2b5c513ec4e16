// SPDX-License-Identifier: Apache-2.0
#include <tls/policy_adapter.hpp>

#include <algorithm>

#include <botan/asn1_obj.h>
#include <botan/pkix_types.h>
#include <botan/tls_ciphersuite.h>
#include <botan/tls_signature_scheme.h>

#include <tls/backend.hpp>

namespace safeq::tls {

namespace {

using Botan::TLS::Group_Params;

const char* backend_name(Cipher cipher) {
    switch (cipher) {
        case Cipher::aes_256_gcm: return "AES-256/GCM";
        case Cipher::chacha20_poly1305: return "ChaCha20Poly1305";
        case Cipher::aes_128_gcm: return "AES-128/GCM";
        case Cipher::aes_256_cbc: return "AES-256";
        case Cipher::aes_128_cbc: return "AES-128";
    }
    return "";
}

const char* backend_name(Hash hash) {
    switch (hash) {
        case Hash::sha1: return "SHA-1";
        case Hash::sha256: return "SHA-256";
        case Hash::sha384: return "SHA-384";
        case Hash::sha512: return "SHA-512";
    }
    return "";
}

void add_once(std::vector<std::string>& list, const char* entry) {
    if (std::ranges::find(list, entry) == list.end()) list.emplace_back(entry);
}

bool holds(const std::vector<Group_Params>& groups, Group_Params group) {
    return std::ranges::find(groups, group) != groups.end();
}

}  // namespace

PolicyAdapter::PolicyAdapter(PolicyRef policy, ClientAuth client_auth, bool tickets)
    : policy_{std::move(policy)}, client_auth_{client_auth}, tickets_{tickets} {
    for (const Suite& suite : policy_->suites()) {
        add_once(ciphers_, backend_name(suite.cipher));
        add_once(macs_, suite.aead() ? "AEAD" : backend_name(suite.hash));
        add_once(key_exchanges_, suite.forward_secrecy() ? "ECDH" : "RSA");
    }
    for (const SignatureScheme& scheme : policy_->signature_schemes()) {
        add_once(hashes_, backend_name(scheme.hash));
        add_once(signature_methods_, scheme.rsa ? "RSA" : "ECDSA");
    }
    for (const Group& group : policy_->groups()) groups_.emplace_back(group.code);
}

std::vector<Botan::TLS::Signature_Scheme> PolicyAdapter::allowed_signature_schemes() const {
    std::vector<Botan::TLS::Signature_Scheme> schemes;
    for (const SignatureScheme& scheme : policy_->signature_schemes()) schemes.emplace_back(scheme.code);
    return schemes;
}

std::vector<Botan::TLS::Signature_Scheme> PolicyAdapter::acceptable_signature_schemes() const {
    return allowed_signature_schemes();
}

std::vector<Group_Params> PolicyAdapter::key_exchange_groups_to_offer() const {
    // The best hybrid, and the best classical group beside it: a device that knows no hybrid answers in one round trip.
    std::vector<Group_Params> offered;
    bool hybrid = false, classical = false;
    for (const Group& group : policy_->groups()) {
        bool& there = group.post_quantum ? hybrid : classical;
        if (!there) offered.emplace_back(group.code);
        there = true;
    }
    return offered;
}

Group_Params PolicyAdapter::choose_key_exchange_group(const std::vector<Group_Params>& supported_by_peer,
                                                      const std::vector<Group_Params>& offered_by_peer) const {
    // A hybrid is worth a second round trip; one classical group is as good as another.
    for (const Group& group : policy_->groups())
        if (group.post_quantum && holds(supported_by_peer, group.code)) return group.code;
    for (const Group_Params group : groups_)
        if (holds(offered_by_peer, group) && holds(supported_by_peer, group)) return group;
    for (const Group_Params group : groups_)
        if (holds(supported_by_peer, group)) return group;
    return Group_Params::NONE;
}

bool PolicyAdapter::acceptable_ciphersuite(const Botan::TLS::Ciphersuite& suite) const {
    return policy_->find_suite(suite.ciphersuite_code()) != nullptr;
}

std::vector<std::uint16_t> PolicyAdapter::ciphersuite_list(Botan::TLS::Protocol_Version version) const {
    std::vector<std::uint16_t> codes;
    for (const Suite& suite : policy_->suites())
        if (static_cast<std::uint16_t>(suite.version) == version.version_code()) codes.push_back(suite.code);
    return codes;
}

std::vector<Botan::Certificate_Store*> CredentialsAdapter::trusted_certificate_authorities(const std::string&,
                                                                                           const std::string&) {
    if (!anchors_) return {};
    return {Backend::of(*anchors_).store.get()};
}

std::vector<Botan::X509_Certificate> CredentialsAdapter::find_cert_chain(const std::vector<std::string>& key_types,
                                                                         const std::vector<Botan::AlgorithmIdentifier>&,
                                                                         const std::vector<Botan::X509_DN>&,
                                                                         const std::string&, const std::string&) {
    if (!own_ || std::ranges::find(key_types, own_->certificate().key_algorithm()) == key_types.end()) return {};
    return Backend::of(*own_).x509;
}

std::shared_ptr<Botan::Private_Key> CredentialsAdapter::private_key_for(const Botan::X509_Certificate& certificate,
                                                                        const std::string&, const std::string&) {
    if (!own_ || Backend::of(*own_).x509.front() != certificate) return nullptr;
    return Backend::of(*own_).key;
}

}  // namespace safeq::tls
