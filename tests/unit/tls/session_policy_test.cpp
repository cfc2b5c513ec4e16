// SPDX-License-Identifier: Apache-2.0
// Sessions by policies that were made at run time.
#include <catch2/catch_test_macros.hpp>

#include <safeq/core/clock.hpp>
#include <safeq/tls/derive.hpp>
#include <safeq/tls/exceptions.hpp>
#include <safeq/tls/policy_file.hpp>

#include "fixture.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::Outcome;
using safeq::test::pump;
using safeq::test::World;

namespace {

struct Ends {
    Session client, server;
    Outcome outcome;
};

/// A conversation by these policies; nothing but the contexts holds them on.
Ends meet(World& world, PolicyRef client_policy, PolicyRef server_policy, KeyKind key = KeyKind::ecdsa_p256) {
    Session server = world.server({.policy = std::move(server_policy),
                                   .credentials = World::credentials(world.issue(Purpose::server, key)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
    ClientConfig config = world.client_config(modern_2026);
    config.policy = std::move(client_policy);
    Session client = world.client(std::move(config));
    const Outcome outcome = pump(client, server);
    return {std::move(client), std::move(server), outcome};
}

PolicyRef derived(const std::string& lines) { return parse_policy("name test\n" + lines).value(); }

}  // namespace

TEST_CASE("a derived policy is served as it says, and lives as long as the context", "[tls]") {
    World world;
    const Ends ends = meet(world, &intermediate_2026,
                           derived("from intermediate-2026\nremove suite TLS_AES_256_GCM_SHA384\n"
                                   "remove group X25519MLKEM768\n"));
    REQUIRE(ends.server.established());
    CHECK(ends.server.peer().suite->name == "TLS_CHACHA20_POLY1305_SHA256");
    CHECK(ends.server.peer().group->name == "SecP384r1MLKEM1024");
}

TEST_CASE("a device that hangs on TLS 1.3 is talked to by TLS 1.2, by its exception alone", "[tls]") {
    World world;
    const DeviceId device = DeviceId::parse("01939f3c-0000-7000-8000-000000000001").value();
    const auto table = must(ExceptionTable::parse(
        device.text() + " intermediate-2026 no-tls1.3 until 2026-12-01 because it hangs\n", {}, world.clock.now()));
    const auto version = [&] {
        const Ends ends =
            meet(world, must(table.choose(device, &intermediate_2026, world.clock)).policy, &intermediate_2026);
        REQUIRE(ends.client.established());
        return ends.client.peer().version;
    };
    CHECK(version() == Version::v1_2);
    world.clock.advance(std::chrono::days{9});
    CHECK(version() == Version::v1_3);
}

TEST_CASE("HOSTILE 15: a policy for named devices holds for nobody else, whatever name an option gives", "[tls]") {
    World world;
    const auto own = World::credentials(world.issue(Purpose::server));
    const auto code = [&](const PolicyRef& policy, const std::optional<ExceptionLeave>& leave) {
        ClientConfig caller = world.client_config(modern_2026);
        caller.policy = policy;
        caller.leave = leave;
        const auto client = ClientContext::create(std::move(caller));
        const auto server = ServerContext::create({.policy = policy, .credentials = own, .leave = leave});
        CHECK(server.has_value() == client.has_value());
        return client ? std::string{"good"} : std::string{name(client.error().code)};
    };
    // The ways by which the guide takes a policy from an option or a file.
    const PolicyRef named = must(find_policy("obsolete-mfd"));
    const PolicyRef file = must(parse_policy("name ours\nfrom legacy-mfd-2026\n"));
    const PolicyRef strict = &intermediate_2026;
    const PolicyRef without = must(without_tls13(intermediate_2026));
    for (const PolicyRef& policy : {named, file, without}) {
        CAPTURE(policy->name());
        CHECK(for_everybody(policy).error().code == Errc::invalid_argument);
        CHECK(code(policy, std::nullopt) == "invalid_argument");
        CHECK(code(policy, ExceptionLeave::unsafe_for_anybody(strict)) == "invalid_argument");
        CHECK(code(policy, ExceptionLeave::unsafe_for_anybody(policy)) == "good");
    }
    CHECK(for_everybody(strict));
    CHECK(code(strict, std::nullopt) == "good");

    // A table gives leave for the device that it names, and as long as the exception holds.
    const auto device = must(DeviceId::parse("01939f3c-0000-7000-8000-000000000001"));
    const auto other = must(DeviceId::parse("01939f3c-0000-7000-8000-000000000002"));
    const Time end = world.clock.now() + std::chrono::days{9};
    const auto table = must(ExceptionTable::parse(
        device.text() + " obsolete-mfd-2026 until " + to_rfc3339(end).substr(0, 10) + " because it is old\n", {},
        world.clock.now()));
    PolicyChoice choice = must(table.choose(device, strict, world.clock));
    CHECK(choice.policy->exception_only());
    CHECK(code(choice.policy, choice.leave) == "good");
    CHECK_FALSE(must(table.choose(other, strict, world.clock)).leave);
    world.clock.advance(std::chrono::days{10});
    choice = must(table.choose(device, strict, world.clock));
    CHECK_FALSE(choice.leave);
    CHECK(code(choice.policy, choice.leave) == "good");
}

TEST_CASE("a raised minimum of keys holds for our own certificate and for the peer's", "[tls]") {
    World world;
    const PolicyRef wide_curves = derived("from intermediate-2026\nmin ec-bits 384\nmin rsa-bits 3072\n");
    for (const KeyKind key : {KeyKind::ecdsa_p256, KeyKind::rsa_2048}) {
        const auto context =
            ServerContext::create({.policy = wide_curves,
                                   .credentials = World::credentials(world.issue(Purpose::server, key)),
                                   .client_auth = ClientAuth::none,
                                   .client_anchors = nullptr,
                                   .alpn = {}});
        CHECK(context.error().code == Errc::weak_parameters);

        const Ends ends = meet(world, wide_curves, &intermediate_2026, key);
        CHECK(ends.outcome.client);
        CHECK_FALSE(ends.client.established());
        CHECK(meet(world, &intermediate_2026, &intermediate_2026, key).client.established());
    }
}

TEST_CASE("a certificate that no handshake can be signed with is refused at once", "[tls]") {
    World world;
    const auto code = [&](const std::string& lines, KeyKind key) {
        const auto context =
            ServerContext::create({.policy = derived("from intermediate-2026\n" + lines),
                                   .credentials = World::credentials(world.issue(Purpose::server, key))});
        return context ? std::string{"good"} : std::string{name(context.error().code)};
    };
    const std::string pkcs1_alone =
        "remove signature rsa_pss_rsae_sha256\nremove signature rsa_pss_rsae_sha384\n"
        "remove signature rsa_pss_rsae_sha512\n";
    CHECK(code(pkcs1_alone, KeyKind::rsa_2048) == "good");  // for TLS 1.2
    CHECK(code(pkcs1_alone + "min version tls1.3\n", KeyKind::rsa_2048) == "weak_parameters");
    CHECK(code(pkcs1_alone + "min version tls1.3\n", KeyKind::ecdsa_p256) == "good");
    CHECK(code("min version tls1.3\nremove signature ecdsa_secp256r1_sha256\n", KeyKind::ecdsa_p256) ==
          "weak_parameters");
}
