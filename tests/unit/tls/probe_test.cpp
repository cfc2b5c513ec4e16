// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/probe.hpp>

#include <algorithm>

#include "fixture.hpp"
#include "hello_bytes.hpp"
#include "support/fixed_random.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::ProbeHello;
using tls::ProbeReader;
using tls::ProbeReply;

namespace {

Errc refused(const Bytes& answer) {
    ProbeReader reader;
    const auto taken = reader.take(answer);
    if (taken) FAIL("taken: " << to_hex(answer));
    // A reader that failed stays failed.
    const auto again = reader.take(record(21, from_hex("0228").value()));
    REQUIRE(!again);
    REQUIRE(again.error().code == taken.error().code);
    return taken.error().code;
}

ProbeReply read(const Bytes& answer) {
    ProbeReader reader;
    REQUIRE(must(reader.take(answer)));
    return reader.reply();
}

Bytes flight(const std::vector<Bytes>& messages) { return record(22, join(messages)); }

const std::vector<Bytes> newest{extension(43, "0304"), extension(51, "001d")};

// One of each kind that is sound, for what must hold of all of them.
std::vector<Bytes> sound_answers() {
    const Bytes request = message(13, from_hex("0101000204030000").value());
    const Bytes finite = message(
        12, join({from_hex("0008").value(), Bytes(8, std::byte{0x7f}), from_hex("000102000101080400020000").value()}));
    return {
        alert(2, 40),
        flight({server_hello({.suite = 0x1301, .retry = true, .session_bytes = 32, .extensions = newest})}),
        flight({server_hello(
            {.suite = 0x1302, .extensions = {extension(51, "001d0004abcdabcd"), extension(43, "0304")}})}),
        flight({server_hello({}), certificate(), done()}),
        flight({server_hello({.version = 0x0301}), certificate(), message(13, from_hex("01010000").value()), done()}),
        flight({server_hello({.suite = 0xc02f, .extensions = {extension(0xff01, "00"), extension(23, "")}}),
                certificate(), ecdhe(), request, done()}),
        flight({server_hello({.suite = 0xc02f}), certificate(), message(22, from_hex("0100000101").value()), ecdhe(),
                done()}),
        flight({server_hello({.suite = 0x009e}), certificate(), finite, done()}),
    };
}

}  // namespace

TEST_CASE("our own server answers as it is read", "[tls][probe]") {
    World world;
    const auto answer = [&](ProbeHello hello, tls::KeyKind kind, tls::ClientAuth auth = tls::ClientAuth::none) {
        const auto issued = world.issue(tls::Purpose::server, kind);
        tls::Session server =
            world.server({.policy = &tls::obsolete_mfd_2026,
                          .credentials = World::credentials(issued),
                          .client_auth = auth,
                          .client_anchors = auth == tls::ClientAuth::required ? world.anchors() : nullptr});
        const auto received = server.received(must(tls::probe_hello(hello, world.random)));
        Bytes out;
        server.take_outgoing(out);
        ProbeReply reply = read(out);
        if (reply.kind == ProbeReply::Kind::alert) CHECK_FALSE(received);
        if (!reply.certificates.empty()) CHECK(same_bytes(reply.certificates.front(), issued.certificate.der()));
        return reply;
    };
    using enum ProbeReply::Kind;
    const ProbeReply ecdsa = answer({.suites = {0xc02c}, .groups = {0x0018}}, tls::KeyKind::ecdsa_p256);
    CHECK(ecdsa.kind == hello);
    CHECK(ecdsa.version == 0x0303);
    CHECK(ecdsa.suite == 0xc02c);
    CHECK(ecdsa.group == 0x0018);
    CHECK(ecdsa.scheme == 0x0403);
    CHECK(ecdsa.certificates.size() == 1);
    CHECK(ecdsa.secure_renegotiation);
    CHECK(ecdsa.extended_master_secret);
    CHECK_FALSE(ecdsa.session_ticket);
    CHECK_FALSE(ecdsa.asks_certificate);

    const ProbeReply old = answer({.suites = {0x002f}}, tls::KeyKind::rsa_3072);
    CHECK(old.kind == hello);
    CHECK_FALSE(old.group);
    CHECK_FALSE(old.scheme);
    CHECK(old.encrypt_then_mac);

    CHECK(answer({.suites = {0xc02b}, .groups = {0x0017}}, tls::KeyKind::ecdsa_p256, tls::ClientAuth::required)
              .asks_certificate);

    const ProbeReply modern =
        answer({.version = 0x0304, .suites = {0x1301}, .groups = {0x0017, 0x11ec}}, tls::KeyKind::ecdsa_p256);
    CHECK(modern.kind == retry);
    CHECK(modern.version == 0x0304);
    CHECK(modern.group == 0x11ec);
    CHECK_FALSE(modern.scheme);

    const ProbeHello sha384{.suites = {0xc02b}, .groups = {0x0017}, .schemes = {0x0503}};
    CHECK(answer(sha384, tls::KeyKind::ecdsa_p256).scheme == 0x0503);
    CHECK(answer({.suites = {0xc02b}, .groups = {0x0017}, .schemes = {0x0203}}, tls::KeyKind::ecdsa_p256).kind ==
          alert);

    CHECK(answer({.suites = {0x0005}}, tls::KeyKind::rsa_3072).kind == alert);
    CHECK(answer({.version = 0x0302, .suites = {0x002f}}, tls::KeyKind::rsa_3072).kind == alert);
}

