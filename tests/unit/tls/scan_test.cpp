// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/scan.hpp>

#include <algorithm>

#include "hello_bytes.hpp"
#include "scan_target.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::Answer;
using tls::Scan;

TEST_CASE("a scan of our own server finds exactly its policy", "[tls][scan]") {
    World world;
    for (const tls::Policy* const policy : tls::all_policies())
        for (const tls::KeyKind kind : {tls::KeyKind::ecdsa_p256, tls::KeyKind::rsa_3072}) {
            const bool rsa = kind == tls::KeyKind::rsa_3072;
            if (rsa && policy == &tls::modern_2026) continue;
            INFO(policy->name() << (rsa ? " RSA" : " ECDSA"));
            const Scan found = scan_ours(world, *policy, kind);
            REQUIRE(found.versions.size() == 5);
            std::size_t versions = 0;
            for (const tls::ScannedVersion& version : found.versions) {
                std::vector<std::uint16_t> suites, groups, schemes;
                for (const tls::Suite& s : policy->suites())
                    if (static_cast<std::uint16_t>(s.version) == version.code &&
                        (s.key_exchange == tls::KeyExchange::tls13 ||
                         (s.key_exchange != tls::KeyExchange::ecdhe_ecdsa) == rsa))
                        suites.push_back(s.code);
                for (const tls::Group& g : policy->groups())
                    if (!suites.empty() && (version.code == 0x0304 || !g.post_quantum)) groups.push_back(g.code);
                // TLS 1.3 binds a curve to its hash, and has no PKCS #1 v1.5.
                for (const tls::SignatureScheme& s : policy->signature_schemes())
                    if (!suites.empty() && s.rsa == rsa &&
                        (version.code == 0x0303 || s.name.contains("pss") || s.name.contains("secp256r1")))
                        schemes.push_back(s.code);
                CHECK(sorted(version.schemes) == sorted(schemes));
                CHECK_FALSE(version.unasked_scheme);
                CHECK(sorted(version.suites) == sorted(suites));
                CHECK(sorted(version.groups) == sorted(groups));
                CHECK((version.answer == Answer::accepted) == !suites.empty());
                versions += !suites.empty();
            }
            CHECK(versions == policy->versions().size());
            REQUIRE(found.certificates.size() == 1);
            CHECK(found.certificates.front().key_bits == (rsa ? 3072 : 256));
            CHECK(found.certificates.front().certificate.common_name() == "printer");
            CHECK_FALSE(found.certificates.front().self_signed);
            CHECK(found.ssl2 == Answer::refused);
            CHECK(found.greeting == Answer::accepted);
            CHECK_FALSE(found.compression);
            CHECK_FALSE(found.session_tickets);
            CHECK_FALSE(found.asks_certificate);
            CHECK(found.secure_renegotiation == (policy == &tls::modern_2026 ? std::nullopt : std::optional{true}));
            CHECK(found.extended_master_secret == found.secure_renegotiation);
            CHECK_FALSE(needs_tls13_off(found));
            CHECK(fit(found, *policy).fits);
            const auto weak = weaknesses(found, world.clock.now());
            CHECK(weak.empty() == !policy->exception_only());
        }
}

