// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/probe.hpp>

#include <algorithm>
#include <array>
#include <bit>

#include <safeq/tls/suite_registry.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t most_bytes = 128 * 1024, most_record_bytes = 16 * 1024;
constexpr std::size_t most_certificates = 16, most_extensions = 32;

enum Message : std::uint8_t {
    server_hello_type = 2,
    certificate_type = 11,
    server_key_exchange = 12,
    certificate_request_type = 13,
    server_hello_done = 14,
    certificate_status = 22,
};

// RFC 8446, section 4.1.3: a ServerHello with this random is a HelloRetryRequest.
constexpr std::array<std::uint8_t, 32> retry_random{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                                    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                                    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

Result<std::size_t> u24(ByteReader& in, std::string_view what) {
    SAFEQ_TRY(const std::size_t high, in.u8(what));
    SAFEQ_TRY(const std::size_t low, in.u16(what));
    return high << 16 | low;
}

Result<ByteView> field16(ByteReader& in, std::string_view what) {
    SAFEQ_TRY(const std::uint16_t bytes, in.u16(what));
    return in.take(bytes, what);
}

// A length of one or two bytes that covers all that is left.
Result<void> only(ByteReader& in, std::size_t bytes, std::string_view what) {
    if (bytes > in.remaining()) return fail(Errc::truncated, std::string{what});
    if (bytes < in.remaining()) return fail(Errc::trailing_data, std::string{what});
    return {};
}

std::size_t bits_of(ByteView number) {
    while (!number.empty() && number.front() == std::byte{0}) number = number.subspan(1);
    if (number.empty()) return 0;
    const auto first = std::to_integer<std::uint8_t>(number.front());
    return 8 * (number.size() - 1) + static_cast<std::size_t>(std::bit_width(first));
}

bool elliptic(std::string_view suite) { return suite.contains("TLS_ECDHE_") || suite.contains("TLS_ECDH_anon"); }
bool ephemeral(std::string_view suite) {
    return elliptic(suite) || suite.contains("TLS_DHE_") || suite.contains("TLS_DH_anon");
}

}  // namespace

Result<bool> ProbeReader::take(ByteView received) {
    if (failed_) return std::unexpected{*failed_};
    if (await_ == Await::finished) return true;
    if (auto done = read(received); !done) {
        failed_ = std::move(done).error();
        return std::unexpected{*failed_};
    }
    return await_ == Await::finished;
}

Result<void> ProbeReader::read(ByteView received) {
    if (received.size() > most_bytes - taken_) return fail(Errc::too_large, "TLS answer", "over 128 KiB");
    taken_ += received.size();
    records_.insert(records_.end(), received.begin(), received.end());
    std::size_t at = 0;
    while (await_ != Await::finished && records_.size() - at >= 5) {
        ByteReader head{ByteView{records_}.subspan(at, 5)};
        const std::uint8_t type = *head.u8("type");
        const std::uint16_t version = *head.u16("version");
        const std::size_t length = *head.u16("length");
        if ((type != 21 && type != 22) || version < 0x0300 || version > 0x0304)
            return fail(Errc::malformed, "TLS answer", "not a record of TLS");
        if (length == 0) return fail(Errc::malformed, "TLS record", "empty");
        if (length > most_record_bytes) return fail(Errc::too_large, "TLS record");
        if (length > records_.size() - at - 5) break;
        const ByteView content = ByteView{records_}.subspan(at + 5, length);
        at += 5 + length;
        if (type == 21) {
            // Nothing of ours makes it warn, but for a name that it doesn't know; then it goes on.
            if (length != 2) return fail(Errc::malformed, "TLS alert");
            if (!messages_.empty()) return fail(Errc::malformed, "TLS alert", "in the middle of a message");
            if (content[0] == std::byte{1} && content[1] != std::byte{0}) continue;
            reply_.kind = ProbeReply::Kind::alert;
            reply_.alert = std::to_integer<std::uint8_t>(content[1]);
            await_ = Await::finished;
            continue;
        }
        messages_.insert(messages_.end(), content.begin(), content.end());
        while (await_ != Await::finished && messages_.size() >= 4) {
            ByteReader in{messages_};
            const std::uint8_t kind = *in.u8("type");
            const std::size_t bytes = *u24(in, "length");
            if (bytes > most_bytes) return fail(Errc::too_large, "TLS handshake message");
            if (bytes > in.remaining()) break;
            SAFEQ_TRY_VOID(message(kind, *in.take(bytes, "message")));
            messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(4 + bytes));
        }
    }
    records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
}

