// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <botan/ber_dec.h>
#include <botan/exceptn.h>
#include <botan/pkcs12.h>

#include <tls/backend.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;
constexpr std::size_t max_password_bytes = 1024;
constexpr std::size_t max_chain = 16;
constexpr std::size_t max_contents = 16;
// Each costs a hash or two: about a second in all, before a wrong password is known to be one.
constexpr std::size_t max_iterations = 2'000'000;
constexpr const char* where = "PKCS#12";

using Botan::ASN1_Type;
using Botan::BER_Decoder;
using Botan::OID;

template <std::size_t N>
bool is_one_of(const OID& oid, const std::array<const char*, N>& names) {
    return std::ranges::any_of(names, [&](const char* name) { return oid == OID::from_string(name); });
}

std::unexpected<Error> old_fashioned(const std::string& what) {
    return fail(Errc::unsupported, where,
                what +
                    " is of the past: convert the file by `openssl pkcs12 -legacy -in OLD -nodes -out ALL.pem` and "
                    "`openssl pkcs12 -export -in ALL.pem -out NEW`");
}

Result<void> check_iterations(std::size_t count) {
    if (count == 0 || count > max_iterations)
        return fail(Errc::too_large, where, std::to_string(count) + " iterations of the key derivation");
    return {};
}

/// Encryption: PBES2 (RFC 8018) with PBKDF2 by HMAC with SHA-2, and AES-CBC.
Result<void> check_encryption(const Botan::AlgorithmIdentifier& algorithm) {
    static constexpr std::array prfs{"HMAC(SHA-256)", "HMAC(SHA-384)", "HMAC(SHA-512)"};
    static constexpr std::array ciphers{"AES-128/CBC", "AES-192/CBC", "AES-256/CBC"};
    if (algorithm.oid() != OID::from_string("PBE-PKCS5v20"))
        return old_fashioned("encryption by " + algorithm.oid().to_formatted_string());
    Botan::AlgorithmIdentifier kdf, cipher, prf;
    BER_Decoder{algorithm.parameters()}.start_sequence().decode(kdf).decode(cipher).end_cons().verify_end();
    if (kdf.oid() != OID::from_string("PKCS5.PBKDF2"))
        return fail(Errc::unsupported, where, "key derivation by " + kdf.oid().to_formatted_string());
    if (!is_one_of(cipher.oid(), ciphers)) return old_fashioned("encryption by " + cipher.oid().to_formatted_string());
    std::vector<std::uint8_t> salt;
    std::size_t iterations = 0, key_bytes = 0;
    BER_Decoder parameters{kdf.parameters()};
    BER_Decoder sequence = parameters.start_sequence();
    sequence.decode(salt, ASN1_Type::OctetString).decode(iterations);
    sequence.decode_optional(key_bytes, ASN1_Type::Integer, Botan::ASN1_Class::Universal);
    if (!sequence.more_items()) return old_fashioned("key derivation by HMAC with SHA-1");
    sequence.decode(prf).verify_end();
    if (!is_one_of(prf.oid(), prfs)) return old_fashioned("key derivation by " + prf.oid().to_formatted_string());
    return check_iterations(iterations);
}

/// The bags that are not encrypted as a whole: what encrypts the keys in them.
Result<void> check_bags(const std::vector<std::uint8_t>& contents) {
    BER_Decoder outer{contents};
    BER_Decoder bags = outer.start_sequence();
    while (bags.more_items()) {
        OID kind;
        BER_Decoder bag = bags.start_sequence();
        bag.decode(kind);
        if (kind == OID::from_string("PKCS12.PKCS8ShroudedKeyBag")) {
            Botan::AlgorithmIdentifier algorithm;
            BER_Decoder value = bag.start_context_specific(0);
            BER_Decoder shrouded = value.start_sequence();
            shrouded.decode(algorithm);
            SAFEQ_TRY_VOID(check_encryption(algorithm));
            shrouded.discard_remaining();
            shrouded.end_cons();
            value.end_cons();
        }
        bag.discard_remaining();
        bag.end_cons();
    }
    return {};
}

