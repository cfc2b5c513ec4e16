// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>
#include <safeq/tls/suite.hpp>

namespace safeq::tls {

/// How long a session may be resumed by a ticket, where a listener issues tickets at all (a mutually authenticated one
/// never does). *Source*: RFC 9325, section 3.4: keys change, and a ticket lives half as long as its key.
struct TicketRule {
    std::chrono::seconds lifetime{0};      ///< of a ticket; 0: none is issued
    std::chrono::seconds key_lifetime{0};  ///< of the key that tickets are sealed with, at least twice `lifetime`
    std::string_view reason = "every session is negotiated anew";

    friend constexpr bool operator==(const TicketRule&, const TicketRule&) = default;
};

/// Why a protocol version is allowed at all.
[[nodiscard]] constexpr std::string_view reason(Version version) noexcept {
    return version == Version::v1_3
               ? "RFC 8446; every suite forward secret and authenticated (Mozilla 6.0, BSI TR-02102-2, NIST SP "
                 "800-52r2)"
               : "RFC 5246 as restricted by RFC 9325; for devices before 2018 (Mozilla 6.0, BSI TR-02102-2)";
}

/// What a policy consists of; every list is in order of preference.
struct PolicyTable {
    std::string_view name;     ///< dated: "intermediate-2026"; never changes its meaning
    std::string_view alias;    ///< undated: "intermediate"; moves to the newest
    std::string_view purpose;  ///< one sentence for the operator who chooses
    std::span<const Version> versions;
    std::span<const Suite> suites;
    std::span<const Group> groups;
    std::span<const SignatureScheme> signature_schemes;
    std::size_t min_rsa_bits;
    bool exception_only;            ///< only for a named device, with a reason and an expiry date
    std::size_t min_ec_bits = 256;  ///< of the curve of an ECDSA key
    TicketRule tickets = {};
    /// Whether TLS 1.2 is refused to a peer whose keys would not depend on the whole handshake (RFC 7627); TLS 1.3's
    /// always do. Only a policy that is `exception_only` may go without.
    bool extended_master_secret = true;
    std::string_view master_secret_reason =
        "RFC 7627, sections 5.2 and 5.3: without it a man in the middle gives two sessions the same keys (triple "
        "handshake)";
    /// Whether TLS 1.2 servers are refused that don't know of secure renegotiation (RFC 5746), although nothing is ever
    /// renegotiated from here. Only a policy that is `exception_only` may go without.
    bool secure_renegotiation = true;
    std::string_view renegotiation_reason =
        "RFC 9325, section 3.5: a server without RFC 5746 may take our handshake for the renegotiation of another's "
        "connection";
    std::string_view rsa_reason = "RSA 2048: 112 bits of security, the floor (NIST SP 800-57)";
    std::string_view ec_reason = "P-256: 128 bits of security; no policy has a smaller curve (NIST SP 800-57)";
    std::string_view base = {};  ///< the dated policy that this one was derived from; empty for a dated one
};

/// A TLS policy: immutable, dated data. Never edited; a new year gets a new one.
/// *Threads*: const and safe everywhere. A `PolicyRef` keeps one that was made at run time alive.
class Policy final {
public:
    constexpr explicit Policy(const PolicyTable& table) noexcept : table_{table} {}

