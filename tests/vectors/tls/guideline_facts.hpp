// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/tls/policy.hpp>
#include <safeq/tls/probe.hpp>
#include <safeq/tls/tickets.hpp>

#include "safeq/authority_folder.hpp"
#include "tls/policy_adapter.hpp"
#include "unit/tls/ticket_client.hpp"

// What the guidelines ask of a server, found out of ours.
namespace safeq::test {

using namespace tls;

/// What can't be seen from outside, and which test or which part shows it instead.
struct Declared {
    std::string_view name;
    bool value;
    std::string_view shown_by;
};
inline constexpr Declared declared[]{
    {"SUPPORTS_RAW_PUBLIC_KEY_CERTIFICATES", false, "both ends are made with X.509 credentials"},
    {"SUPPORTS_CLIENT_CERTIFICATE_URL", false, "the backend has no such extension"},
    {"SUPPORTS_TLS_FALLBACK_SCSV", false, "nothing older than TLS 1.2 could be fallen back to"},
    {"SUPPORTS_CERTIFICATE_STATUS_REQUEST_V2", false, "the backend has no such extension"},
    {"SUPPORTS_SCTS_HANDSHAKE", false, "the backend has no such extension"},
    {"REUSABLE_TICKET", true, "tickets_test.cpp"},
    {"IGNORES_OFFERED_SIG_HASH_ALGOS", false, "session_test.cpp: a policy refuses peers that have only what it lacks"},
    {"VULNERABLE_TO_PADDING_ORACLE", false,
     "the backend takes CBC apart in constant time; encrypt-then-MAC is offered"},
};

/// What our server does by one policy, and what certificate it shows.
class Facts {
public:
    explicit Facts(const Policy& policy) : policy_{policy} {
        for (const auto& [name, value, shown_by] : declared) properties_.emplace(name, value);
        measure_versions();
        measure_tls12();
        measure_tickets();
        measure_greeting();
        const PolicyAdapter adapter{&policy, ClientAuth::none};
        properties_["SUPPORTS_CLIENT_SIDE_SECURE_RENEGOTIATION_EXTENSION"] =
            adapter.allow_client_initiated_renegotiation();
        properties_["SUPPORTS_CLIENT_SIDE_INSECURE_RENEGOTIATION"] = adapter.allow_insecure_renegotiation();
        properties_["USES_UNIX_TIMESTAMPS_IN_RANDOM"] = adapter.include_time_in_hello_random();
        properties_["SUPPORTS_CERTIFICATE_STATUS_REQUEST"] = adapter.support_cert_status_message();
        properties_["SUPPORTS_OCSP"] = !x509().ocsp_responder_uris().empty();
        properties_["SUPPORTS_SCTS_PRECERTIFICATE"] =
            x509().v3_extensions().extension_set(Botan::OID{"1.3.6.1.4.1.11129.2.4.2"});
        const auto any = [&](const auto& is) { return std::ranges::any_of(policy.suites(), is); };
        properties_["SUPPORTS_BLOCK_CIPHERS"] = any([](const Suite& s) { return !s.aead(); });
        properties_["SUPPORTS_STATIC_ECDH"] = any([](const Suite& s) { return s.name.starts_with("TLS_ECDH_"); });
        properties_["SUPPORTS_ECDHE"] = any([](const Suite& s) { return s.name.starts_with("TLS_ECDHE_"); });
    }

    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] const Botan::X509_Certificate& x509() const { return Backend::of(issued_.certificate); }
    [[nodiscard]] const Certificate& certificate() const { return issued_.certificate; }
    [[nodiscard]] bool property(const std::string& name) const {
        INFO("a property that is not known here: " << name);
        REQUIRE(properties_.contains(name));
        return properties_.at(name);
    }
    [[nodiscard]] bool extension(const std::string& name) const {
        static const std::map<std::string, std::uint16_t> codes{
            {"SERVER_NAME_INDICATION", 0}, {"TRUNCATED_HMAC", 4}, {"EC_POINT_FORMATS", 11}, {"HEARTBEAT", 15},
            {"SUPPORTED_VERSIONS", 43},    {"COOKIE", 44},        {"KEY_SHARE", 51}};
        INFO("an extension that is not known here: " << name);
        REQUIRE(codes.contains(name));
        return greeted_.contains(codes.at(name));
    }

private:
    [[nodiscard]] ServerConfig config() const {
        return {.policy = &policy_,
                .credentials = own_,
                .client_auth = ClientAuth::none,
                .client_anchors = nullptr,
                .alpn = {}};
    }
    [[nodiscard]] ProbeReply ask(ProbeHello hello) {
        Session server = world_.server(config());
        Bytes out;
        (void)server.received(must(probe_hello(hello, world_.random)));  // what it has against it, it tells
        server.take_outgoing(out);
        ProbeReader reader;
        REQUIRE(must(reader.take(out)));
        return reader.reply();
    }
    [[nodiscard]] std::vector<std::uint16_t> codes(const std::function<bool(const Suite&)>& wanted) const {
        std::vector<std::uint16_t> out;
        for (const Suite& s : obsolete_mfd_2026.suites())
            if (wanted(s)) out.push_back(s.code);
        return out;
    }