/// RFC 7292, section 4.1: each content is data, or encrypted data.
Result<void> check_contents(const std::vector<std::uint8_t>& safe) {
    BER_Decoder outer{safe};
    BER_Decoder contents = outer.start_sequence();
    for (std::size_t n = 0; contents.more_items(); ++n) {
        if (n == max_contents) return fail(Errc::too_many, where, "over 16 contents");
        OID kind;
        BER_Decoder info = contents.start_sequence();
        info.decode(kind);
        BER_Decoder content = info.start_context_specific(0);
        if (kind == OID::from_string("PKCS7.Data")) {
            std::vector<std::uint8_t> bags;
            content.decode(bags, ASN1_Type::OctetString);
            SAFEQ_TRY_VOID(check_bags(bags));
        } else if (kind == OID::from_string("PKCS7.EncryptedData")) {
            std::size_t version = 0;
            OID inner;
            Botan::AlgorithmIdentifier algorithm;
            BER_Decoder data = content.start_sequence();
            data.decode(version);
            BER_Decoder encrypted = data.start_sequence();
            encrypted.decode(inner).decode(algorithm);
            SAFEQ_TRY_VOID(check_encryption(algorithm));
            encrypted.discard_remaining();
            encrypted.end_cons();
            data.discard_remaining();
            data.end_cons();
        } else {
            return fail(Errc::unsupported, where, "a content that is encrypted for a certificate");
        }
        content.end_cons();
        info.end_cons();
    }
    return {};
}

/// Holds a file to what we take, before any of it is decrypted or a key derived. The backend reads more than that, and
/// files without a MAC.
Result<void> check_file(ByteView file) {
    static constexpr std::array digests{"SHA-256", "SHA-384", "SHA-512"};
    std::size_t version = 0, iterations = 1;
    OID kind;
    std::vector<std::uint8_t> safe, mac, salt;
    Botan::AlgorithmIdentifier digest;
    BER_Decoder outer{crypto::to_botan(file)};
    BER_Decoder pfx = outer.start_sequence();
    pfx.decode(version);
    if (version != 3) return fail(Errc::unsupported, where, "version " + std::to_string(version));
    BER_Decoder info = pfx.start_sequence();
    info.decode(kind);
    if (kind != OID::from_string("PKCS7.Data"))
        return fail(Errc::unsupported, where, "a file that is signed, not protected by a password");
    info.start_context_specific(0).decode(safe, ASN1_Type::OctetString).verify_end();
    info.end_cons();
    if (!pfx.more_items()) return fail(Errc::unsupported, where, "a file without a MAC: nobody knows who wrote it");
    BER_Decoder mac_data = pfx.start_sequence();
    mac_data.start_sequence().decode(digest).decode(mac, ASN1_Type::OctetString).end_cons();
    mac_data.decode(salt, ASN1_Type::OctetString);
    if (mac_data.more_items()) mac_data.decode(iterations);
    mac_data.verify_end();
    pfx.verify_end();
    outer.verify_end();
    if (digest.oid() == OID::from_string("SHA-1")) return old_fashioned("a MAC by SHA-1");
    if (!is_one_of(digest.oid(), digests))
        return fail(Errc::unsupported, where, "a MAC by " + digest.oid().to_formatted_string());
    SAFEQ_TRY_VOID(check_iterations(iterations));
    return check_contents(safe);
}

/// The leaf, then each one's issuer as far as the file has it; what is no part of the chain is left out.
Result<std::vector<Certificate>> chain_of(const Botan::PKCS12& file) {
    const auto leaf = file.end_entity_certificate();
    if (!leaf) return fail(Errc::key_invalid, where, "no certificate for the private key");
    std::vector<Botan::X509_Certificate> chain{*leaf};
    std::vector<Botan::X509_Certificate> rest = file.ca_certificates();
    while (!chain.back().is_self_signed()) {
        const auto next =
            std::ranges::find_if(rest, [&](const auto& one) { return one.subject_dn() == chain.back().issuer_dn(); });
        if (next == rest.end()) break;
        if (chain.size() == max_chain) return fail(Errc::too_many, where, "over 16 certificates in the chain");
        chain.push_back(*next);
        rest.erase(next);
    }
    return Backend::wrap(chain);
}

}  // namespace

Result<std::shared_ptr<const Credentials>> Credentials::from_pkcs12(ByteView file, const crypto::Secret& password) {
    if (file.size() > max_file_bytes) return fail(Errc::too_large, where, "over 1 MiB");
    if (password.expose().size() > max_password_bytes) return fail(Errc::too_large, where, "a password over 1 KiB");
    return crypto::at_seam(where, Errc::malformed, [&]() -> Result<std::shared_ptr<const Credentials>> {
        SAFEQ_TRY_VOID(check_file(file));
        std::optional<Botan::PKCS12> opened;
        try {
            opened.emplace(crypto::to_botan(file), as_text(password.expose()));
        } catch (const Botan::Invalid_Authentication_Tag&) {
            return fail(Errc::authentication_failed, where, "the password is wrong, or the file is damaged");
        }
        if (opened->private_keys().size() != 1)
            return fail(Errc::key_invalid, where,
                        std::to_string(opened->private_keys().size()) + " private keys where one is expected");
        auto impl = std::make_unique<Impl>();
        impl->key = opened->private_keys().front();
        SAFEQ_TRY_VOID(check_key(*impl->key));
        SAFEQ_TRY(impl->chain, chain_of(*opened));
        return assemble(std::move(impl));
    });
}

}  // namespace safeq::tls