Result<void> ProbeReader::message(std::uint8_t type, ByteView body) {
    switch (type) {
        case server_hello_type:
            if (await_ != Await::hello) break;
            return server_hello(body);
        case certificate_type:
            if (await_ != Await::certificate) break;
            await_ = Await::key_exchange;
            return certificate(body);
        case certificate_status:  // a stapled OCSP response, which we never ask for
            if (await_ != Await::key_exchange || reply_.certificates.empty() || std::exchange(status_seen_, true))
                break;
            return {};
        case server_key_exchange:
            if (await_ != Await::certificate && await_ != Await::key_exchange) break;
            await_ = Await::done;
            return key_exchange(body);
        case certificate_request_type:
            if (await_ != Await::key_exchange && await_ != Await::done) break;
            if (std::exchange(reply_.asks_certificate, true)) break;
            await_ = Await::done;
            return certificate_request(body);
        case server_hello_done:
            if (await_ != Await::key_exchange && await_ != Await::done) break;
            if (!body.empty()) return fail(Errc::trailing_data, "ServerHelloDone");
            if (ephemeral(suite_name(reply_.suite)) && !reply_.group && !reply_.dh_bits)
                return fail(Errc::malformed, "TLS handshake", "no ServerKeyExchange where the suite has one");
            await_ = Await::finished;
            return {};
        default: break;
    }
    return fail(Errc::malformed, "TLS handshake", "a message that has no place here");
}

Result<void> ProbeReader::server_hello(ByteView body) {
    ByteReader in{body};
    SAFEQ_TRY(reply_.version, in.u16("ServerHello version"));
    SAFEQ_TRY(const ByteView random, in.take(32, "ServerHello random"));
    SAFEQ_TRY(const std::uint8_t session_bytes, in.u8("ServerHello session"));
    if (session_bytes > 32) return fail(Errc::malformed, "ServerHello session", "over 32 bytes");
    SAFEQ_TRY_VOID(in.take(session_bytes, "ServerHello session"));
    SAFEQ_TRY(reply_.suite, in.u16("ServerHello suite"));
    SAFEQ_TRY(const std::uint8_t compression, in.u8("ServerHello compression"));
    if (compression > 1) return fail(Errc::malformed, "ServerHello compression", "never offered");
    if (reply_.version < 0x0300 || reply_.version > 0x0303)
        return fail(Errc::malformed, "ServerHello version", "never offered");
    reply_.compression = compression == 1;
    retry_ = std::ranges::equal(std::as_bytes(std::span{retry_random}), random);
    if (!in.done()) {
        SAFEQ_TRY(const std::uint16_t bytes, in.u16("ServerHello extensions"));
        SAFEQ_TRY_VOID(only(in, bytes, "ServerHello extensions"));
        SAFEQ_TRY_VOID(extensions(in.rest()));
    }
    const bool modern = reply_.version == 0x0304;
    if (retry_ && !modern) return fail(Errc::malformed, "HelloRetryRequest", "without TLS 1.3");
    if (!modern && reply_.group) return fail(Errc::malformed, "key_share", "without TLS 1.3");
    if (modern && !reply_.group) return fail(Errc::malformed, "ServerHello", "TLS 1.3 without a group");
    const std::string_view suite = suite_name(reply_.suite);
    if (!suite.empty() && exists_in(suite, 0x0304) != modern)
        return fail(Errc::malformed, "ServerHello suite", "of another version");
    reply_.kind = retry_ ? ProbeReply::Kind::retry : ProbeReply::Kind::hello;
    const bool anonymous = suite.contains("_anon_");
    await_ = modern ? Await::finished : anonymous ? Await::key_exchange : Await::certificate;
    return {};
}