TEST_CASE("what a policy has against an endpoint is told", "[tls][scan]") {
    World world;
    const Scan modern = scan_ours(world, tls::modern_2026, tls::KeyKind::ecdsa_p256);
    CHECK(fitting(modern).size() == 4);
    CHECK(fit(modern, tls::modern_2026).detail == "TLS 1.3, TLS_AES_256_GCM_SHA384, X25519MLKEM768");
    CHECK(world.clock.now() < modern.certificates.front().certificate.not_after());
    CHECK(has(weaknesses(modern, modern.certificates.front().certificate.not_after() + 1s), "has expired"));
    CHECK(has(weaknesses(modern, modern.certificates.front().certificate.not_before() - 1s), "not valid yet"));

    const Scan rsa = scan_ours(world, tls::intermediate_2026, tls::KeyKind::rsa_3072);
    CHECK(fitting(rsa) == std::vector<std::string>{"intermediate-2026", "legacy-mfd-2026", "obsolete-mfd-2026"});
    CHECK(fit(rsa, tls::modern_2026).detail == "a certificate with an RSA key");

    Scan changed = rsa;
    changed.certificates.front().key_bits = 1024;
    CHECK(fitting(changed).empty());
    CHECK(fit(changed, tls::obsolete_mfd_2026).detail.contains("1024 bits, where 2048"));
    CHECK(has(weaknesses(changed, world.clock.now()), "a key of 1024 bits"));
    changed = rsa;
    changed.certificates.front().signature = "RSA/PKCS1v15(SHA-1)";
    CHECK(fitting(changed).empty());
    CHECK(has(weaknesses(changed, world.clock.now()), "broken hash"));
    changed.certificates.front().self_signed = true;  // then its key is pinned
    CHECK(fitting(changed).size() == 3);
    changed.certificates.clear();
    CHECK(fit(changed, tls::intermediate_2026).detail == "no certificate that could be read");
    changed = modern;
    changed.certificates.front().curve.clear();
    CHECK(fit(changed, tls::modern_2026).detail.contains("curve"));
    changed = modern;
    changed.versions[4].groups = {0x001e};
    CHECK(fit(changed, tls::modern_2026).detail == "no group in common");
    changed.versions[4].suites = {0x1304};
    CHECK(fit(changed, tls::modern_2026).detail == "no suite in common");
    changed.versions[4].answer = Answer::silent;
    CHECK(fit(changed, tls::obsolete_mfd_2026).detail == "no version in common");

    changed = rsa;
    changed.versions[4].answer = Answer::refused;
    changed.extended_master_secret = false;
    CHECK(fitting(changed) == std::vector<std::string>{"legacy-mfd-2026", "obsolete-mfd-2026"});
    CHECK(fit(changed, tls::intermediate_2026).detail.contains("RFC 7627"));
    changed.extended_master_secret = true;
    CHECK(fitting(changed).size() == 3);
    changed.secure_renegotiation = false;
    CHECK(fitting(changed) == std::vector<std::string>{"legacy-mfd-2026", "obsolete-mfd-2026"});
    CHECK(fit(changed, tls::intermediate_2026).detail.contains("RFC 5746"));

    Scan weak = rsa;
    weak.versions[1] = {.code = 0x0301,
                        .answer = Answer::accepted,
                        .suites = {0x0005, 0x002f},
                        .groups = {0x0013},
                        .shortest_dh_bits = 512};
    weak.compression = true;
    weak.secure_renegotiation = false;
    weak.extended_master_secret = false;
    weak.unreadable_certificates = 1;
    const auto told = weaknesses(weak, world.clock.now());
    for (const char* const part : {"accepts TLS 1.0", "RC4", "no forward secrecy", "512 bits", "secp192r1", "CRIME",
                                   "RFC 5746", "RFC 7627", "can't be read"}) {
        INFO(part);
        CHECK(has(told, part));
    }
    CHECK(told.front().contains("TLS 1.0"));
}

TEST_CASE("a listener that asks for a certificate is known by it", "[tls][scan]") {
    World world;
    CHECK(scan_ours(world, tls::modern_2026, tls::KeyKind::ecdsa_p256, tls::ClientAuth::required).asks_certificate);
    CHECK(
        scan_ours(world, tls::obsolete_mfd_2026, tls::KeyKind::ecdsa_p256, tls::ClientAuth::required).asks_certificate);
}

