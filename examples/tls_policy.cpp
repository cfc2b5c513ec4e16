// SPDX-License-Identifier: Apache-2.0
// A TLS policy is dated data: which protocols, suites and groups are allowed, in which order, and why.
#include <algorithm>

#include <safeq/crypto/random.hpp>
#include <safeq/tls/authority.hpp>
#include <safeq/tls/derive.hpp>
#include <safeq/tls/policy.hpp>
#include <safeq/tls/session.hpp>

#include "example.hpp"

using namespace safeq;

// Both ends of a connection in memory: a session has no socket, so its bytes may travel in any way you like.
Result<void> shake_hands(tls::Session& client, tls::Session& server) {
    for (Bytes wire; !client.outgoing().empty() || !server.outgoing().empty();) {
        client.take_outgoing(wire);
        SAFEQ_TRY_VOID(server.received(wire));
        server.take_outgoing(wire);
        SAFEQ_TRY_VOID(client.received(wire));
    }
    return {};
}

Result<void> show() {
    const tls::Policy& policy = tls::intermediate_2026;
    fmt::print("{}: {}\n", policy.name(), policy.purpose());
    for (const tls::Group& group : policy.groups()) fmt::print("  {:<44} {}\n", group.name, group.reason);
    for (const tls::Suite& suite : policy.suites())
        fmt::print("  {:<44} {}: {}\n", suite.name, name(suite.level), suite.reason);
    SAFEQ_TRY_VOID(example::claim("every suite has forward secrecy and authenticated encryption",
                                  std::ranges::all_of(policy.suites(), [](const tls::Suite& suite) {
                                      return suite.forward_secrecy() && suite.aead();
                                  })));
    SAFEQ_TRY_VOID(example::claim("a hybrid with ML-KEM comes first", policy.groups().front().post_quantum));

    // Options name policies, by date or by alias; a typing error is an error, not a default.
    SAFEQ_TRY(const tls::Policy* named, tls::find_policy("intermediate"));
    SAFEQ_TRY_VOID(example::claim("the alias is today's dated policy", named->name() == policy.name()));
    SAFEQ_TRY_VOID(
        example::refused("a policy of another spelling", tls::find_policy("Intermediate"), Errc::tls_policy_unknown));

    // A policy of your own is a dated one with something taken away: nothing widens it, and it can't fall below the
    // floor.
    tls::Derivation own{policy};
    SAFEQ_TRY_VOID(own.set_name("between-our-servers"));
    SAFEQ_TRY_VOID(own.raise_version(tls::Version::v1_3));
    SAFEQ_TRY_VOID(own.remove_group("X25519MLKEM768"));
    SAFEQ_TRY(const std::shared_ptr<const tls::Policy> derived, own.finish());
    fmt::print("{}: {} of {} suites\n", derived->name(), derived->suites().size(), policy.suites().size());
    SAFEQ_TRY_VOID(example::claim("that was TLS 1.2 and its suites", derived->suites().size() == 3));
    own.forbid(tls::CertificateKey::rsa);
    own.forbid(tls::CertificateKey::ecdsa);
    SAFEQ_TRY_VOID(example::refused("one without any certificate", own.finish(), Errc::tls_policy_too_weak));

    const SystemClock clock;
    crypto::SystemRandom random;
    constexpr std::chrono::hours day{24};
    SAFEQ_TRY(const tls::Authority authority, tls::Authority::create({"Example CA", day, day}, clock.now(), random));
    SAFEQ_TRY(const tls::Issued issued,
              authority.issue({.common_name = "Printer", .lifetime = day}, clock.now(), random));
    SAFEQ_TRY(auto shown, tls::Credentials::from_pem({issued.certificate.pem()}, {as_text(issued.key_pem.expose())}));
    SAFEQ_TRY(auto here, tls::ServerContext::create({.policy = &policy, .credentials = std::move(shown)}));
    SAFEQ_TRY(auto there, tls::ClientContext::create({.policy = derived, .check = tls::Pin::of(issued.certificate)}));
    SAFEQ_TRY(tls::Session server, tls::Session::server(here, clock, random));
    SAFEQ_TRY(tls::Session client, tls::Session::client(there, clock, random));
    SAFEQ_TRY_VOID(shake_hands(client, server));
    SAFEQ_TRY_VOID(example::claim("both ends are established", client.established() && server.established()));
    return example::claim("they agreed on what both policies allow",
                          client.peer().group == tls::catalogue::secp384r1_mlkem1024);
}

int main() { return example::run(show); }
