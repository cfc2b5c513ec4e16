// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace safeq::tls {

/// The protocol versions that there are; older ones have no name here.
enum class Version : std::uint16_t { v1_2 = 0x0303, v1_3 = 0x0304 };

/// "TLS 1.2" or "TLS 1.3".
[[nodiscard]] constexpr std::string_view name(Version version) noexcept {
    return version == Version::v1_3 ? "TLS 1.3" : "TLS 1.2";
}

/// How good an entry is; policies list the better ones first.
enum class Level : std::uint8_t {
    obsolete = 1,  ///< no forward secrecy: a stolen key opens recorded traffic
    legacy = 2,    ///< forward secrecy, but not authenticated encryption in one piece (CBC)
    good = 3,      ///< forward secrecy and AEAD with a 128-bit key
    strong = 4,    ///< forward secrecy and AEAD with a 256-bit key
};

/// "obsolete", "legacy", "good" or "strong".
[[nodiscard]] constexpr std::string_view name(Level level) noexcept {
    switch (level) {
        case Level::obsolete: return "obsolete";
        case Level::legacy: return "legacy";
        case Level::good: return "good";
        case Level::strong: return "strong";
    }
    return "";
}

/// How the keys of a connection come about and what kind of certificate the server shows.
enum class KeyExchange : std::uint8_t {
    tls13,        ///< TLS 1.3: always ephemeral; the signature scheme is negotiated apart
    ecdhe_ecdsa,  ///< TLS 1.2: ephemeral, ECDSA certificate
    ecdhe_rsa,    ///< TLS 1.2: ephemeral, RSA certificate
    rsa,          ///< TLS 1.2: encrypted to the server's RSA key
};

/// What records are encrypted with.
enum class Cipher : std::uint8_t { aes_256_gcm, chacha20_poly1305, aes_128_gcm, aes_256_cbc, aes_128_cbc };

/// The hash functions that suites and signature schemes use.
enum class Hash : std::uint8_t { sha1, sha256, sha384, sha512 };

/// A cipher suite, with the reason why it is listed at its level.
struct Suite {
    std::string_view name;  ///< the IANA name
    std::uint16_t code;     ///< the IANA code point
    Level level;
    Version version;  ///< the one version that it belongs to
    KeyExchange key_exchange;
    Cipher cipher;
    Hash hash;  ///< of the key schedule (AEAD), or of the record HMAC (CBC)
    std::string_view reason;

    [[nodiscard]] constexpr bool forward_secrecy() const noexcept { return key_exchange != KeyExchange::rsa; }
    [[nodiscard]] constexpr bool aead() const noexcept {
        return cipher != Cipher::aes_256_cbc && cipher != Cipher::aes_128_cbc;
    }
    friend constexpr bool operator==(const Suite&, const Suite&) = default;
};

/// A group for key agreement.
struct Group {
    std::string_view name;  ///< the IANA name
    std::uint16_t code;
    bool post_quantum;  ///< a hybrid with ML-KEM; TLS 1.3 only
    std::string_view reason;

    friend constexpr bool operator==(const Group&, const Group&) = default;
};

/// A signature scheme, for certificates and for the handshake.
struct SignatureScheme {
    std::string_view name;  ///< the IANA name
    std::uint16_t code;
    Hash hash;
    bool rsa;  ///< made with an RSA key
    std::string_view reason;

    /// Whether TLS 1.3 handshakes are signed by it: PKCS#1 v1.5 is for certificates alone there. *Source*: RFC 8446,
    /// section 4.2.3.
    [[nodiscard]] constexpr bool signs_tls13() const noexcept { return !rsa || (code >> 8) == 0x08; }
    /// Of the one curve that TLS 1.3 has it with, which ECDSA schemes are named by; 0 for RSA.
    [[nodiscard]] constexpr std::size_t curve_bits() const noexcept {
        switch (code) {
            case 0x0403: return 256;
            case 0x0503: return 384;
            default: return 0;
        }
    }
    friend constexpr bool operator==(const SignatureScheme&, const SignatureScheme&) = default;
};

