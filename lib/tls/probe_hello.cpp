// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/probe.hpp>

#include <array>

namespace safeq::tls {

namespace {

constexpr std::size_t most_suites = 256, most_groups = 64, most_schemes = 64, most_name_bytes = 253;
constexpr std::uint16_t renegotiation_scsv = 0x00ff;  // RFC 5746, section 3.3: for servers without extensions

struct NamedScheme {
    std::uint16_t code;
    std::string_view name;
};

constexpr NamedScheme named_schemes[]{
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0301, "rsa_pkcs1_sha224"},
    {0x0303, "ecdsa_sha224"},
    {0x0402, "dsa_sha256"},
    {0x0201, "rsa_pkcs1_sha1"},
    {0x0203, "ecdsa_sha1"},
    {0x0202, "dsa_sha1"},
    {0x0101, "rsa_pkcs1_md5"},
};

constexpr auto scheme_codes = [] {
    std::array<std::uint16_t, std::size(named_schemes)> codes{};
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = named_schemes[i].code;
    return codes;
}();

enum Extension : std::uint16_t {
    server_name = 0,
    supported_groups = 10,
    ec_point_formats = 11,
    signature_algorithms = 13,
    encrypt_then_mac = 22,
    extended_master_secret = 23,
    session_ticket = 35,
    supported_versions = 43,
    psk_key_exchange_modes = 45,
    key_share = 51,
    renegotiation_info = 0xff01,
};

std::uint16_t length(ByteView bytes) { return static_cast<std::uint16_t>(bytes.size()); }

void add(ByteWriter& to, Extension type, ByteView content) { to.u16(type).u16(length(content)).bytes(content); }

void add_list(ByteWriter& to, Extension type, std::span<const std::uint16_t> codes) {
    ByteWriter list;
    list.u16(static_cast<std::uint16_t>(2 * codes.size()));
    for (const std::uint16_t code : codes) list.u16(code);
    add(to, type, list.view());
}

Bytes extensions_of(const ProbeHello& hello) {
    ByteWriter out;
    if (!hello.server_name.empty()) {
        const auto bytes = static_cast<std::uint16_t>(hello.server_name.size());
        ByteWriter names;
        names.u16(static_cast<std::uint16_t>(bytes + 3)).u8(0).u16(bytes).text(hello.server_name);
        add(out, server_name, names.view());
    }
    if (!hello.groups.empty()) add_list(out, supported_groups, hello.groups);
    add_list(out, signature_algorithms, hello.schemes.empty() ? probe_schemes() : std::span{hello.schemes});
    if (hello.version < 0x0304 || hello.tls12_too) {
        add(out, ec_point_formats, ByteWriter{}.u8(1).u8(0).view());
        add(out, encrypt_then_mac, {});
        add(out, extended_master_secret, {});
        add(out, session_ticket, {});
        add(out, renegotiation_info, ByteWriter{}.u8(0).view());
    }
    if (hello.version == 0x0304) {
        ByteWriter versions;
        versions.u8(hello.tls12_too ? 4 : 2).u16(0x0304);
        if (hello.tls12_too) versions.u16(0x0303);
        add(out, supported_versions, versions.view());
        add(out, psk_key_exchange_modes, ByteWriter{}.u8(1).u8(1).view());
        add(out, key_share, ByteWriter{}.u16(0).view());
    }
    return out.take();
}

}  // namespace

std::span<const std::uint16_t> probe_schemes() noexcept { return scheme_codes; }

std::string_view scheme_name(std::uint16_t code) noexcept {
    for (const NamedScheme& scheme : named_schemes)
        if (scheme.code == code) return scheme.name;
    return {};
}

Result<Bytes> probe_hello(const ProbeHello& hello, Random& random) {
    if (hello.version < 0x0300 || hello.version > 0x0304) return fail(Errc::invalid_argument, "TLS probe", "version");
    if (hello.suites.empty()) return fail(Errc::invalid_argument, "TLS probe", "no suite");
    if (hello.suites.size() > most_suites || hello.groups.size() > most_groups || hello.schemes.size() > most_schemes)
        return fail(Errc::too_many, "TLS probe", "at most 256 suites, 64 groups and 64 signature schemes");
    if (hello.server_name.size() > most_name_bytes) return fail(Errc::invalid_argument, "TLS probe", "server name");
    const bool modern = hello.version == 0x0304, ssl3 = hello.version == 0x0300;
    ByteWriter body;
    body.u16(modern ? 0x0303 : hello.version).bytes(random.bytes<32>());
    // TLS 1.3 wears the looks of a resumed 1.2 (RFC 8446, section D.4): machines in between know nothing else.
    if (modern) body.u8(32).bytes(random.bytes<32>());
    else body.u8(0);
    body.u16(static_cast<std::uint16_t>(2 * (hello.suites.size() + (ssl3 ? 1 : 0))));
    for (const std::uint16_t suite : hello.suites) body.u16(suite);
    if (ssl3) body.u16(renegotiation_scsv);
    if (hello.compression) body.u8(2).u8(1).u8(0);
    else body.u8(1).u8(0);
    if (!ssl3) {
        const Bytes extensions = extensions_of(hello);
        body.u16(length(extensions)).bytes(extensions);
    }
    ByteWriter record;
    const ByteView inside = body.view();
    // The record's own version stays low: some servers refuse a first record of a version that they don't know.
    record.u8(22).u16(ssl3 ? 0x0300 : 0x0301).u16(static_cast<std::uint16_t>(inside.size() + 4));
    record.u8(1).u8(0).u16(length(inside)).bytes(inside);
    return record.take();
}

}  // namespace safeq::tls
