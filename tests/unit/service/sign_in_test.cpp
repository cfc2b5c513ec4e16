// SPDX-License-Identifier: Apache-2.0
// What becomes of sign-ins: guesses that the throttle turns away, an owner whose name others try, a card that is in two
// places at once.
#include <safeq/service/sign_in.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "api_world.hpp"
#include "sign_in_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;
using test::SignInWorld;

namespace {

constexpr const char* alices_card = "04a1b2c3";
constexpr std::string_view right = "correct horse battery";

job::Device another_device(SignInWorld& w, std::string name) {
    return {
        .id = DeviceId::make(w.clock, w.random), .tenant = w.tenant, .name = std::move(name), .factor_rule = "card"};
}

std::size_t count(const SignInWorld& w, Kind kind) {
    std::size_t out = 0;
    for (audit::Index at = 0; at < w.log->size(); ++at)
        out += audit::decode(*w.log->entry(at))->kind == audit::KindName{kind} ? 1u : 0u;
    return out;
}

}  // namespace

TEST_CASE("what hashes is said of a sign-in before it is tried", "[service]") {
    test::ApiWorld w;
    const auto hashes = [&](const char* route, std::string_view body) {
        const service::ApiPeer nobody;
        return w.front->routes.at(route).hashes({.peer = nobody, .path = {}, .query = {}, .bearer = {}, .body = body});
    };
    const auto at_terminal = [&](std::string_view factors) {
        return hashes("POST /v1/sessions", R"({"factors":[)" + std::string{factors} + "]}");
    };
    const std::string card = R"({"type":"card","uid":"04a1b2c3"})";
    CHECK(!at_terminal(card));
    CHECK(at_terminal(card + R"(,{"type":"pin","pin":"1234"})"));
    CHECK(at_terminal(R"({"type":"password","user":"alice","password":"x"})"));
    CHECK(!at_terminal("7"));
    CHECK(!hashes("POST /v1/sessions", ""));
    for (const auto shown : {service::Shown::password, service::Shown::print_token}) {
        const auto sealed = service::seal_credential(w.opener.public_key(), {w.tenant, w.instance}, shown, "alice",
                                                     "192.0.2.8", crypto::Secret::copy_of(right), w.clock, w.random);
        CHECK(hashes("POST /internal/v1/identify", sealed->encode()) == (shown == service::Shown::password));
    }
    CHECK(!hashes("POST /internal/v1/identify", "{}"));
    for (const auto& [name, route] : w.front->routes)
        CHECK(static_cast<bool>(route.hashes) == (name == "POST /v1/sessions" || name == "POST /internal/v1/identify"));
}
