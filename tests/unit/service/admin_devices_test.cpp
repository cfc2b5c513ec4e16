// SPDX-License-Identifier: Apache-2.0
// What an operator does to devices that are there.
#include <safeq/service/admin.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/tls/authority.hpp>

#include "api_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;
using nlohmann::json;
using test::must;

namespace {

/// The device `mfd`, with carol signed in at it, and another one that an authority vouches for.
struct Devices : test::ApiWorld {
    tls::Authority maker = must(tls::Authority::create({"maker", 24h, 24h}, clock.now(), random));
    tls::Authority other_maker = must(tls::Authority::create({"other maker", 24h, 24h}, clock.now(), random));
    job::Device hall;

    Devices() {
        hall = must(front->admin.add_device({.id = DeviceId::make(clock, random),
                                             .name = "hall",
                                             .uri = "ipps://hall.example/ipp/print",
                                             .trust = job::CertificateAuthority{pem(maker), maker.crl_pem()},
                                             .terminal = crypto::sha256(as_bytes("hall's terminal")),
                                             .factor_rule = "card"}));
    }
    static std::string pem(const tls::Authority& authority) { return authority.certificate().pem(); }

    service::ApiReply act(const char* method, std::string who, std::string body = {}) {
        return call({.route = std::string{method} + " /admin/v1/devices/{device}",
                     .peer = operator_here,
                     .path = {{"device", std::move(who)}},
                     .body = std::move(body)});
    }
    int patch(const json& body, std::string who = "hall") { return act("PATCH", std::move(who), body.dump()).status; }
    int remove(std::string who) { return act("DELETE", std::move(who)).status; }
    job::Device now(const char* name = "hall") { return must(devices.find_by_name(tenant, name)); }
    std::uint64_t records() { return release->log->size(); }
    audit::Record last() { return must(audit::decode(must(release->log->entry(release->log->size() - 1)))); }
    bool signed_in(const std::string& bearer) {
        return call({.route = "GET /v1/jobs", .peer = at_terminal, .bearer = bearer}).status == 200;
    }
};

std::string hex_of(std::string_view text) { return "sha256:" + to_hex(crypto::sha256(as_bytes(text))); }

}  // namespace

TEST_CASE("a device moves, is known by another key, and asks for something else, each on record", "[service]") {
    Devices w;
    REQUIRE(w.patch({{"uri", "ipps://hall2.example:8631/ipp/print"}, {"rule", "card+pin"}}) == 200);
    CHECK(w.last().kind == audit::KindName{Kind::device_changed});
    CHECK(w.last().device == w.hall.id);
    CHECK(*w.last().text("name") == "hall");
    CHECK(*w.last().text("changed") == "uri+rule");
    CHECK(w.now().uri == "ipps://hall2.example:8631/ipp/print");
    CHECK(w.now().factor_rule == "card+pin");
    CHECK(w.now().trust == w.hall.trust);

    // By its id as well, and from an authority to a key and back.
    REQUIRE(w.patch({{"key_pin", hex_of("its key")}}, w.hall.id.text()) == 200);
    CHECK(*w.last().text("changed") == "key_pin");
    CHECK(std::get<job::CertificatePin>(w.now().trust).fingerprint == crypto::sha256(as_bytes("its key")));
    REQUIRE(w.patch({{"authority", w.pem(w.other_maker)}, {"crl", w.other_maker.crl_pem()}}) == 200);
    CHECK(*w.last().text("changed") == "authority+crl");
    REQUIRE(w.patch({{"crl", nullptr}}) == 200);
    CHECK(std::get<job::CertificateAuthority>(w.now().trust) == job::CertificateAuthority{w.pem(w.other_maker)});
    REQUIRE(w.patch({{"terminal", hex_of("another terminal")}}) == 200);
    CHECK(*w.last().text("changed") == "terminal");
    CHECK(w.now().terminal == crypto::sha256(as_bytes("another terminal")));
}

