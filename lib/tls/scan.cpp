// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/scan.hpp>

#include <algorithm>
#include <array>

#include <safeq/tls/probe.hpp>
#include <safeq/tls/suite_registry.hpp>
#include <tls/scan_handshake.hpp>

namespace safeq::tls {

namespace {

using Codes = std::vector<std::uint16_t>;

// Some old servers take fright at a long list.
constexpr std::size_t most_at_once = 64;
constexpr std::uint8_t protocol_version_alert = 70;

struct NamedGroup {
    std::uint16_t code;
    std::string_view name;
};

// The IANA registry, without what only one vendor ever had.
constexpr NamedGroup groups[]{
    {0x11ec, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x001d, "x25519"},
    {0x0017, "secp256r1"},
    {0x0018, "secp384r1"},
    {0x0019, "secp521r1"},
    {0x001e, "x448"},
    {0x001a, "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0x0016, "secp256k1"},
    {0x0015, "secp224r1"},
    {0x0013, "secp192r1"},
    {0x000e, "sect571r1"},
    {0x000d, "sect571k1"},
    {0x000c, "sect409r1"},
    {0x000b, "sect409k1"},
    {0x000a, "sect283r1"},
    {0x0009, "sect283k1"},
    {0x0007, "sect233r1"},
    {0x0006, "sect233k1"},
    {0x0003, "sect163r2"},
    {0x0001, "sect163k1"},
};

// Hybrids exist in TLS 1.3 alone; curves of the past do not exist there.
bool group_exists_in(std::uint16_t group, std::uint16_t version) {
    if (version == 0x0304)
        return group >= 0x0100 || (group >= 0x0017 && group != 0x001a && group != 0x001b && group != 0x001c);
    return group < 0x0100 && !(group >= 0x001f && group <= 0x0021);
}

Codes groups_of(std::uint16_t version) {
    Codes out;
    for (const NamedGroup& group : groups)
        if (group_exists_in(group.code, version)) out.push_back(group.code);
    return out;
}

Codes suites_of(std::uint16_t version) {
    Codes out;
    for (const Suite& suite : obsolete_mfd_2026.suites())
        if (exists_in(suite.name, version)) out.push_back(suite.code);
    for (const RegisteredSuite& suite : rejected_suites())
        if (exists_in(suite.name, version)) out.push_back(suite.code);
    return out;
}

bool take_away(Codes& from, std::uint16_t code) { return std::erase(from, code) != 0; }
bool holds(const Codes& codes, std::uint16_t code) { return std::ranges::find(codes, code) != codes.end(); }

bool elliptic(std::uint16_t suite) {
    return suite_name(suite).contains("ECDHE_") || suite_name(suite).contains("ECDH_anon");
}

// Whether the server signs the handshake: not where keys are static, nor where it is anonymous ("DH_anon").
bool goes_signed(std::uint16_t suite) { return suite_name(suite).contains("DHE_"); }

class Scanner {
public:
    Scanner(ScanTarget& target, const std::string& server_name, const Clock& clock, Random& random)
        : target_{target}, server_name_{server_name}, clock_{clock}, random_{random} {}

    Scan found;

    struct Asked {
        Answer answer = Answer::refused;
        ProbeReply reply = {};
    };

    [[nodiscard]] Result<Asked> ask(ProbeHello hello) {
        hello.server_name = server_name_;
        SAFEQ_TRY(const Bytes bytes, probe_hello(hello, random_));
        SAFEQ_TRY(const auto link, target_.connect());
        ++found.connections;
        ProbeReader reader;
        if (!link->send(bytes)) return Asked{};
        for (;;) {
            const auto received = link->receive();
            if (!received) return Asked{received.error().code == Errc::timed_out ? Answer::silent : Answer::refused};
            if (received->empty()) return Asked{};
            const auto done = reader.take(*received);
            if (!done) return Asked{Answer::garbled};
            if (!*done) continue;
            Asked asked{Answer::accepted, reader.reply()};
            const bool right_version =
                asked.reply.version == hello.version || (hello.tls12_too && asked.reply.version == 0x0303);
            if (asked.reply.kind == ProbeReply::Kind::alert || !right_version) asked.answer = Answer::refused;
            else if (!holds(hello.suites, asked.reply.suite)) asked.answer = Answer::garbled;
            if (asked.answer == Answer::accepted) note(asked.reply);
            return asked;
        }
    }

    [[nodiscard]] Result<Answer> ssl2() {
        SAFEQ_TRY(const auto link, target_.connect());
        ++found.connections;
        if (!link->send(ssl2_probe_hello(random_))) return Answer::refused;
        for (Bytes all;;) {
            const auto received = link->receive();
            if (!received) return received.error().code == Errc::timed_out ? Answer::silent : Answer::refused;
            if (received->empty()) return Answer::refused;
            all.insert(all.end(), received->begin(), received->end());
            const auto answer = read_ssl2_answer(all);
            if (!answer) return Answer::garbled;
            if (*answer == Ssl2Answer::accepted) return Answer::accepted;
            if (*answer == Ssl2Answer::refused) return Answer::refused;
        }
    }

    [[nodiscard]] Result<ScannedVersion> version(std::uint16_t code) {
        ScannedVersion out{.code = code};
        const Codes all = suites_of(code);
        for (std::size_t at = 0; at < all.size(); at += most_at_once) {
            const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
            Codes left{first, first + static_cast<std::ptrdiff_t>(std::min(most_at_once, all.size() - at))};
            while (!left.empty()) {
                SAFEQ_TRY(const Asked asked, ask({.version = code, .suites = left, .groups = groups_of(code)}));
                if (asked.answer != Answer::accepted) {
                    if (out.answer != Answer::accepted) out.answer = asked.answer;
                    // It would say the same to the other suites; a time-out for each would take long.
                    const bool for_good = asked.answer == Answer::silent ||
                                          asked.reply.alert == protocol_version_alert || asked.reply.version != 0;
                    if (for_good && out.answer != Answer::accepted) return out;
                    break;
                }
                out.answer = Answer::accepted;
                out.suites.push_back(asked.reply.suite);
                if (asked.reply.dh_bits)
                    out.shortest_dh_bits =
                        std::min(out.shortest_dh_bits.value_or(*asked.reply.dh_bits), *asked.reply.dh_bits);
                take_away(left, asked.reply.suite);
            }
        }
        SAFEQ_TRY_VOID(groups_for(out));
        if (code == 0x0303) SAFEQ_TRY_VOID(schemes_for(out));
        if (code == 0x0304 && out.answer == Answer::accepted) SAFEQ_TRY_VOID(schemes_in_tls13(out));
        return out;
    }

    // With every suite that was accepted; up to TLS 1.2 those of elliptic curves.
    [[nodiscard]] Result<void> groups_for(ScannedVersion& out) {
        Codes suites;
        for (const std::uint16_t suite : out.suites)
            if (out.code == 0x0304 || elliptic(suite)) suites.push_back(suite);
        if (suites.empty()) return {};
        Codes left = groups_of(out.code);
        SAFEQ_TRY_VOID(groups_among(out, suites, left, {}));
        // Up to TLS 1.2 a certificate's own curve must be on offer too (RFC 8422, section 5.1), so that some servers
        // have refused the rest for want of it.
        if (out.code == 0x0304) return {};
        Codes curves;
        for (const ScannedCertificate& c : found.certificates)
            for (const Group& group : obsolete_mfd_2026.groups())
                if (group.name == c.curve && !holds(curves, group.code)) curves.push_back(group.code);
        if (curves.empty() || left.empty()) return {};
        return groups_among(out, suites, left, curves);
    }

    [[nodiscard]] Result<void> groups_among(ScannedVersion& out, const Codes& suites, Codes& left,
                                            const Codes& besides) {
        while (!left.empty()) {
            Codes offered = left;
            offered.insert(offered.end(), besides.begin(), besides.end());
            SAFEQ_TRY(const Asked asked, ask({.version = out.code, .suites = suites, .groups = offered}));
            if (asked.answer != Answer::accepted || !asked.reply.group || !take_away(left, *asked.reply.group))
                return {};
            out.groups.push_back(*asked.reply.group);
        }
        return {};
    }

    // First what policies list, with the suites that they list, so that it answers as it would to us; then the rest.
    [[nodiscard]] Result<void> schemes_for(ScannedVersion& out) {
        Codes listed, suites;
        for (const std::uint16_t suite : out.suites) {
            if (!goes_signed(suite)) continue;
            suites.push_back(suite);
            if (obsolete_mfd_2026.find_suite(suite) != nullptr) listed.push_back(suite);
        }
        Codes sound, left;
        for (const std::uint16_t scheme : probe_schemes())
            (obsolete_mfd_2026.allows_signature(scheme) ? sound : left).push_back(scheme);
        SAFEQ_TRY_VOID(schemes_among(out, listed, sound));
        left.insert(left.begin(), sound.begin(), sound.end());
        SAFEQ_TRY_VOID(schemes_among(out, suites, left));
        return schemes_for_static_rsa(out);
    }

    [[nodiscard]] Result<void> schemes_for_static_rsa(ScannedVersion& out) {
        Codes suites;
        for (const Suite& suite : obsolete_mfd_2026.suites())
            if (suite.key_exchange == KeyExchange::rsa && holds(out.suites, suite.code)) suites.push_back(suite.code);
        for (const SignatureScheme& scheme : obsolete_mfd_2026.signature_schemes()) {
            if (suites.empty() || !scheme.rsa) continue;
            SAFEQ_TRY(const Asked asked, ask({.version = out.code, .suites = suites, .schemes = {scheme.code}}));
            if (asked.answer == Answer::silent) return {};
            if (asked.answer == Answer::accepted) out.static_rsa_schemes.push_back(scheme.code);
        }
        return {};
    }

    [[nodiscard]] Result<void> schemes_among(ScannedVersion& out, const Codes& suites, Codes& left) {
        while (!suites.empty() && !left.empty()) {
            SAFEQ_TRY(const Asked asked,
                      ask({.version = out.code, .suites = suites, .groups = groups_of(out.code), .schemes = left}));
            if (asked.answer != Answer::accepted || !asked.reply.scheme) return {};
            if (!take_away(left, *asked.reply.scheme)) {
                out.unasked_scheme = asked.reply.scheme;
                return {};
            }
            out.schemes.push_back(*asked.reply.scheme);
        }
        return {};
    }

    [[nodiscard]] Result<void> schemes_in_tls13(ScannedVersion& out) {
        Codes left{tls13_schemes().begin(), tls13_schemes().end()};
        while (!left.empty()) {
            SAFEQ_TRY(const auto link, target_.connect());
            ++found.connections;
            const Shown shown = shown_in_tls13(*link, server_name_, left, clock_, random_);
            if (!shown.certificates.empty()) note(shown.certificates.front());
            found.asks_certificate |= shown.asks_certificate;
            if (!shown.scheme || !take_away(left, *shown.scheme)) return {};
            out.schemes.push_back(*shown.scheme);
        }
        return {};
    }

    [[nodiscard]] Result<ScannedRenegotiation> renegotiation() {
        const ScannedVersion* const version = found.accepted(0x0303);
        if (version == nullptr) return ScannedRenegotiation{.not_tried = "no TLS 1.2"};
        const Codes suites = spoken_suites(*version);
        if (suites.empty()) return ScannedRenegotiation{.not_tried = "no suite that we can finish a handshake with"};
        SAFEQ_TRY(const auto link, target_.connect());
        ++found.connections;
        return renegotiation_in_tls12(*link, server_name_, suites, clock_, random_);
    }

    void note(const ProbeReply& reply) {
        if (!reply.certificates.empty()) note(reply.certificates.front());
        found.asks_certificate |= reply.asks_certificate;
        if (reply.version == 0x0304) return;
        found.secure_renegotiation = found.secure_renegotiation.value_or(true) && reply.secure_renegotiation;
        found.extended_master_secret = found.extended_master_secret.value_or(true) && reply.extended_master_secret;
        found.encrypt_then_mac |= reply.encrypt_then_mac;
        found.session_tickets |= reply.session_ticket;
        found.compression |= reply.compression;
    }

    void note(ByteView der) {
        for (const Bytes& known : seen_)
            if (same_bytes(known, der)) return;
        seen_.push_back(to_bytes(der));
        if (auto certificate = read_certificate(der)) found.certificates.push_back(*std::move(certificate));
        else ++found.unreadable_certificates;
    }

private:
    ScanTarget& target_;
    const std::string& server_name_;
    const Clock& clock_;
    Random& random_;
    std::vector<Bytes> seen_;
};

}  // namespace

Result<Scan> scan(ScanTarget& target, const std::string& server_name, const Clock& clock, Random& random) {
    Scanner scanner{target, server_name, clock, random};
    Scan& found = scanner.found;
    SAFEQ_TRY(found.ssl2, scanner.ssl2());
    for (std::uint16_t code = 0x0300; code <= 0x0304; ++code) {
        SAFEQ_TRY(ScannedVersion version, scanner.version(code));
        found.versions.push_back(std::move(version));
    }
    SAFEQ_TRY(found.renegotiation, scanner.renegotiation());
    ProbeHello greeting{.version = 0x0304, .tls12_too = true, .groups = groups_of(0x0304)};
    for (const Suite& suite : obsolete_mfd_2026.suites()) greeting.suites.push_back(suite.code);
    SAFEQ_TRY(const Scanner::Asked greeted, scanner.ask(greeting));
    found.greeting = greeted.answer;
    for (std::uint16_t code = 0x0303; code >= 0x0300; --code) {
        const ScannedVersion* const version = found.accepted(code);
        if (version == nullptr) continue;
        SAFEQ_TRY(
            const auto asked,
            scanner.ask({.version = code, .suites = version->suites, .groups = groups_of(code), .compression = true}));
        break;
    }
    return std::move(found);
}

std::string_view version_name(std::uint16_t code) noexcept {
    constexpr std::array<std::string_view, 5> names{"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
    return code >= 0x0300 && code <= 0x0304 ? names[code - 0x0300U] : std::string_view{};
}

std::string_view group_name(std::uint16_t code) noexcept {
    for (const NamedGroup& group : groups)
        if (group.code == code) return group.name;
    return {};
}

}  // namespace safeq::tls
