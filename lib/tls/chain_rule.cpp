// SPDX-License-Identifier: Apache-2.0
#include <tls/chain_rule.hpp>

#include <array>
#include <string_view>
#include <utility>

#include <botan/pk_keys.h>
#include <botan/pss_params.h>
#include <botan/x509_key.h>
#include <fmt/format.h>

namespace safeq::tls {

namespace {

using Oid = std::pair<std::string_view, const SignatureScheme*>;

// RFC 5758, RFC 8017.
constexpr std::array<Oid, 5> signatures{{
    {"1.2.840.10045.4.3.2", &catalogue::ecdsa_secp256r1_sha256},
    {"1.2.840.10045.4.3.3", &catalogue::ecdsa_secp384r1_sha384},
    {"1.2.840.113549.1.1.11", &catalogue::rsa_pkcs1_sha256},
    {"1.2.840.113549.1.1.12", &catalogue::rsa_pkcs1_sha384},
    {"1.2.840.113549.1.1.13", &catalogue::rsa_pkcs1_sha512},
}};
constexpr std::string_view pss_oid = "1.2.840.113549.1.1.10";
constexpr std::array<Oid, 3> pss_hashes{{
    {"2.16.840.1.101.3.4.2.1", &catalogue::rsa_pss_rsae_sha256},
    {"2.16.840.1.101.3.4.2.2", &catalogue::rsa_pss_rsae_sha384},
    {"2.16.840.1.101.3.4.2.3", &catalogue::rsa_pss_rsae_sha512},
}};

template <std::size_t N>
const SignatureScheme* look_up(const std::array<Oid, N>& table, std::string_view oid) {
    for (const auto& [name, scheme] : table)
        if (name == oid) return scheme;
    return nullptr;
}

}  // namespace

const SignatureScheme* signature_of(const Botan::X509_Certificate& x509) {
    const Botan::AlgorithmIdentifier& algorithm = x509.signature_algorithm();
    const std::string oid = algorithm.oid().to_string();
    if (oid != pss_oid) return look_up(signatures, oid);
    const Botan::PSS_Params pss{algorithm.parameters()};
    return look_up(pss_hashes, pss.hash_algid().oid().to_string());
}

std::optional<std::string> key_fault(const Policy& policy, const Botan::X509_Certificate& x509) {
    // Not by the certificate: it would take a key that it had no memory to read for a malformed one.
    const auto key = Botan::X509::load_key(x509.subject_public_key_info());
    const bool rsa = key->algo_name() == "RSA";
    if (!rsa && key->algo_name() != "ECDSA")
        return fmt::format("its key is of {}, which no policy has", key->algo_name());
    const std::size_t least = rsa ? policy.min_rsa_bits() : policy.min_ec_bits();
    if (key->key_length() >= least) return std::nullopt;
    return fmt::format("its {} key has {} bits, {} wants {}", key->algo_name(), key->key_length(), policy.name(),
                       least);
}

std::optional<std::string> chain_fault(const Policy& policy, const Botan::X509_Certificate& x509) {
    const SignatureScheme* const scheme = signature_of(x509);
    if (scheme == nullptr)
        return "it is signed by " + x509.signature_algorithm().oid().to_formatted_string() + ", which no policy has";
    if (!policy.allows_signature(scheme->code))
        return fmt::format("it is signed by {}, which {} doesn't have", scheme->name, policy.name());
    return key_fault(policy, x509);
}

}  // namespace safeq::tls
