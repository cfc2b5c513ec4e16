// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/scan.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <safeq/tls/probe.hpp>
#include <safeq/tls/suite_registry.hpp>

namespace safeq::tls {

namespace {

bool holds(const std::vector<std::uint16_t>& codes, std::uint16_t code) {
    return std::ranges::find(codes, code) != codes.end();
}

// secp224r1, secp192r1 and the curves of 163 and 233 bits over binary fields.
const std::vector<std::uint16_t> short_groups{0x0015, 0x0013, 0x0007, 0x0006, 0x0003, 0x0001};

std::string scheme_text(std::uint16_t code) {
    const std::string_view name = scheme_name(code);
    return name.empty() ? fmt::format("the signature scheme 0x{:04x}", code) : std::string{name};
}

bool broken_hash(std::string_view signature) { return signature.contains("SHA-1") || signature.contains("MD"); }

// What a policy has against a certificate; empty for nothing.
std::string objection(const ScannedCertificate& shown, const Policy& policy) {
    const bool rsa = shown.certificate.key_algorithm() == "RSA";
    if (!rsa && shown.certificate.key_algorithm() != "ECDSA")
        return fmt::format("a certificate with a key of the kind {}", shown.certificate.key_algorithm());
    const bool usable =
        std::ranges::any_of(policy.signature_schemes(), [&](const SignatureScheme& s) { return s.rsa == rsa; });
    if (!usable) return fmt::format("a certificate with {}", rsa ? "an RSA key" : "an ECDSA key");
    if (!rsa && !std::ranges::any_of(policy.groups(), [&](const Group& g) { return g.name == shown.curve; }))
        return "a certificate on a curve that is not in the policy";
    const std::size_t least = rsa ? policy.min_rsa_bits() : policy.min_ec_bits();
    if (shown.key_bits < least)
        return fmt::format("{} key of {} bits, where {} are the least", rsa ? "an RSA" : "an ECDSA", shown.key_bits,
                           least);
    // Of a self-signed one the key is pinned, and its signature counts for nothing.
    if (!shown.self_signed && broken_hash(shown.signature)) return "a certificate signed over a broken hash";
    return {};
}

// What a policy has against the signature that goes with a suite and a kind of key; empty for nothing.
std::string objection(const ScannedVersion& version, const Policy& policy, const Suite& suite, bool rsa) {
    const auto& theirs = suite.key_exchange == KeyExchange::rsa ? version.static_rsa_schemes : version.schemes;
    for (const SignatureScheme& scheme : policy.signature_schemes())
        if (scheme.rsa == rsa && holds(theirs, scheme.code)) return {};
    if (version.unasked_scheme && !policy.allows_signature(*version.unasked_scheme))
        return fmt::format("signed with {}, whatever is offered", scheme_text(*version.unasked_scheme));
    return "no signature scheme in common";
}

// Whether any of the certificates does for a suite, and is signed with as it should be; else what the policy has
// against the last.
std::string certificate_for(const Scan& scan, const ScannedVersion& version, const Policy& policy, const Suite& suite) {
    std::string why = "no certificate that could be read";
    for (const ScannedCertificate& shown : scan.certificates) {
        const bool rsa = shown.certificate.key_algorithm() == "RSA";
        if (suite.key_exchange == KeyExchange::ecdhe_ecdsa && rsa) continue;
        if ((suite.key_exchange == KeyExchange::ecdhe_rsa || suite.key_exchange == KeyExchange::rsa) && !rsa) continue;
        why = objection(shown, policy);
        if (why.empty()) why = objection(version, policy, suite, rsa);
        if (why.empty()) return why;
    }
    return why;
}

void add(std::vector<std::string>& out, bool there, std::string what) {
    if (there) out.push_back(std::move(what));
}

}  // namespace

bool broken_scheme(std::uint16_t code) noexcept {
    const std::string_view name = scheme_name(code);
    return name.ends_with("sha1") || name.ends_with("md5");
}

Fit fit(const Scan& scan, const Policy& policy) {
    std::string why;
    bool version_met = false, suite_met = false;
    for (const Version v : policy.versions()) {
        const ScannedVersion* const version = scan.accepted(static_cast<std::uint16_t>(v));
        if (version == nullptr) continue;
        version_met = true;
        bool signed_otherwise = false;
        // RFC 7627, section 5.2, and RFC 5746: our sessions insist on them, but for devices that live by an exception.
        const bool unbound = policy.extended_master_secret() && !scan.extended_master_secret.value_or(true);
        const bool spliced = policy.secure_renegotiation() && !scan.secure_renegotiation.value_or(true);
        if (v == Version::v1_2 && (unbound || spliced)) {
            why = unbound ? "no extended master secret (RFC 7627)" : "no secure renegotiation (RFC 5746)";
            suite_met = true;
            continue;
        }
        for (const Suite& suite : policy.suites()) {
            if (suite.version != v || !holds(version->suites, suite.code)) continue;
            suite_met = true;
            // It would be as free to choose the suite whose signature we don't take, and the connection would fail.
            if (!suite.forward_secrecy() && signed_otherwise) continue;
            const Group* agreed = nullptr;
            for (const Group& group : policy.groups())
                if (agreed == nullptr && holds(version->groups, group.code)) agreed = &group;
            if (agreed == nullptr && suite.forward_secrecy()) {
                why = "no group in common";
                continue;
            }
            if (std::string objected = certificate_for(scan, *version, policy, suite); !objected.empty()) {
                why = std::move(objected);
                signed_otherwise |= suite.forward_secrecy() && version->unasked_scheme &&
                                    !policy.allows_signature(*version->unasked_scheme);
                continue;
            }
            return {true, fmt::format("{}, {}{}{}", name(v), suite.name, suite.forward_secrecy() ? ", " : "",
                                      suite.forward_secrecy() ? agreed->name : std::string_view{})};
        }
    }
    if (!version_met) return {false, "no version in common"};
    return {false, suite_met ? why : "no suite in common"};
}

bool needs_tls13_off(const Scan& scan) {
    return scan.greeting != Answer::accepted && scan.accepted(0x0303) != nullptr && fit(scan, obsolete_mfd_2026).fits;
}

std::vector<std::string> weaknesses(const Scan& scan, Time now) {
    std::vector<std::string> out;
    add(out, scan.ssl2 == Answer::accepted,
        "accepts SSL 2.0, by which TLS with the same key is broken too (DROWN); RFC 6176 forbids it");
    for (const ScannedVersion& version : scan.versions)
        add(out, version.answer == Answer::accepted && version.code < 0x0303,
            fmt::format("accepts {}, which RFC 8996 and RFC 7568 forbid", version_name(version.code)));
    // Each suite once, under the first of its reasons.
    std::vector<std::uint16_t> suites;
    for (const ScannedVersion& version : scan.versions)
        for (const std::uint16_t code : version.suites)
            if (!holds(suites, code)) suites.push_back(code);
    for (const std::uint16_t code : suites)
        if (obsolete_mfd_2026.find_suite(code) == nullptr)
            out.push_back(fmt::format("accepts {}: {}", suite_name(code), why_rejected(suite_name(code))));
    for (const Level level : {Level::obsolete, Level::legacy})
        for (const std::uint16_t code : suites)
            if (const Suite* const suite = obsolete_mfd_2026.find_suite(code);
                suite != nullptr && suite->level == level)
                out.push_back(fmt::format("accepts {}: {}", suite->name,
                                          level == Level::obsolete ? "no forward secrecy" : "CBC, not AEAD"));
    for (const ScannedVersion& version : scan.versions) {
        add(out, version.shortest_dh_bits.value_or(2048) < 2048,
            fmt::format("{} with keys of {} bits, which can be computed", version_name(version.code),
                        version.shortest_dh_bits.value_or(0)));
        for (const std::uint16_t group : version.groups) {
            add(out, holds(short_groups, group),
                fmt::format("{} with the group {}: less than 128 bits of security", version_name(version.code),
                            group_name(group)));
        }
    }
    for (const ScannedVersion& version : scan.versions)
        for (const std::uint16_t scheme : version.schemes)
            add(out, broken_scheme(scheme),
                fmt::format("signs {} with {}, over a broken hash, which RFC 9155 forbids", version_name(version.code),
                            scheme_name(scheme)));
    add(out, scan.compression, "compresses, so that lengths tell secrets (CRIME)");
    add(out, !scan.secure_renegotiation.value_or(true),
        "no secure renegotiation (RFC 5746): a handshake can be spliced");
    add(out, scan.renegotiation.answer == Answer::accepted,
        "lets clients renegotiate: one connection costs it handshake after handshake (CVE-2011-1473)");
    add(out, !scan.extended_master_secret.value_or(true),
        "no extended master secret (RFC 7627): a session is not bound to its handshake");
    for (const ScannedCertificate& shown : scan.certificates) {
        const Certificate& certificate = shown.certificate;
        const bool rsa = certificate.key_algorithm() == "RSA";
        const std::string who = fmt::format("the certificate of {}", certificate.subject());
        add(out, certificate.not_after() < now, who + " has expired");
        add(out, certificate.not_before() > now, who + " is not valid yet");
        add(out, shown.key_bits < (rsa ? 2048U : 256U), fmt::format("{} has a key of {} bits", who, shown.key_bits));
        add(out, broken_hash(shown.signature) && !shown.self_signed, who + " is signed over a broken hash");
    }
    add(out, scan.unreadable_certificates != 0, "shows a certificate that can't be read");
    return out;
}

}  // namespace safeq::tls
