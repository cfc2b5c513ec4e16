// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/render.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace safeq::tls {

namespace {

std::string openssl_name(const Suite& suite) {
    std::string out;
    switch (suite.key_exchange) {
        case KeyExchange::tls13: return std::string{suite.name};
        case KeyExchange::ecdhe_ecdsa: out = "ECDHE-ECDSA-"; break;
        case KeyExchange::ecdhe_rsa: out = "ECDHE-RSA-"; break;
        case KeyExchange::rsa: break;
    }
    switch (suite.cipher) {
        case Cipher::aes_256_gcm: return out + "AES256-GCM-SHA384";
        case Cipher::chacha20_poly1305: return out + "CHACHA20-POLY1305";
        case Cipher::aes_128_gcm: return out + "AES128-GCM-SHA256";
        case Cipher::aes_256_cbc: out += "AES256-"; break;
        case Cipher::aes_128_cbc: out += "AES128-"; break;
    }
    switch (suite.hash) {
        case Hash::sha1: return out + "SHA";
        case Hash::sha256: return out + "SHA256";
        case Hash::sha384: return out + "SHA384";
        case Hash::sha512: return out + "SHA512";
    }
    return out;
}

std::string openssl_name(const Group& group) {
    if (group == catalogue::x25519) return "X25519";
    if (group == catalogue::secp256r1) return "P-256";
    if (group == catalogue::secp384r1) return "P-384";
    return std::string{group.name};
}

std::string gnutls_name(Cipher cipher) {
    switch (cipher) {
        case Cipher::aes_256_gcm: return "AES-256-GCM";
        case Cipher::chacha20_poly1305: return "CHACHA20-POLY1305";
        case Cipher::aes_128_gcm: return "AES-128-GCM";
        case Cipher::aes_256_cbc: return "AES-256-CBC";
        case Cipher::aes_128_cbc: return "AES-128-CBC";
    }
    return "";
}

std::string gnutls_mac(const Suite& suite) {
    if (suite.aead()) return "AEAD";
    switch (suite.hash) {
        case Hash::sha1: return "SHA1";
        case Hash::sha256: return "SHA256";
        case Hash::sha384: return "SHA384";
        case Hash::sha512: return "SHA512";
    }
    return "";
}

std::string gnutls_name(KeyExchange exchange) {
    switch (exchange) {
        case KeyExchange::tls13: return "";
        case KeyExchange::ecdhe_ecdsa: return "ECDHE-ECDSA";
        case KeyExchange::ecdhe_rsa: return "ECDHE-RSA";
        case KeyExchange::rsa: return "RSA";
    }
    return "";
}

std::string gnutls_name(const Group& group) {
    if (group == catalogue::x25519) return "GROUP-X25519";
    if (group == catalogue::secp256r1) return "GROUP-SECP256R1";
    if (group == catalogue::secp384r1) return "GROUP-SECP384R1";
    if (group == catalogue::x25519_mlkem768) return "GROUP-X25519-MLKEM768";
    return "GROUP-SECP384R1-MLKEM1024";
}

std::string upper_dashed(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '_' ? '-' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

/// GnuTLS gives the same code point one name for TLS 1.2 and one, tied to a curve, for TLS 1.3.
void add_gnutls_names(std::vector<std::string>& out, const SignatureScheme& scheme, const Policy& policy) {
    if (scheme == catalogue::ecdsa_secp256r1_sha256 || scheme == catalogue::ecdsa_secp384r1_sha384) {
        if (policy.allows(Version::v1_3)) out.push_back("SIGN-" + upper_dashed(scheme.name));
        if (policy.allows(Version::v1_2))
            out.emplace_back(scheme.hash == Hash::sha256 ? "SIGN-ECDSA-SHA256" : "SIGN-ECDSA-SHA384");
        return;
    }
    constexpr std::string_view pkcs1 = "rsa_pkcs1_";
    if (scheme.name.starts_with(pkcs1)) out.push_back("SIGN-RSA-" + upper_dashed(scheme.name.substr(pkcs1.size())));
    else out.push_back("SIGN-" + upper_dashed(scheme.name));
}

void add_once(std::vector<std::string>& list, std::string entry) {
    if (!entry.empty() && std::ranges::find(list, entry) == list.end()) list.push_back(std::move(entry));
}

bool written(const Group& group, RenderGroups groups) { return groups == RenderGroups::all || !group.post_quantum; }

Result<void> check_groups(const Policy& policy, RenderGroups groups) {
    if (std::ranges::any_of(policy.groups(), [&](const Group& g) { return written(g, groups); })) return {};
    return fail(Errc::unsupported, std::string{policy.name()}, "it has no classical group");
}

}  // namespace

Result<OpensslSettings> openssl_settings(const Policy& policy, RenderGroups groups) {
    SAFEQ_TRY_VOID(check_groups(policy, groups));
    std::vector<std::string> tls12, tls13, group_names;
    std::vector<std::string_view> schemes;
    for (const Suite& s : policy.suites()) (s.version == Version::v1_3 ? tls13 : tls12).push_back(openssl_name(s));
    for (const Group& g : policy.groups())
        if (written(g, groups)) group_names.push_back(openssl_name(g));
    for (const SignatureScheme& s : policy.signature_schemes()) schemes.push_back(s.name);
    // Level 2, whatever the system's default is: keys of 112 bits of security, so RSA from 2048 bits.
    if (!tls12.empty()) tls12.emplace_back("@SECLEVEL=2");
    return OpensslSettings{.min_protocol = policy.allows(Version::v1_2) ? "TLSv1.2" : "TLSv1.3",
                           .max_protocol = policy.allows(Version::v1_3) ? "TLSv1.3" : "TLSv1.2",
                           .cipher_string = fmt::format("{}", fmt::join(tls12, ":")),
                           .ciphersuites = fmt::format("{}", fmt::join(tls13, ":")),
                           .groups = fmt::format("{}", fmt::join(group_names, ":")),
                           .signature_algorithms = fmt::format("{}", fmt::join(schemes, ":"))};
}

Result<std::string> gnutls_priority(const Policy& policy, RenderGroups groups) {
    SAFEQ_TRY_VOID(check_groups(policy, groups));
    std::vector<std::string> ciphers, macs, exchanges, signatures;
    for (const Suite& s : policy.suites()) {
        add_once(ciphers, gnutls_name(s.cipher));
        add_once(macs, gnutls_mac(s));
        add_once(exchanges, gnutls_name(s.key_exchange));
    }
    const auto has = [](const std::vector<std::string>& list, const std::string& entry) {
        return entry.empty() || std::ranges::find(list, entry) != list.end();
    };
    for (const Suite& s : obsolete_mfd_2026.suites())
        if (policy.find_suite(s.code) == nullptr && policy.allows(s.version) && has(ciphers, gnutls_name(s.cipher)) &&
            has(macs, gnutls_mac(s)) && has(exchanges, gnutls_name(s.key_exchange)))
            return fail(Errc::unsupported, std::string{policy.name()},
                        fmt::format("a priority string can't leave out {} alone", s.name));
    std::string out = "NONE";
    for (const Version v : policy.versions()) out += v == Version::v1_3 ? ":+VERS-TLS1.3" : ":+VERS-TLS1.2";
    for (const SignatureScheme& s : policy.signature_schemes()) add_gnutls_names(signatures, s, policy);
    for (const auto* const list : {&ciphers, &macs, &exchanges})
        for (const std::string& entry : *list) out += ":+" + entry;
    for (const Group& g : policy.groups())
        if (written(g, groups)) out += ":+" + gnutls_name(g);
    for (const std::string& entry : signatures) out += ":+" + entry;
    return out + ":+CTYPE-X509:%SERVER_PRECEDENCE";
}

Result<std::string> render(const Policy& policy, RenderTarget target, RenderGroups groups) {
    switch (target) {
        case RenderTarget::openssl: {
            SAFEQ_TRY(const OpensslSettings s, openssl_settings(policy, groups));
            std::string out = fmt::format("MinProtocol = {}\nMaxProtocol = {}\n", s.min_protocol, s.max_protocol);
            if (!s.cipher_string.empty()) out += fmt::format("CipherString = {}\n", s.cipher_string);
            if (!s.ciphersuites.empty()) out += fmt::format("Ciphersuites = {}\n", s.ciphersuites);
            return out + fmt::format("Groups = {}\nSignatureAlgorithms = {}\nOptions = ServerPreference\n", s.groups,
                                     s.signature_algorithms);
        }
        case RenderTarget::gnutls: {
            SAFEQ_TRY(std::string out, gnutls_priority(policy, groups));
            return out + "\n";
        }
        case RenderTarget::botan: return botan_policy(policy, groups);
    }
    return fail(Errc::invalid_argument, "render", "no such target");
}

}  // namespace safeq::tls
