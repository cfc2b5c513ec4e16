// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>

namespace safeq::test {

// A server's answer, built message by message; fields can be wrong where a test wants them so.

[[nodiscard]] inline Bytes join(const std::vector<Bytes>& parts) {
    Bytes out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

[[nodiscard]] inline Bytes record(std::uint8_t type, ByteView content, std::uint16_t version = 0x0303) {
    return ByteWriter{}.u8(type).u16(version).u16(static_cast<std::uint16_t>(content.size())).bytes(content).take();
}

[[nodiscard]] inline Bytes message(std::uint8_t type, ByteView body) {
    return ByteWriter{}.u8(type).u8(0).u16(static_cast<std::uint16_t>(body.size())).bytes(body).take();
}

[[nodiscard]] inline Bytes alert(std::uint8_t level, std::uint8_t description) {
    return record(21, ByteWriter{}.u8(level).u8(description).view());
}

[[nodiscard]] inline Bytes extension(std::uint16_t type, std::string_view hex) {
    const Bytes content = from_hex(hex).value();
    return ByteWriter{}.u16(type).u16(static_cast<std::uint16_t>(content.size())).bytes(content).take();
}

struct HelloFields {
    std::uint16_t version = 0x0303;
    std::uint16_t suite = 0x002f;
    bool retry = false;
    std::uint8_t session_bytes = 0;
    std::uint8_t compression = 0;
    std::vector<Bytes> extensions = {};
};

[[nodiscard]] inline Bytes server_hello(const HelloFields& fields) {
    const Bytes random = fields.retry
                             ? from_hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c").value()
                             : Bytes(32, std::byte{7});
    ByteWriter body;
    body.u16(fields.version).bytes(random).u8(fields.session_bytes).bytes(Bytes(fields.session_bytes, std::byte{1}));
    body.u16(fields.suite).u8(fields.compression);
    const Bytes extensions = join(fields.extensions);
    if (!extensions.empty()) body.u16(static_cast<std::uint16_t>(extensions.size())).bytes(extensions);
    return message(2, body.view());
}

[[nodiscard]] inline Bytes certificates(const std::vector<Bytes>& chain) {
    ByteWriter list;
    for (const Bytes& der : chain) list.u8(0).u16(static_cast<std::uint16_t>(der.size())).bytes(der);
    const ByteView all = list.view();
    return message(11, ByteWriter{}.u8(0).u16(static_cast<std::uint16_t>(all.size())).bytes(all).view());
}

[[nodiscard]] inline Bytes certificate(std::string_view der = "not DER, and nobody looks") {
    return certificates({to_bytes(der)});
}

/// A point of 65 bytes on secp256r1 and a signature of 4.
[[nodiscard]] inline Bytes ecdhe(std::uint8_t form = 3, std::uint16_t group = 0x0017, std::uint16_t scheme = 0x0804) {
    ByteWriter body;
    body.u8(form).u16(group).u8(65).bytes(Bytes(65, std::byte{4})).u16(scheme).u16(4).bytes(Bytes(4));
    return message(12, body.view());
}

[[nodiscard]] inline Bytes done() { return message(14, {}); }

}  // namespace safeq::test