TEST_CASE("what older and weaker servers say is read", "[tls][probe]") {
    const ProbeReply refusal = read(alert(2, 70));
    CHECK(refusal.kind == ProbeReply::Kind::alert);
    CHECK(refusal.alert == 70);
    CHECK(refusal.version == 0);

    // 0x00 before 1023 bits, as the encoding of a number may have it.
    Bytes prime(129, std::byte{0xff});
    prime[0] = std::byte{0};
    prime[1] = std::byte{0x7f};
    const Bytes sound = message(12, join({from_hex("0081").value(), prime, from_hex("00010200010104010000").value()}));
    CHECK(read(flight({server_hello({.suite = 0x0033}), certificate(), sound, done()})).dh_bits == 1023);
    // TLS 1.0 names no scheme before the signature.
    const Bytes older = message(12, join({from_hex("0081").value(), prime, from_hex("0001020001010000").value()}));
    CHECK(read(flight({server_hello({.version = 0x0301, .suite = 0x0033}), certificate(), older, done()})).dh_bits ==
          1023);
    CHECK(refused(flight({server_hello({.suite = 0x0033}), certificate(), older, done()})) == Errc::truncated);
    CHECK(read(flight({server_hello({.suite = 0x0033}), certificate(), sound, done()})).scheme == 0x0401);
    CHECK_FALSE(
        read(flight({server_hello({.version = 0x0301, .suite = 0x0033}), certificate(), older, done()})).scheme);
    // Anonymous: no certificate, no signature.
    const Bytes anonymous = message(12, from_hex("0003050505000102000101").value());
    const ProbeReply anon = read(flight({server_hello({.suite = 0x0034}), anonymous, done()}));
    CHECK(anon.dh_bits == 19);
    CHECK(anon.certificates.empty());
    CHECK(refused(flight({server_hello({.suite = 0x0034}), certificate(), anonymous, done()})) == Errc::malformed);
    const Bytes anonymous_curve = message(12, from_hex("03001701ff").value());
    CHECK(read(flight({server_hello({.suite = 0xc018}), anonymous_curve, done()})).group == 0x0017);
    // RSA_EXPORT: a short key, or the certificate's own.
    const Bytes short_key = message(12, from_hex("000201ff000103000200000000").value());
    CHECK(read(flight({server_hello({.version = 0x0300, .suite = 0x0003}), certificate(),
                       message(12, from_hex("000201ff0001030000").value()), done()}))
              .dh_bits == 9);
    CHECK(refused(flight({server_hello({.version = 0x0300, .suite = 0x0003}), certificate(), short_key, done()})) ==
          Errc::trailing_data);
    CHECK_FALSE(read(flight({server_hello({.suite = 0x0003}), certificate(), done()})).dh_bits);

    const ProbeReply flags =
        read(flight({server_hello({.compression = 1,
                                   .extensions = {extension(35, ""), extension(22, ""), extension(0x1234, "beef")}}),
                     certificates({to_bytes("leaf"), to_bytes("authority")}), done()}));
    CHECK(flags.compression);
    CHECK(flags.session_ticket);
    CHECK(flags.encrypt_then_mac);
    CHECK_FALSE(flags.secure_renegotiation);
    CHECK_FALSE(flags.extended_master_secret);
    CHECK(flags.certificates.size() == 2);

    // A warning (of a name that it doesn't know) is no answer yet; an alert after the hello is.
    CHECK(read(join({alert(1, 112), flight({server_hello({}), certificate(), done()})})).kind ==
          ProbeReply::Kind::hello);
    const ProbeReply halfway = read(join({flight({server_hello({})}), alert(2, 80)}));
    CHECK(halfway.kind == ProbeReply::Kind::alert);
    CHECK(halfway.alert == 80);
}

