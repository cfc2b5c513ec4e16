// SPDX-License-Identifier: Apache-2.0
// A TLS policy is dated data: which protocols, suites and groups are allowed, in which order, and why.
#include <algorithm>

#include <safeq/crypto/random.hpp>
#include <safeq/tls/authority.hpp>
#include <safeq/tls/policy.hpp>
#include <safeq/tls/session.hpp>

#include "example.hpp"

using namespace safeq;

// A policy of your own comes from the catalogue, and the compiler holds it against the floor.
constexpr tls::Version own_versions[]{tls::Version::v1_3};
constexpr tls::Suite own_suites[]{tls::catalogue::aes_256_gcm_sha384};
constexpr tls::Group own_groups[]{tls::catalogue::secp384r1_mlkem1024};
constexpr tls::SignatureScheme own_schemes[]{tls::catalogue::ecdsa_secp256r1_sha256};
constexpr tls::Policy own_2026{{.name = "own-2026",
                                .alias = "own",
                                .purpose = "between our own servers",
                                .versions = own_versions,
                                .suites = own_suites,
                                .groups = own_groups,
                                .signature_schemes = own_schemes,
                                .min_rsa_bits = 3072,
                                .exception_only = false}};
static_assert(check(own_2026, /*allow_static_rsa=*/false) == tls::PolicyFault::none);

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

    const SystemClock clock;
    crypto::SystemRandom random;
    constexpr std::chrono::hours day{24};
    SAFEQ_TRY(const tls::Authority authority, tls::Authority::create({"Example CA", day, day}, clock.now(), random));
    SAFEQ_TRY(const tls::Issued issued,
              authority.issue({.common_name = "Printer", .lifetime = day}, clock.now(), random));
    SAFEQ_TRY(auto own, tls::Credentials::from_pem({issued.certificate.pem()}, {as_text(issued.key_pem.expose())}));
    SAFEQ_TRY(auto here, tls::ServerContext::create({.policy = &policy, .credentials = std::move(own)}));
    SAFEQ_TRY(auto there, tls::ClientContext::create({.policy = &own_2026, .check = tls::Pin::of(issued.certificate)}));
    SAFEQ_TRY(tls::Session server, tls::Session::server(here, clock, random));
    SAFEQ_TRY(tls::Session client, tls::Session::client(there, clock, random));
    SAFEQ_TRY_VOID(shake_hands(client, server));
    SAFEQ_TRY_VOID(example::claim("both ends are established", client.established() && server.established()));
    return example::claim("they agreed on what both policies allow",
                          client.peer().group == tls::catalogue::secp384r1_mlkem1024);
}

int main() { return example::run(show); }