    [[nodiscard]] constexpr std::string_view name() const noexcept { return table_.name; }
    [[nodiscard]] constexpr std::string_view alias() const noexcept { return table_.alias; }
    [[nodiscard]] constexpr std::string_view purpose() const noexcept { return table_.purpose; }
    [[nodiscard]] constexpr std::span<const Version> versions() const noexcept { return table_.versions; }
    [[nodiscard]] constexpr std::span<const Suite> suites() const noexcept { return table_.suites; }
    [[nodiscard]] constexpr std::span<const Group> groups() const noexcept { return table_.groups; }
    [[nodiscard]] constexpr std::span<const SignatureScheme> signature_schemes() const noexcept {
        return table_.signature_schemes;
    }
    [[nodiscard]] constexpr std::size_t min_rsa_bits() const noexcept { return table_.min_rsa_bits; }
    [[nodiscard]] constexpr std::size_t min_ec_bits() const noexcept { return table_.min_ec_bits; }
    [[nodiscard]] constexpr std::string_view rsa_reason() const noexcept { return table_.rsa_reason; }
    [[nodiscard]] constexpr std::string_view ec_reason() const noexcept { return table_.ec_reason; }
    [[nodiscard]] constexpr const TicketRule& tickets() const noexcept { return table_.tickets; }
    [[nodiscard]] constexpr bool extended_master_secret() const noexcept { return table_.extended_master_secret; }
    [[nodiscard]] constexpr std::string_view master_secret_reason() const noexcept {
        return table_.master_secret_reason;
    }
    [[nodiscard]] constexpr bool secure_renegotiation() const noexcept { return table_.secure_renegotiation; }
    [[nodiscard]] constexpr std::string_view renegotiation_reason() const noexcept {
        return table_.renegotiation_reason;
    }
    [[nodiscard]] constexpr bool exception_only() const noexcept { return table_.exception_only; }
    [[nodiscard]] constexpr std::string_view base() const noexcept { return table_.base; }

