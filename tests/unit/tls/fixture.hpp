// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/authority.hpp>
#include <safeq/tls/session.hpp>

#include "support/random.hpp"

namespace safeq::test {

using namespace std::chrono_literals;

/// The value, or a failed test that says why there is none.
template <class T>
[[nodiscard]] T must(Result<T> result) {
    if (!result) FAIL(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// An authority with a clock that stands in November 2026, and what tests ask of it.
struct World {
    ManualClock clock{Time{std::chrono::sys_days{std::chrono::November / 22 / 2026}}};
    SeededRandom random;
    explicit World(std::uint64_t seed = 1) : random{seed} {}

    tls::Authority authority = must(tls::Authority::create(
        {.common_name = "Test authority", .lifetime = 24h * 3650, .crl_lifetime = 24h * 365}, clock.now(), random));

    [[nodiscard]] tls::CertificateRequest request(tls::Purpose purpose,
                                                  tls::KeyKind kind = tls::KeyKind::ecdsa_p256) const {
        return {.common_name = "printer",
                .dns_names = {"print.example", "localhost"},
                .ip_addresses = {"127.0.0.1", "::1"},
                .uris = {purpose == tls::Purpose::client ? "safeq:device:018bcfe5-6800-7000-8000-000000000001"
                                                         : "safeq:daemon:release"},
                .purpose = purpose,
                .lifetime = 24h * 90,
                .key_kind = kind};
    }

    [[nodiscard]] static std::shared_ptr<const tls::Credentials> credentials(const tls::Issued& issued) {
        return must(tls::Credentials::from_pem(tls::ChainPem{issued.certificate.pem()},
                                               tls::KeyPem{as_text(issued.key_pem.expose())}));
    }

    [[nodiscard]] tls::Issued issue(tls::Purpose purpose, tls::KeyKind kind = tls::KeyKind::ecdsa_p256) {
        return must(authority.issue(request(purpose, kind), clock.now(), random));
    }

    [[nodiscard]] std::shared_ptr<const tls::TrustAnchors> anchors(
        tls::Revocation revocation = tls::Revocation::required) const {
        return must(tls::TrustAnchors::from_pem(tls::AuthoritiesPem{authority.certificate().pem()},
                                                tls::CrlsPem{authority.crl_pem()}, revocation));
    }

    [[nodiscard]] tls::ClientConfig client_config(const tls::Policy& policy) const {
        return {.policy = &policy,
                .server_name = "print.example",
                .check = tls::Anchored{anchors(), "print.example"},
                .own = nullptr,
                .alpn = {}};
    }

    /// What policies for exceptions do is looked at without a table of them.
    template <class Config>
    static void give_leave(Config& config) {
        if (config.policy != nullptr && config.policy->exception_only())
            config.leave = tls::ExceptionLeave::unsafe_for_anybody(config.policy);
    }

    [[nodiscard]] tls::Session server(tls::ServerConfig config) {
        give_leave(config);
        return must(tls::Session::server(must(tls::ServerContext::create(std::move(config))), clock, random));
    }
    [[nodiscard]] tls::Session client(tls::ClientConfig config) {
        give_leave(config);
        return must(tls::Session::client(must(tls::ClientContext::create(std::move(config))), clock, random));
    }
};

/// How a conversation ended at each end; empty where all went well.
struct Outcome {
    std::optional<Error> client, server;
};

/// Carries bytes between the two ends until neither has more to say.
[[nodiscard]] inline Outcome pump(tls::Session& client, tls::Session& server) {
    Outcome outcome;
    Bytes wire;
    for (bool moved = true; moved;) {
        moved = false;
        client.take_outgoing(wire);
        if (!wire.empty()) {
            moved = true;
            if (auto done = server.received(wire); !done) outcome.server = done.error();
        }
        server.take_outgoing(wire);
        if (!wire.empty()) {
            moved = true;
            if (auto done = client.received(wire); !done) outcome.client = done.error();
        }
    }
    return outcome;
}

/// What can be read now, all of it.
[[nodiscard]] inline std::string read_all(tls::Session& session) {
    std::string text{as_text(session.plaintext())};
    session.consume(text.size());
    return text;
}

}  // namespace safeq::test