TEST_CASE("an answer may come in pieces of any size, and is not read before it is there", "[tls][probe][hostile]") {
    std::size_t answers = 0;
    for (const Bytes& whole : sound_answers()) {
        const ProbeReply expected = read(whole);
        ProbeReader bytewise;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            const bool complete = must(bytewise.take(ByteView{whole}.subspan(i, 1)));
            REQUIRE(complete == (i + 1 == whole.size()));
            ProbeReader first_part;
            REQUIRE(must(first_part.take(ByteView{whole}.first(i))) == false);
        }
        CHECK(bytewise.reply() == expected);
        // What follows an answer counts for nothing.
        CHECK(must(bytewise.take(as_bytes("HTTP/1.1"))));
        CHECK(bytewise.reply() == expected);
        ++answers;
        if (whole[0] != std::byte{22}) continue;
        // Each byte of the messages in a record of its own.
        Bytes torn;
        for (std::size_t i = 5; i < whole.size(); ++i) {
            const Bytes piece = record(22, ByteView{whole}.subspan(i, 1));
            torn.insert(torn.end(), piece.begin(), piece.end());
        }
        CHECK(read(torn) == expected);
    }
    CHECK(answers == 8);
}

TEST_CASE("no byte of an answer can be cut out", "[tls][probe][hostile]") {
    // With the outer lengths made right again, what is inside must still be noticed.
    std::size_t tried = 0;
    for (const Bytes& whole : sound_answers()) {
        if (whole[0] != std::byte{22}) continue;
        for (std::size_t at = 5; at < whole.size();) {
            const auto size = static_cast<std::size_t>(whole[at + 2]) << 8 | static_cast<std::size_t>(whole[at + 3]);
            for (std::size_t cut = 1; cut <= size; ++cut) {
                const auto type = static_cast<std::uint8_t>(whole[at]);
                Bytes rest = to_bytes(ByteView{whole}.subspan(at + 4 + size));
                const Bytes shorter = message(type, ByteView{whole}.subspan(at + 4, size - cut));
                const Bytes before = to_bytes(ByteView{whole}.subspan(5, at - 5));
                // Without any extension a hello of TLS 1.2 is sound; a stapled answer about revocation is not read.
                const bool sound = type == 22 || (type == 2 && size - cut == 38);
                if (!sound) {
                    ProbeReader reader;
                    const auto taken = reader.take(record(22, join({before, shorter, rest})));
                    REQUIRE_FALSE(taken);
                    ++tried;
                }
            }
            at += 4 + size;
        }
    }
    CHECK(tried > 500);
}