    /// Whether it has this version.
    [[nodiscard]] constexpr bool allows(Version version) const noexcept {
        for (const Version v : table_.versions)
            if (v == version) return true;
        return false;
    }
    /// The suite of that code point, or null.
    [[nodiscard]] constexpr const Suite* find_suite(std::uint16_t code) const noexcept {
        for (const Suite& s : table_.suites)
            if (s.code == code) return &s;
        return nullptr;
    }
    /// The group of that code point, or null.
    [[nodiscard]] constexpr const Group* find_group(std::uint16_t code) const noexcept {
        for (const Group& g : table_.groups)
            if (g.code == code) return &g;
        return nullptr;
    }
    /// Whether it has the signature scheme of that code point.
    [[nodiscard]] constexpr bool allows_signature(std::uint16_t code) const noexcept {
        for (const SignatureScheme& s : table_.signature_schemes)
            if (s.code == code) return true;
        return false;
    }

private:
    PolicyTable table_;
};

/// Which rule of the floor a policy breaks; `none` for a sound one.
enum class PolicyFault {
    none,
    empty,                      ///< a list has no entry
    duplicate,                  ///< an entry stands twice
    suites_out_of_order,        ///< a suite stands after one of a lower level, among those of its version
    level_wrong,                ///< a suite's level is not what its parts make it
    version_without_suite,      ///< a version is allowed that no suite belongs to, or the other way round
    no_forward_secrecy,         ///< static key exchange outside a policy for exceptions
    weak_name,                  ///< the name tells of RC4, DES, NULL, EXPORT, anonymous, MD5 or SHA-1 signatures
    sha1_signature,             ///< a signature scheme over SHA-1
    rsa_too_short,              ///< RSA keys under 2048 bits
    ec_too_short,               ///< ECDSA keys under 256 bits
    post_quantum_not_first,     ///< a classical group stands before a hybrid one
    suite_unusable,             ///< no group or signature scheme is left that a suite could be used with
    no_extended_master_secret,  ///< keys that don't depend on the whole handshake, outside a policy for exceptions
    no_secure_renegotiation,    ///< servers whose other connections ours may be spliced into, likewise
    tickets_too_long,           ///< tickets over a day, or over half of their key's time
};

/// One sentence for the operator about what the fault is; empty for `none`.
[[nodiscard]] constexpr std::string_view explain(PolicyFault fault) noexcept {
    switch (fault) {
        case PolicyFault::none: return "";
        case PolicyFault::empty: return "a list of versions, suites, groups or signatures has no entry left";
        case PolicyFault::duplicate: return "an entry stands twice";
        case PolicyFault::suites_out_of_order: return "a suite stands after one of a lower level of the same version";
        case PolicyFault::level_wrong: return "a suite's level is not what its parts make it";
        case PolicyFault::version_without_suite:
            return "a version is allowed of which no suite is left, or a suite is left of a version that is not";
        case PolicyFault::no_forward_secrecy:
            return "a suite has no forward secrecy: a stolen key opens recorded traffic";
        case PolicyFault::weak_name: return "an entry belongs to what is broken for good";
        case PolicyFault::sha1_signature: return "signatures over SHA-1 can be forged";
        case PolicyFault::rsa_too_short: return "RSA keys under 2048 bits have less than 112 bits of security";
        case PolicyFault::ec_too_short: return "ECDSA keys under 256 bits have less than 128 bits of security";
        case PolicyFault::post_quantum_not_first:
            return "a classical group stands before a hybrid one, so that the hybrid would hardly ever be used";
        case PolicyFault::suite_unusable:
            return "a suite is left that no signature scheme (or, in TLS 1.2, no classical group) goes with; TLS 1.3 "
                   "signs by RSA-PSS, or by ECDSA on the curve of the scheme's name, which must meet min ec-bits";
        case PolicyFault::no_extended_master_secret:
            return "TLS 1.2 without the extended master secret: two sessions can be given the same keys";
        case PolicyFault::no_secure_renegotiation:
            return "TLS 1.2 without secure renegotiation: a server may take ours for the rest of another's connection";
        case PolicyFault::tickets_too_long: return "tickets live over a day, or over half of the time of their key";
    }
    return "";
}

namespace detail {

/// Whether a handshake by the suite can be signed so. TLS 1.3 has RSA by PSS alone, and binds ECDSA to its curve.
[[nodiscard]] constexpr bool signs(const SignatureScheme& scheme, const Suite& suite,
                                   std::size_t min_ec_bits) noexcept {
    switch (suite.key_exchange) {
        case KeyExchange::tls13: return scheme.signs_tls13() && (scheme.rsa || scheme.curve_bits() >= min_ec_bits);
        case KeyExchange::ecdhe_ecdsa: return !scheme.rsa;
        case KeyExchange::ecdhe_rsa:
        case KeyExchange::rsa: return scheme.rsa;
    }
    return false;
}

/// Whether anything in the policy goes with the suite: a certificate's signatures, and a group to agree on keys.
[[nodiscard]] constexpr bool usable(const Suite& suite, const Policy& policy) noexcept {
    bool signature = false;
    for (const SignatureScheme& s : policy.signature_schemes())
        signature = signature || signs(s, suite, policy.min_ec_bits());
    bool group = suite.key_exchange == KeyExchange::rsa;
    for (const Group& g : policy.groups()) group = group || suite.version == Version::v1_3 || !g.post_quantum;
    return signature && group;
}

}  // namespace detail

/// Holds a policy against the floor. Static key exchange counts as a fault unless `allow_static_rsa`.
[[nodiscard]] constexpr PolicyFault check(const Policy& policy, bool allow_static_rsa) noexcept {
    if (policy.versions().empty() || policy.suites().empty() || policy.groups().empty() ||
        policy.signature_schemes().empty())
        return PolicyFault::empty;
    for (std::size_t i = 0; i < policy.suites().size(); ++i) {
        const Suite& s = policy.suites()[i];
        for (std::size_t j = 0; j < i; ++j) {
            if (policy.suites()[j].code == s.code) return PolicyFault::duplicate;
            if (policy.suites()[j].version == s.version && policy.suites()[j].level < s.level)
                return PolicyFault::suites_out_of_order;
        }
        if (!policy.allows(s.version)) return PolicyFault::version_without_suite;
        const Level level = !s.forward_secrecy()              ? Level::obsolete
                            : !s.aead()                       ? Level::legacy
                            : s.cipher == Cipher::aes_128_gcm ? Level::good
                                                              : Level::strong;
        if (level != s.level) return PolicyFault::level_wrong;
        if (!s.forward_secrecy() && !allow_static_rsa) return PolicyFault::no_forward_secrecy;
        for (const std::string_view weak : {"RC4", "DES", "NULL", "EXPORT", "anon", "MD5", "IDEA", "SEED"})
            if (s.name.find(weak) != std::string_view::npos) return PolicyFault::weak_name;
    }
    for (const Version v : policy.versions()) {
        bool served = false;
        for (const Suite& s : policy.suites()) served = served || s.version == v;
        if (!served) return PolicyFault::version_without_suite;
    }
    for (std::size_t i = 0; i < policy.groups().size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            if (policy.groups()[j].code == policy.groups()[i].code) return PolicyFault::duplicate;
            if (policy.groups()[i].post_quantum && !policy.groups()[j].post_quantum)
                return PolicyFault::post_quantum_not_first;
        }
    for (std::size_t i = 0; i < policy.signature_schemes().size(); ++i) {
        const SignatureScheme& s = policy.signature_schemes()[i];
        if (s.hash == Hash::sha1) return PolicyFault::sha1_signature;
        if (s.name.find("sha1") != std::string_view::npos) return PolicyFault::weak_name;
        for (std::size_t j = 0; j < i; ++j)
            if (policy.signature_schemes()[j].code == s.code) return PolicyFault::duplicate;
    }
    for (const Suite& s : policy.suites())
        if (!detail::usable(s, policy)) return PolicyFault::suite_unusable;
    if (!policy.extended_master_secret() && !policy.exception_only()) return PolicyFault::no_extended_master_secret;
    if (!policy.secure_renegotiation() && !policy.exception_only()) return PolicyFault::no_secure_renegotiation;
    if (policy.min_rsa_bits() < 2048) return PolicyFault::rsa_too_short;
    if (policy.min_ec_bits() < 256) return PolicyFault::ec_too_short;
    const TicketRule& tickets = policy.tickets();
    const bool none = tickets.lifetime.count() == 0 && tickets.key_lifetime.count() == 0;
    if (!none && (tickets.lifetime.count() <= 0 || tickets.lifetime > std::chrono::hours{24} ||
                  tickets.key_lifetime < 2 * tickets.lifetime || tickets.key_lifetime > std::chrono::hours{48}))
        return PolicyFault::tickets_too_long;
    return PolicyFault::none;
}

namespace detail {

inline constexpr Version only_tls13[]{Version::v1_3};
inline constexpr Version tls13_and_tls12[]{Version::v1_3, Version::v1_2};

inline constexpr Group groups_2026[]{catalogue::x25519_mlkem768, catalogue::secp384r1_mlkem1024, catalogue::x25519,
                                     catalogue::secp256r1, catalogue::secp384r1};

inline constexpr SignatureScheme ecdsa_schemes[]{catalogue::ecdsa_secp256r1_sha256, catalogue::ecdsa_secp384r1_sha384};
inline constexpr SignatureScheme all_schemes[]{catalogue::ecdsa_secp256r1_sha256, catalogue::ecdsa_secp384r1_sha384,
                                               catalogue::rsa_pss_rsae_sha256,    catalogue::rsa_pss_rsae_sha384,
                                               catalogue::rsa_pss_rsae_sha512,    catalogue::rsa_pkcs1_sha256,
                                               catalogue::rsa_pkcs1_sha384,       catalogue::rsa_pkcs1_sha512};

inline constexpr Suite obsolete_suites_2026[]{
    catalogue::aes_256_gcm_sha384,           catalogue::chacha20_poly1305_sha256,
    catalogue::aes_128_gcm_sha256,           catalogue::ecdhe_ecdsa_aes_256_gcm_sha384,
    catalogue::ecdhe_rsa_aes_256_gcm_sha384, catalogue::ecdhe_ecdsa_chacha20_poly1305,
    catalogue::ecdhe_rsa_chacha20_poly1305,  catalogue::ecdhe_ecdsa_aes_128_gcm_sha256,
    catalogue::ecdhe_rsa_aes_128_gcm_sha256, catalogue::ecdhe_ecdsa_aes_256_cbc_sha384,
    catalogue::ecdhe_rsa_aes_256_cbc_sha384, catalogue::ecdhe_ecdsa_aes_128_cbc_sha256,
    catalogue::ecdhe_rsa_aes_128_cbc_sha256, catalogue::ecdhe_ecdsa_aes_256_cbc_sha,
    catalogue::ecdhe_rsa_aes_256_cbc_sha,    catalogue::ecdhe_ecdsa_aes_128_cbc_sha,
    catalogue::ecdhe_rsa_aes_128_cbc_sha,    catalogue::rsa_aes_256_gcm_sha384,
    catalogue::rsa_aes_128_gcm_sha256,       catalogue::rsa_aes_256_cbc_sha256,
    catalogue::rsa_aes_128_cbc_sha256,       catalogue::rsa_aes_256_cbc_sha,
    catalogue::rsa_aes_128_cbc_sha,
};

// Each stricter policy is the beginning of the next one's list.
inline constexpr std::span<const Suite> legacy_suites_2026 = std::span{obsolete_suites_2026}.first(17);
inline constexpr std::span<const Suite> intermediate_suites_2026 = std::span{obsolete_suites_2026}.first(9);
inline constexpr std::span<const Suite> modern_suites_2026 = std::span{obsolete_suites_2026}.first(3);

inline constexpr TicketRule tickets_2026{
    std::chrono::hours{6}, std::chrono::hours{12},
    "half a working day saves most handshakes; TLS 1.3 alone, which renews the keys at each resumption: who steals a "
    "ticket key reads nothing recorded, and passes for the server for half a day at most (RFC 8446, section 2.2)"};
inline constexpr TicketRule short_tickets_2026{
    std::chrono::hours{1}, std::chrono::hours{2},
    "TLS 1.3 renews the keys at each resumption; an hour serves a person's visit to a page (RFC 8446, section 2.2)"};
inline constexpr TicketRule no_tickets{std::chrono::seconds{0}, std::chrono::seconds{0},
                                       "a device that lives by an exception is negotiated with anew each time, so that "
                                       "the exception can end at once"};

inline constexpr std::string_view old_master_secret =
    "not demanded: devices that live by an exception are older than RFC 7627; used where the device has it";
inline constexpr std::string_view old_renegotiation =
    "not demanded: devices that live by an exception may be older than RFC 5746; used where the device has it";

}  // namespace detail

/// TLS 1.3 alone, ECDSA certificates: for everything that is ours on both ends.
inline constexpr Policy modern_2026{PolicyTable{
    .name = "modern-2026",
    .alias = "modern",
    .purpose = "between programs of this decade: TLS 1.3 alone, ECDSA certificates",
    .versions = detail::only_tls13,
    .suites = detail::modern_suites_2026,
    .groups = detail::groups_2026,
    .signature_schemes = detail::ecdsa_schemes,
    .min_rsa_bits = 3072,
    .exception_only = false,
    .min_ec_bits = 256,
    .tickets = detail::short_tickets_2026,
    .rsa_reason = "RSA 3072: 128 bits of security (NIST SP 800-57, BSI TR-02102-1)",
}};

/// Mozilla's "intermediate" of guidelines 6.0, with SecP384r1MLKEM1024 besides and suites in order of level.
inline constexpr Policy intermediate_2026{PolicyTable{
    .name = "intermediate-2026",
    .alias = "intermediate",
    .purpose = "for workstations and current devices: TLS 1.2 and 1.3 with forward secrecy and AEAD",
    .versions = detail::tls13_and_tls12,
    .suites = detail::intermediate_suites_2026,
    .groups = detail::groups_2026,
    .signature_schemes = detail::all_schemes,
    .min_rsa_bits = 2048,
    .exception_only = false,
    .min_ec_bits = 256,
    .tickets = detail::tickets_2026,
    .rsa_reason = "RSA 2048: what current devices and public authorities have (Mozilla 6.0, NIST SP 800-52r2)",
}};

/// Adds TLS 1.2 ECDHE with CBC, for one named device at a time.
inline constexpr Policy legacy_mfd_2026{PolicyTable{
    .name = "legacy-mfd-2026",
    .alias = "legacy-mfd",
    .purpose = "for a named device without GCM: adds CBC with forward secrecy",
    .versions = detail::tls13_and_tls12,
    .suites = detail::legacy_suites_2026,
    .groups = detail::groups_2026,
    .signature_schemes = detail::all_schemes,
    .min_rsa_bits = 2048,
    .exception_only = true,
    .min_ec_bits = 256,
    .tickets = detail::no_tickets,
    .extended_master_secret = false,
    .master_secret_reason = detail::old_master_secret,
    .secure_renegotiation = false,
    .renegotiation_reason = detail::old_renegotiation,
    .rsa_reason = "RSA 2048: the floor; a device with a shorter key gets a new certificate (NIST SP 800-52r2)",
}};

/// Adds static RSA with AES, for one named device at a time: no forward secrecy, still better than plain port 9100.
inline constexpr Policy obsolete_mfd_2026{PolicyTable{
    .name = "obsolete-mfd-2026",
    .alias = "obsolete-mfd",
    .purpose =
        "for a named device without elliptic curves: adds static RSA, recorded traffic opens with the device's key",
    .versions = detail::tls13_and_tls12,
    .suites = detail::obsolete_suites_2026,
    .groups = detail::groups_2026,
    .signature_schemes = detail::all_schemes,
    .min_rsa_bits = 2048,
    .exception_only = true,
    .min_ec_bits = 256,
    .tickets = detail::no_tickets,
    .extended_master_secret = false,
    .master_secret_reason = detail::old_master_secret,
    .secure_renegotiation = false,
    .renegotiation_reason = detail::old_renegotiation,
    .rsa_reason = "RSA 2048: the floor; a device with a shorter key gets a new certificate (NIST SP 800-52r2)",
}};

static_assert(check(modern_2026, false) == PolicyFault::none);
static_assert(check(intermediate_2026, false) == PolicyFault::none);
static_assert(check(legacy_mfd_2026, false) == PolicyFault::none);
static_assert(check(obsolete_mfd_2026, true) == PolicyFault::none);
static_assert(check(obsolete_mfd_2026, false) == PolicyFault::no_forward_secrecy, "the check must be able to fail");
static_assert(modern_2026.extended_master_secret() && intermediate_2026.extended_master_secret());
static_assert(modern_2026.secure_renegotiation() && intermediate_2026.secure_renegotiation());
static_assert(!legacy_mfd_2026.extended_master_secret() && !obsolete_mfd_2026.extended_master_secret(),
              "only the policies for exceptions go without, which `check` holds for every other one");
static_assert(modern_2026.groups().front() == catalogue::x25519_mlkem768);
static_assert(!modern_2026.allows(Version::v1_2));

/// Every policy, the strictest first.
[[nodiscard]] std::span<const Policy* const> all_policies() noexcept;

/// By dated name or alias, exactly as written. *Errors*: `tls_policy_unknown`.
[[nodiscard]] Result<const Policy*> find_policy(std::string_view name);

/// The whole policy as text, one entry a line with its reason; what the snapshots in the tests hold.
[[nodiscard]] std::string describe(const Policy& policy);

}  // namespace safeq::tls