TEST_CASE("what can't be about a device is refused before anything is recorded", "[service]") {
    Devices w;
    const auto before = w.records();
    const job::Device unchanged = w.now();
    CHECK(w.patch(json::object()) == 400);
    CHECK(w.patch({{"uri", "http://hall.example/"}}) == 400);
    CHECK(w.patch({{"rule", "card+fingerprint"}}) == 400);
    CHECK(w.patch({{"key_pin", "sha256:ab"}}) == 400);
    CHECK(w.patch({{"key_pin", hex_of("a")}, {"authority", w.pem(w.maker)}}) == 400);
    CHECK(w.patch({{"key_pin", hex_of("a")}, {"crl", w.maker.crl_pem()}}) == 400);
    CHECK(w.patch({{"authority", "not PEM"}, {"crl", nullptr}}) >= 400);
    // Its revocation lists go with the authority only when somebody says so.
    CHECK(w.patch({{"authority", w.pem(w.other_maker)}}) == 400);
    CHECK(w.patch({{"authority", w.pem(w.other_maker)}, {"crl", w.maker.crl_pem()}}) >= 400);
    CHECK(w.patch({{"terminal", "sha256:" + to_hex(*w.mfd.terminal)}}) == 409);
    CHECK(w.patch({{"uri", "ipps://hall2.example/"}}, "nowhere") == 404);
    CHECK(w.patch({{"uri", "ipps://hall2.example/"}}, DeviceId::make(w.clock, w.random).text()) == 404);
    CHECK(w.patch({{"crl", w.maker.crl_pem()}}, "mfd") == 400);  // its key is pinned
    CHECK(w.records() == before);
    CHECK(w.now() == unchanged);
}

TEST_CASE("a device that asks for something else, or has another terminal, signs out whoever is there", "[service]") {
    Devices w;
    std::string bearer = w.sign_in();
    REQUIRE(w.patch({{"uri", "ipps://mfd2.example/ipp/print"}}, "mfd") == 200);
    CHECK(w.signed_in(bearer));
    REQUIRE(w.patch({{"rule", "card|password"}}, "mfd") == 200);
    CHECK_FALSE(w.signed_in(bearer));
    bearer = w.sign_in();
    REQUIRE(w.patch({{"terminal", hex_of("another terminal")}}, "mfd") == 200);
    CHECK_FALSE(w.signed_in(bearer));
    w.at_terminal.key_fingerprint = crypto::sha256(as_bytes("another terminal"));
    CHECK_FALSE(w.signed_in(bearer));
}

TEST_CASE("a removed device is known no more, and nobody is signed in at it", "[service]") {
    Devices w;
    const std::string bearer = w.sign_in();
    CHECK(w.remove("hall") == 200);
    CHECK(w.last().kind == audit::KindName{Kind::device_removed});
    CHECK(w.last().device == w.hall.id);
    CHECK(*w.last().text("name") == "hall");
    CHECK(w.remove("hall") == 404);
    CHECK(w.signed_in(bearer));

    CHECK(w.remove(w.mfd.id.text()) == 200);
    CHECK_FALSE(w.signed_in(bearer));
    CHECK(w.tokens.size() == 0);
    // One of the same name and terminal is another device: what was opened at the first isn't good there.
    job::Device again = w.mfd;
    again.id = DeviceId::make(w.clock, w.random);
    REQUIRE(w.devices.add(again));
    CHECK_FALSE(w.signed_in(bearer));
    w.mfd = again;
    CHECK(w.signed_in(w.sign_in()));
}

TEST_CASE("a device to which a job is on its way stays", "[service]") {
    Devices w;
    // While its bytes leave, an operator wants the device gone.
    int status = 0;
    const JobId id = w.job();
    w.device.while_it_prints = [&] { status = w.remove("mfd"); };
    must(w.release->desk.release(w.session_of(w.carol), w.mfd, id, job::Wish::print));
    CHECK(status == 409);
    CHECK(w.devices.find(w.tenant, w.mfd.id));
    CHECK(must(w.front->admin.job(id)).state == job::State::printed);
    w.device.while_it_prints = {};
    CHECK(w.remove("mfd") == 200);
}

TEST_CASE("no device is changed or removed unrecorded", "[service]") {
    Devices w;
    const std::string bearer = w.sign_in();
    w.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.patch({{"rule", "password"}}) == 503);
    w.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.remove("mfd") == 503);
    CHECK(w.now() == w.hall);
    CHECK(w.devices.find(w.tenant, w.mfd.id));
    CHECK(w.tokens.size() == 1);
}