TEST_CASE("what breaks the protocol is refused", "[tls][probe][hostile]") {
    const Bytes hello = server_hello({});
    CHECK(refused(to_bytes("HTTP/1.1 400 Bad Request\r\n")) == Errc::malformed);
    CHECK(refused(record(23, to_bytes("secrets"))) == Errc::malformed);
    CHECK(refused(record(22, hello, 0x0305)) == Errc::malformed);
    CHECK(refused(record(22, hello, 0x0200)) == Errc::malformed);
    CHECK(refused(record(22, {})) == Errc::malformed);
    CHECK(refused(record(21, from_hex("022800").value())) == Errc::malformed);
    CHECK(refused(join({record(22, ByteView{hello}.first(10)), alert(2, 40)})) == Errc::malformed);

    CHECK(refused(flight({certificate()})) == Errc::malformed);
    CHECK(refused(flight({done()})) == Errc::malformed);
    CHECK(refused(flight({hello, hello})) == Errc::malformed);
    CHECK(refused(flight({hello, done()})) == Errc::malformed);
    CHECK(refused(flight({hello, certificate(), certificate()})) == Errc::malformed);
    CHECK(refused(flight({hello, certificate(), ecdhe(), done()})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.suite = 0xc02f}), certificate(), done()})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.suite = 0xc02f}), certificate(), ecdhe(), ecdhe(), done()})) ==
          Errc::malformed);
    CHECK(refused(flight({server_hello({.suite = 0xc02f}), certificate(), ecdhe(1), done()})) == Errc::unsupported);
    CHECK(refused(flight({hello, certificate(), message(14, to_bytes("x"))})) == Errc::trailing_data);
    CHECK(refused(flight({hello, certificates({})})) == Errc::malformed);
    CHECK(refused(flight({hello, certificates({Bytes{}})})) == Errc::malformed);
    CHECK(refused(flight({hello, certificates(std::vector<Bytes>(17, Bytes(1)))})) == Errc::too_many);
    const Bytes status = message(22, from_hex("01").value());
    CHECK(refused(flight({hello, certificate(), status, status})) == Errc::malformed);
    CHECK(refused(flight({hello, message(20, Bytes(12))})) == Errc::malformed);
    const Bytes request = message(13, from_hex("0101000204030000").value());
    CHECK(refused(flight({hello, certificate(), request, request})) == Errc::malformed);

    CHECK(refused(flight({server_hello({.suite = 0x1301})})) == Errc::malformed);
    CHECK(refused(flight(
              {server_hello({.suite = 0xc02f, .extensions = {extension(43, "0304"), extension(51, "001d0000")}})})) ==
          Errc::malformed);
    CHECK(refused(flight({server_hello({.version = 0x0304})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.version = 0x0002})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.session_bytes = 33})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.compression = 2})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.retry = true})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.extensions = {extension(43, "0304")}})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.extensions = {extension(43, "0303")}})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.version = 0x0302, .extensions = newest})})) == Errc::malformed);
    CHECK(refused(flight(
              {server_hello({.retry = true, .extensions = {extension(43, "0304"), extension(51, "001d00")}})})) ==
          Errc::trailing_data);
    CHECK(refused(flight({server_hello({.extensions = {extension(51, "001d0000")}})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.extensions = {extension(23, ""), extension(23, "")}})})) == Errc::duplicate);
    CHECK(refused(flight({server_hello({.extensions = {extension(23, "00")}})})) == Errc::trailing_data);
    CHECK(refused(flight({server_hello({.extensions = {extension(0xff01, "0c")}})})) == Errc::malformed);
    CHECK(refused(flight({server_hello({.extensions = {extension(0xff01, "")}})})) == Errc::truncated);
    std::vector<Bytes> many;
    for (std::uint16_t i = 0; i < 33; ++i) many.push_back(extension(static_cast<std::uint16_t>(0x4000 + i), ""));
    CHECK(refused(flight({server_hello({.extensions = many})})) == Errc::too_many);
}

TEST_CASE("signature schemes have names, each once", "[tls][probe]") {
    std::vector<std::string_view> names;
    for (const std::uint16_t code : tls::probe_schemes()) {
        CHECK(std::ranges::count(tls::probe_schemes(), code) == 1);
        CHECK_FALSE((std::ranges::find(names, tls::scheme_name(code)) != names.end()));
        names.push_back(tls::scheme_name(code));
    }
    for (const tls::SignatureScheme& scheme : tls::obsolete_mfd_2026.signature_schemes())
        CHECK(tls::scheme_name(scheme.code) == scheme.name);
    CHECK(tls::scheme_name(0xffff).empty());
}

TEST_CASE("an answer has a budget", "[tls][probe][hostile]") {
    CHECK(refused(from_hex("1603034001").value()) == Errc::too_large);
    CHECK(refused(from_hex("160303000402ffffff").value()) == Errc::too_large);
    CHECK(refused(Bytes(128 * 1024 + 1)) == Errc::too_large);
    // Warnings without end.
    ProbeReader reader;
    const Bytes warning = alert(1, 112);
    std::size_t taken = 0;
    for (auto more = reader.take(warning);; more = reader.take(warning)) {
        if (!more) {
            CHECK(more.error().code == Errc::too_large);
            break;
        }
        REQUIRE_FALSE(*more);
        taken += warning.size();
    }
    CHECK(taken <= 128 * 1024);
}