    void measure_versions() {
        Session server = world_.server(config());
        Bytes out;
        properties_["SUPPORTS_SSL_2"] = server.received(ssl2_probe_hello(world_.random)).has_value();
        const char* const names[]{"SUPPORTS_SSL_3", "SUPPORTS_TLS_1_0", "SUPPORTS_TLS_1_1", "SUPPORTS_TLS_1_2",
                                  "SUPPORTS_TLS_1_3"};
        for (std::uint16_t version = 0x0300; version <= 0x0304; ++version) {
            const ProbeReply reply = ask(
                {.version = version,
                 .suites = codes([&](const Suite& s) { return (s.version == Version::v1_3) == (version == 0x0304); }),
                 .groups = {catalogue::secp256r1.code}});
            properties_[names[version - 0x0300]] = reply.kind != ProbeReply::Kind::alert && reply.version == version;
        }
    }

    void measure_tls12() {
        const auto tls12 = [&](const std::function<bool(const Suite&)>& wanted) {
            return ask({.suites = codes([&](const Suite& s) { return s.version == Version::v1_2 && wanted(s); }),
                        .groups = {catalogue::secp256r1.code},
                        .compression = true});
        };
        const ProbeReply any = tls12([](const Suite&) { return true; });
        properties_["SUPPORTS_TLS_COMPRESSION"] = any.compression;
        properties_["SUPPORTS_SECURE_RENEGOTIATION_EXTENSION"] = any.secure_renegotiation;
        properties_["SUPPORTS_EXTENDED_MASTER_SECRET"] = any.extended_master_secret;
        properties_["SUPPORTS_ENCRYPT_THEN_MAC"] = tls12([](const Suite& s) { return !s.aead(); }).encrypt_then_mac;
    }

    /// psk_ke, which BSI warns of, is a ticket without new keys; ours are taken by psk_dhe_ke only.
    void measure_tickets() {
        const bool given = policy_.tickets().lifetime.count() != 0;
        for (const char* const name : {"SUPPORTS_TLS13_PSK", "SUPPORTS_TLS13_PSK_DHE", "SUPPORTS_TLS13_0_RTT"})
            properties_[name] = false;
        properties_["SUPPORTS_TLS13_PSK_EXCHANGE_MODES"] = true;
        if (!given) return;
        ServerConfig open = config();
        open.tickets = must(TicketKeys::create({"tenant", "listener", &policy_}, world_.clock, world_.random));
        TicketClient client{world_.random, world_.clock};
        REQUIRE(client.visit(world_.server(open)).done);
        properties_["SUPPORTS_TLS13_0_RTT"] = client.wallet->kept->session.supports_early_data();
        properties_["SUPPORTS_TLS13_PSK"] = client.visit(world_.server(open), {.only_psk_ke = true}).resumed;
        properties_["SUPPORTS_TLS13_PSK_DHE"] = client.visit(world_.server(open)).resumed;
        CHECK(properties_["SUPPORTS_TLS13_PSK_DHE"]);
    }

    /// The extensions of our client's greeting.
    void measure_greeting() {
        Session client = world_.client(world_.client_config(policy_));
        Bytes out;
        client.take_outgoing(out);
        ByteReader in{out};
        (void)must(in.take(5 + 4 + 2 + 32, "record, message, version, random"));
        (void)must(in.take(must(in.u8("session")), "session"));
        (void)must(in.take(must(in.u16("suites")), "suites"));
        (void)must(in.take(must(in.u8("compression")), "compression"));
        (void)must(in.u16("extensions"));
        while (!in.done()) {
            greeted_.insert(must(in.u16("extension")));
            (void)must(in.take(must(in.u16("extension")), "extension"));
        }
    }

    const Policy& policy_;
    World world_;
    // As `safeq init` has one made.
    Issued issued_ = must(world_.authority.issue({.common_name = "safeq-intake",
                                                  .dns_names = {"print.example"},
                                                  .purpose = Purpose::server_and_client,
                                                  .lifetime = daemon::certificate_lifetime},
                                                 world_.clock.now(), world_.random));
    std::shared_ptr<const Credentials> own_ = World::credentials(issued_);
    std::map<std::string, bool> properties_;
    std::set<std::uint16_t> greeted_;
};

}  // namespace safeq::test