/// Everything that any policy may list. *Source*: the IANA TLS registries; RFC 8446, 5289, 7905, 5246.
namespace catalogue {

inline constexpr Suite aes_256_gcm_sha384{"TLS_AES_256_GCM_SHA384",
                                          0x1302,
                                          Level::strong,
                                          Version::v1_3,
                                          KeyExchange::tls13,
                                          Cipher::aes_256_gcm,
                                          Hash::sha384,
                                          "RFC 8446; a 256-bit key keeps its margin against quantum search, as the "
                                          "hybrid groups do (Mozilla 6.0, BSI TR-02102-2)"};
inline constexpr Suite chacha20_poly1305_sha256{
    "TLS_CHACHA20_POLY1305_SHA256",
    0x1303,
    Level::strong,
    Version::v1_3,
    KeyExchange::tls13,
    Cipher::chacha20_poly1305,
    Hash::sha256,
    "RFC 8446; 256-bit key, constant time and fast where the processor has no AES (Mozilla 6.0)"};
inline constexpr Suite aes_128_gcm_sha256{
    "TLS_AES_128_GCM_SHA256",
    0x1301,
    Level::good,
    Version::v1_3,
    KeyExchange::tls13,
    Cipher::aes_128_gcm,
    Hash::sha256,
    "RFC 8446, section 9.1: mandatory to implement (Mozilla 6.0, BSI TR-02102-2, NIST SP 800-52r2)"};

inline constexpr Suite ecdhe_ecdsa_aes_256_gcm_sha384{
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xc02c,
    Level::strong,
    Version::v1_2,
    KeyExchange::ecdhe_ecdsa,
    Cipher::aes_256_gcm,
    Hash::sha384,
    "RFC 5289; forward secrecy and AEAD in TLS 1.2 (Mozilla 6.0, RFC 9325)"};
inline constexpr Suite ecdhe_rsa_aes_256_gcm_sha384{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                                                    0xc030,
                                                    Level::strong,
                                                    Version::v1_2,
                                                    KeyExchange::ecdhe_rsa,
                                                    Cipher::aes_256_gcm,
                                                    Hash::sha384,
                                                    "RFC 5289; the same for RSA certificates (Mozilla 6.0, RFC 9325)"};
inline constexpr Suite ecdhe_ecdsa_chacha20_poly1305{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                                                     0xcca9,
                                                     Level::strong,
                                                     Version::v1_2,
                                                     KeyExchange::ecdhe_ecdsa,
                                                     Cipher::chacha20_poly1305,
                                                     Hash::sha256,
                                                     "RFC 7905; for devices without AES in hardware (Mozilla 6.0)"};
inline constexpr Suite ecdhe_rsa_chacha20_poly1305{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                                                   0xcca8,
                                                   Level::strong,
                                                   Version::v1_2,
                                                   KeyExchange::ecdhe_rsa,
                                                   Cipher::chacha20_poly1305,
                                                   Hash::sha256,
                                                   "RFC 7905; the same for RSA certificates (Mozilla 6.0)"};
inline constexpr Suite ecdhe_ecdsa_aes_128_gcm_sha256{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                                      0xc02b,
                                                      Level::good,
                                                      Version::v1_2,
                                                      KeyExchange::ecdhe_ecdsa,
                                                      Cipher::aes_128_gcm,
                                                      Hash::sha256,
                                                      "RFC 5289; recommended by RFC 9325, section 4.2 (Mozilla 6.0)"};
inline constexpr Suite ecdhe_rsa_aes_128_gcm_sha256{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                                    0xc02f,
                                                    Level::good,
                                                    Version::v1_2,
                                                    KeyExchange::ecdhe_rsa,
                                                    Cipher::aes_128_gcm,
                                                    Hash::sha256,
                                                    "RFC 5289; recommended by RFC 9325, section 4.2 (Mozilla 6.0)"};

inline constexpr Suite ecdhe_ecdsa_aes_256_cbc_sha384{
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xc024,
    Level::legacy,
    Version::v1_2,
    KeyExchange::ecdhe_ecdsa,
    Cipher::aes_256_cbc,
    Hash::sha384,
    "RFC 5289; for devices without GCM; CBC needs encrypt-then-MAC or care against Lucky 13"};
inline constexpr Suite ecdhe_rsa_aes_256_cbc_sha384{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
                                                    0xc028,
                                                    Level::legacy,
                                                    Version::v1_2,
                                                    KeyExchange::ecdhe_rsa,
                                                    Cipher::aes_256_cbc,
                                                    Hash::sha384,
                                                    "RFC 5289; for devices without GCM, with an RSA certificate"};
inline constexpr Suite ecdhe_ecdsa_aes_128_cbc_sha256{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                                                      0xc023,
                                                      Level::legacy,
                                                      Version::v1_2,
                                                      KeyExchange::ecdhe_ecdsa,
                                                      Cipher::aes_128_cbc,
                                                      Hash::sha256,
                                                      "RFC 5289; for devices without GCM"};
inline constexpr Suite ecdhe_rsa_aes_128_cbc_sha256{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
                                                    0xc027,
                                                    Level::legacy,
                                                    Version::v1_2,
                                                    KeyExchange::ecdhe_rsa,
                                                    Cipher::aes_128_cbc,
                                                    Hash::sha256,
                                                    "RFC 5289; for devices without GCM, with an RSA certificate"};
inline constexpr Suite ecdhe_ecdsa_aes_256_cbc_sha{
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xc00a,
    Level::legacy,
    Version::v1_2,
    KeyExchange::ecdhe_ecdsa,
    Cipher::aes_256_cbc,
    Hash::sha1,
    "RFC 8422; devices that only have HMAC-SHA-1; SHA-1 is unbroken inside HMAC, and signs nothing"};
inline constexpr Suite ecdhe_rsa_aes_256_cbc_sha{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
                                                 0xc014,
                                                 Level::legacy,
                                                 Version::v1_2,
                                                 KeyExchange::ecdhe_rsa,
                                                 Cipher::aes_256_cbc,
                                                 Hash::sha1,
                                                 "RFC 8422; the same with an RSA certificate"};
inline constexpr Suite ecdhe_ecdsa_aes_128_cbc_sha{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                                                   0xc009,
                                                   Level::legacy,
                                                   Version::v1_2,
                                                   KeyExchange::ecdhe_ecdsa,
                                                   Cipher::aes_128_cbc,
                                                   Hash::sha1,
                                                   "RFC 8422; devices that only have AES-128 and HMAC-SHA-1"};
inline constexpr Suite ecdhe_rsa_aes_128_cbc_sha{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                                                 0xc013,
                                                 Level::legacy,
                                                 Version::v1_2,
                                                 KeyExchange::ecdhe_rsa,
                                                 Cipher::aes_128_cbc,
                                                 Hash::sha1,
                                                 "RFC 8422; what most devices of the early 2010s have"};

inline constexpr Suite rsa_aes_256_gcm_sha384{"TLS_RSA_WITH_AES_256_GCM_SHA384",
                                              0x009d,
                                              Level::obsolete,
                                              Version::v1_2,
                                              KeyExchange::rsa,
                                              Cipher::aes_256_gcm,
                                              Hash::sha384,
                                              "RFC 5288; no forward secrecy; better than plain port 9100"};
inline constexpr Suite rsa_aes_128_gcm_sha256{"TLS_RSA_WITH_AES_128_GCM_SHA256",
                                              0x009c,
                                              Level::obsolete,
                                              Version::v1_2,
                                              KeyExchange::rsa,
                                              Cipher::aes_128_gcm,
                                              Hash::sha256,
                                              "RFC 5288; no forward secrecy; better than plain port 9100"};
inline constexpr Suite rsa_aes_256_cbc_sha256{"TLS_RSA_WITH_AES_256_CBC_SHA256",
                                              0x003d,
                                              Level::obsolete,
                                              Version::v1_2,
                                              KeyExchange::rsa,
                                              Cipher::aes_256_cbc,
                                              Hash::sha256,
                                              "RFC 5246; no forward secrecy; better than plain port 9100"};
inline constexpr Suite rsa_aes_128_cbc_sha256{"TLS_RSA_WITH_AES_128_CBC_SHA256",
                                              0x003c,
                                              Level::obsolete,
                                              Version::v1_2,
                                              KeyExchange::rsa,
                                              Cipher::aes_128_cbc,
                                              Hash::sha256,
                                              "RFC 5246; no forward secrecy; better than plain port 9100"};
inline constexpr Suite rsa_aes_256_cbc_sha{"TLS_RSA_WITH_AES_256_CBC_SHA",
                                           0x0035,
                                           Level::obsolete,
                                           Version::v1_2,
                                           KeyExchange::rsa,
                                           Cipher::aes_256_cbc,
                                           Hash::sha1,
                                           "RFC 5246; no forward secrecy; better than plain port 9100"};
inline constexpr Suite rsa_aes_128_cbc_sha{"TLS_RSA_WITH_AES_128_CBC_SHA",
                                           0x002f,
                                           Level::obsolete,
                                           Version::v1_2,
                                           KeyExchange::rsa,
                                           Cipher::aes_128_cbc,
                                           Hash::sha1,
                                           "RFC 5246, section 9: what every TLS 1.2 device has; no forward secrecy"};

inline constexpr Group x25519_mlkem768{
    "X25519MLKEM768", 0x11ec, true,
    "hybrid of X25519 and ML-KEM-768 (FIPS 203): recorded traffic stays closed to a quantum computer"};
inline constexpr Group secp384r1_mlkem1024{"SecP384r1MLKEM1024", 0x11ed, true,
                                           "hybrid of NIST parts only, for those who must (CNSA 2.0's ML-KEM-1024)"};
inline constexpr Group x25519{"x25519", 0x001d, false, "RFC 8446; fast, constant time (Mozilla 6.0, NIST SP 800-186)"};
inline constexpr Group secp256r1{"secp256r1", 0x0017, false,
                                 "RFC 8446, section 9.1: mandatory (Mozilla 6.0, BSI TR-02102-2, NIST)"};
inline constexpr Group secp384r1{"secp384r1", 0x0018, false, "RFC 8446 (Mozilla 6.0, BSI TR-02102-2, NIST)"};

inline constexpr SignatureScheme ecdsa_secp256r1_sha256{"ecdsa_secp256r1_sha256", 0x0403, Hash::sha256, false,
                                                        "RFC 8446, section 9.1: mandatory (Mozilla 6.0)"};
inline constexpr SignatureScheme ecdsa_secp384r1_sha384{"ecdsa_secp384r1_sha384", 0x0503, Hash::sha384, false,
                                                        "RFC 8446 (Mozilla 6.0, CNSA)"};
inline constexpr SignatureScheme rsa_pss_rsae_sha256{"rsa_pss_rsae_sha256", 0x0804, Hash::sha256, true,
                                                     "RFC 8446, section 9.1: mandatory; RSA with a proof of security"};
inline constexpr SignatureScheme rsa_pss_rsae_sha384{"rsa_pss_rsae_sha384", 0x0805, Hash::sha384, true,
                                                     "RFC 8446; RSA with a proof of security"};
inline constexpr SignatureScheme rsa_pss_rsae_sha512{"rsa_pss_rsae_sha512", 0x0806, Hash::sha512, true,
                                                     "RFC 8446; RSA with a proof of security"};
inline constexpr SignatureScheme rsa_pkcs1_sha256{
    "rsa_pkcs1_sha256", 0x0401, Hash::sha256, true,
    "RFC 8446, section 9.1: mandatory for certificates; TLS 1.2 handshakes"};
inline constexpr SignatureScheme rsa_pkcs1_sha384{"rsa_pkcs1_sha384", 0x0501, Hash::sha384, true,
                                                  "RFC 8446: certificates; TLS 1.2 handshakes"};
inline constexpr SignatureScheme rsa_pkcs1_sha512{"rsa_pkcs1_sha512", 0x0601, Hash::sha512, true,
                                                  "RFC 8446: certificates; TLS 1.2 handshakes"};

}  // namespace catalogue

}  // namespace safeq::tls
