// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/probe.hpp>

namespace safeq::tls {

namespace {

// RC4, RC2, IDEA, DES and 3DES, those with export keys included.
constexpr std::uint32_t ciphers[]{0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0};

constexpr std::uint8_t error_message = 0, client_hello = 1, server_hello = 4, tls_alert = 21;

}  // namespace

Bytes ssl2_probe_hello(Random& random) {
    ByteWriter body;
    body.u8(client_hello).u16(0x0002).u16(3 * std::size(ciphers)).u16(0).u16(16);
    for (const std::uint32_t cipher : ciphers)
        body.u8(static_cast<std::uint8_t>(cipher >> 16)).u16(static_cast<std::uint16_t>(cipher & 0xffff));
    body.bytes(random.bytes<16>());
    const ByteView message = body.view();
    return ByteWriter{}.u16(static_cast<std::uint16_t>(0x8000 | message.size())).bytes(message).take();
}

Result<Ssl2Answer> read_ssl2_answer(ByteView received) {
    if (received.empty()) return Ssl2Answer::incomplete;
    if (received.front() == std::byte{tls_alert}) return Ssl2Answer::refused;
    // Without padding, which nothing in the clear has, the length stands in 15 bits under a 1.
    if ((received.front() & std::byte{0x80}) == std::byte{0})
        return fail(Errc::malformed, "SSL 2.0 answer", "neither SSL nor TLS");
    if (received.size() < 2) return Ssl2Answer::incomplete;
    ByteReader head{received};
    SAFEQ_TRY(const std::uint16_t length, head.u16("SSL 2.0 record"));
    const std::size_t bytes = length & 0x7fffU;
    if (bytes > head.remaining()) return Ssl2Answer::incomplete;
    ByteReader in{received.subspan(2, bytes)};
    SAFEQ_TRY(const std::uint8_t type, in.u8("SSL 2.0 message"));
    if (type == error_message) return Ssl2Answer::refused;
    if (type != server_hello) return fail(Errc::malformed, "SSL 2.0 message", "not a SERVER-HELLO");
    SAFEQ_TRY_VOID(in.u16("SSL 2.0 session and kind of certificate"));
    SAFEQ_TRY(const std::uint16_t version, in.u16("SSL 2.0 version"));
    if (version != 0x0002) return fail(Errc::malformed, "SSL 2.0 version");
    SAFEQ_TRY(const std::uint16_t certificate, in.u16("SSL 2.0 certificate"));
    SAFEQ_TRY(const std::uint16_t specs, in.u16("SSL 2.0 ciphers"));
    SAFEQ_TRY(const std::uint16_t connection, in.u16("SSL 2.0 connection"));
    SAFEQ_TRY_VOID(in.take(certificate, "SSL 2.0 certificate"));
    SAFEQ_TRY_VOID(in.take(specs, "SSL 2.0 ciphers"));
    SAFEQ_TRY_VOID(in.take(connection, "SSL 2.0 connection"));
    SAFEQ_TRY_VOID(in.finish("SSL 2.0 SERVER-HELLO"));
    if (specs % 3 != 0) return fail(Errc::malformed, "SSL 2.0 ciphers");
    return specs == 0 ? Ssl2Answer::refused : Ssl2Answer::accepted;
}

}  // namespace safeq::tls