TEST_CASE("an endpoint may hang, hang up, or speak something else", "[tls][scan][hostile]") {
    const auto all = [](const Scan& found, Answer answer) {
        return std::ranges::all_of(found.versions, [&](const tls::ScannedVersion& v) { return v.answer == answer; });
    };
    const Scan silent = scan_script([](ByteView) -> Result<Bytes> { return fail(Errc::timed_out, "endpoint"); });
    CHECK(all(silent, Answer::silent));
    CHECK(silent.ssl2 == Answer::silent);
    CHECK(silent.connections == 7);  // one for each version, SSL 2.0 included, and the greeting
    const Scan gone = scan_script([](ByteView) -> Result<Bytes> { return Bytes{}; });
    CHECK(all(gone, Answer::refused));
    const Scan reset = scan_script([](ByteView) -> Result<Bytes> { return fail(Errc::connection_closed, "endpoint"); });
    CHECK(all(reset, Answer::refused));
    const Scan web =
        scan_script([](ByteView) -> Result<Bytes> { return to_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    CHECK(all(web, Answer::garbled));
    CHECK(web.ssl2 == Answer::garbled);
    CHECK(web.greeting == Answer::garbled);
    CHECK(fitting(web).empty());
    const Scan refusing = scan_script([](ByteView) -> Result<Bytes> { return alert(2, 70); });
    CHECK(all(refusing, Answer::refused));
    CHECK(refusing.ssl2 == Answer::refused);
    CHECK(refusing.connections == 7);
}

TEST_CASE("a server that chooses what was not offered is not followed", "[tls][scan][hostile]") {
    const Scan found = scan_script([](ByteView) -> Result<Bytes> {
        return record(22, join({server_hello({.suite = 0xfafa}), certificate(), done()}));
    });
    CHECK(found.versions[3].answer == Answer::garbled);
    CHECK(found.versions[4].answer == Answer::refused);
    CHECK(found.connections < 20);
    // The same group again and again.
    const Scan stuck = scan_script([](ByteView hello) -> Result<Bytes> {
        if (offers_tls13(hello))
            return record(22, server_hello({.suite = 0x1301,
                                            .retry = true,
                                            .session_bytes = 32,
                                            .extensions = {extension(43, "0304"), extension(51, "001d")}}));
        return alert(2, 40);
    });
    CHECK(stuck.versions[4].groups == std::vector<std::uint16_t>{0x001d});
    CHECK(stuck.connections < 30);
}

TEST_CASE("a server that takes all there is ends too", "[tls][scan][hostile]") {
    // Chooses the first suite of every list.
    const Scan greedy = scan_script([](ByteView hello) -> Result<Bytes> {
        const std::uint16_t version = offered_version(hello);
        if (offers_tls13(hello)) return alert(2, 70);
        const auto suite = static_cast<std::uint16_t>(std::to_integer<unsigned>(hello[46]) << 8 |
                                                      std::to_integer<unsigned>(hello[47]));
        return record(
            22, join({server_hello({.version = version, .suite = suite, .compression = 1}), certificate(), done()}));
    });
    // Those with a ServerKeyExchange are garbled without one, and end their batch.
    REQUIRE(greedy.accepted(0x0300) != nullptr);
    CHECK(greedy.versions[4].answer == Answer::refused);
    CHECK(greedy.connections < 100);

    const Scan old = scan_script([](ByteView hello) -> Result<Bytes> {
        if (offered_version(hello) != 0x0301) return alert(2, 70);
        for (const std::uint16_t suite : std::vector<std::uint16_t>{0x0005, 0x000a, 0x002f}) {
            const Bytes code = ByteWriter{}.u16(suite).take();
            const ByteView list = ByteView{hello}.subspan(
                46, std::to_integer<std::size_t>(hello[44]) << 8 | std::to_integer<std::size_t>(hello[45]));
            for (std::size_t i = 0; i + 1 < list.size(); i += 2)
                if (same_bytes(list.subspan(i, 2), code))
                    return record(22, join({server_hello({.version = 0x0301, .suite = suite, .compression = 1}),
                                            certificate(), done()}));
        }
        return alert(2, 40);
    });
    REQUIRE(old.accepted(0x0301) != nullptr);
    CHECK(old.accepted(0x0301)->suites == std::vector<std::uint16_t>{0x0005, 0x000a, 0x002f});
    CHECK(old.compression);
    CHECK(old.secure_renegotiation == false);
    CHECK(old.unreadable_certificates == 1);
    CHECK(fitting(old).empty());
}

TEST_CASE("a server of SSL 2.0 is found out", "[tls][scan]") {
    const Scan found = scan_script([](ByteView hello) -> Result<Bytes> {
        if (hello[0] != std::byte{0x80}) return alert(2, 40);
        return from_hex(
                   "8014"
                   "0400010002"
                   "000400030002"
                   "6c656166"
                   "010080"
                   "6964")
            .value();
    });
    CHECK(found.ssl2 == Answer::accepted);
    CHECK(fitting(found).empty());
    CHECK(weaknesses(found, {}).front().contains("DROWN"));
}

TEST_CASE("a device that hangs on TLS 1.3 is found out", "[tls][scan]") {
    World world;
    const tls::ServerConfig config{.policy = &tls::intermediate_2026,
                                   .credentials = World::credentials(world.issue(tls::Purpose::server))};
    Scripted device{[&](ByteView hello) -> Result<Bytes> {
        if (offers_tls13(hello)) return fail(Errc::timed_out, "endpoint");
        tls::Session session = world.server(config);
        static_cast<void>(session.received(hello));
        Bytes out;
        session.take_outgoing(out);
        return out;
    }};
    const Scan found = must(tls::scan(device, "", world.clock, world.random));
    CHECK(found.versions[4].answer == Answer::silent);
    CHECK(found.greeting == Answer::silent);
    CHECK(needs_tls13_off(found));
    CHECK(fit(found, tls::intermediate_2026).detail.starts_with("TLS 1.2"));
}

TEST_CASE("a scan ends with the endpoint", "[tls][scan]") {
    World world;
    Scripted target{[](ByteView) -> Result<Bytes> { return alert(2, 40); }};
    target.most = 3;
    const auto found = tls::scan(target, "", world.clock, world.random);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == Errc::unavailable);
}

TEST_CASE("versions and groups have names", "[tls][scan]") {
    CHECK(tls::version_name(0x0300) == "SSL 3.0");
    CHECK(tls::version_name(0x0304) == "TLS 1.3");
    CHECK(tls::version_name(0x0305).empty());
    for (const tls::Group& group : tls::modern_2026.groups()) CHECK(tls::group_name(group.code) == group.name);
    CHECK(tls::group_name(0xffff).empty());
    CHECK(name(Answer::silent) == "silent");
}