Result<void> ProbeReader::extensions(ByteView list) {
    ByteReader in{list};
    std::vector<std::uint16_t> seen;
    while (!in.done()) {
        SAFEQ_TRY(const std::uint16_t type, in.u16("extension"));
        SAFEQ_TRY(const ByteView content, field16(in, "extension"));
        if (std::ranges::find(seen, type) != seen.end()) return fail(Errc::duplicate, "extension");
        if (seen.size() == most_extensions) return fail(Errc::too_many, "extension");
        seen.push_back(type);
        ByteReader inside{content};
        const auto empty = [&](bool& flag) -> Result<void> {
            flag = true;
            return inside.finish("extension");
        };
        switch (type) {
            case 22: SAFEQ_TRY_VOID(empty(reply_.encrypt_then_mac)); break;
            case 23: SAFEQ_TRY_VOID(empty(reply_.extended_master_secret)); break;
            case 35: SAFEQ_TRY_VOID(empty(reply_.session_ticket)); break;
            case 43: {
                SAFEQ_TRY(const std::uint16_t version, inside.u16("supported_versions"));
                SAFEQ_TRY_VOID(inside.finish("supported_versions"));
                if (version != 0x0304 || reply_.version != 0x0303)
                    return fail(Errc::malformed, "supported_versions", "never offered");
                reply_.version = version;
                break;
            }
            case 51: {
                SAFEQ_TRY(reply_.group, inside.u16("key_share"));
                if (!retry_) SAFEQ_TRY_VOID(field16(inside, "key_share"));
                SAFEQ_TRY_VOID(inside.finish("key_share"));
                break;
            }
            case 0xff01: {
                SAFEQ_TRY(const std::uint8_t bytes, inside.u8("renegotiation_info"));
                if (bytes != 0) return fail(Errc::malformed, "renegotiation_info", "there was no handshake before");
                SAFEQ_TRY_VOID(inside.finish("renegotiation_info"));
                reply_.secure_renegotiation = true;
                break;
            }
            default: break;
        }
    }
    return {};
}

Result<void> ProbeReader::certificate(ByteView body) {
    ByteReader in{body};
    SAFEQ_TRY(const std::size_t bytes, u24(in, "Certificate"));
    SAFEQ_TRY_VOID(only(in, bytes, "Certificate"));
    if (in.done()) return fail(Errc::malformed, "Certificate", "none, where the suite needs one");
    while (!in.done()) {
        SAFEQ_TRY(const std::size_t size, u24(in, "Certificate"));
        SAFEQ_TRY(const ByteView der, in.take(size, "Certificate"));
        if (reply_.certificates.size() == most_certificates) return fail(Errc::too_many, "Certificate", "over 16");
        if (der.empty()) return fail(Errc::malformed, "Certificate", "an empty one");
        reply_.certificates.push_back(to_bytes(der));
    }
    return {};
}

Result<void> ProbeReader::key_exchange(ByteView body) {
    const std::string_view suite = suite_name(reply_.suite);
    const bool export_rsa = suite.contains("TLS_RSA_EXPORT");
    if (!ephemeral(suite) && !export_rsa) return fail(Errc::malformed, "ServerKeyExchange", "the suite has none");
    ByteReader in{body};
    if (elliptic(suite)) {
        SAFEQ_TRY(const std::uint8_t form, in.u8("ServerKeyExchange"));
        if (form != 3) return fail(Errc::unsupported, "ServerKeyExchange", "a curve without a name");
        SAFEQ_TRY(reply_.group, in.u16("ServerKeyExchange"));
        SAFEQ_TRY(const std::uint8_t point, in.u8("ServerKeyExchange"));
        SAFEQ_TRY_VOID(in.take(point, "ServerKeyExchange"));
    } else {
        SAFEQ_TRY(const ByteView modulus, field16(in, "ServerKeyExchange"));
        SAFEQ_TRY_VOID(field16(in, "ServerKeyExchange"));
        if (!export_rsa) SAFEQ_TRY_VOID(field16(in, "ServerKeyExchange"));
        reply_.dh_bits = bits_of(modulus);
    }
    if (!suite.contains("_anon_")) {
        if (reply_.version == 0x0303) {
            SAFEQ_TRY(reply_.scheme, in.u16("ServerKeyExchange scheme"));
        }
        SAFEQ_TRY_VOID(field16(in, "ServerKeyExchange signature"));
    }
    return in.finish("ServerKeyExchange");
}

Result<void> ProbeReader::certificate_request(ByteView body) {
    ByteReader in{body};
    SAFEQ_TRY(const std::uint8_t types, in.u8("CertificateRequest"));
    SAFEQ_TRY_VOID(in.take(types, "CertificateRequest"));
    if (reply_.version == 0x0303) SAFEQ_TRY_VOID(field16(in, "CertificateRequest schemes"));
    SAFEQ_TRY_VOID(field16(in, "CertificateRequest authorities"));
    return in.finish("CertificateRequest");
}

}  // namespace safeq::tls
