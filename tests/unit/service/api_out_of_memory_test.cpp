// SPDX-License-Identifier: Apache-2.0
// Every single allocation of each kind of request fails once, for every route of the release server's interfaces. Then
// the peer is told that the server failed, never that it did something wrong or that it may not; and after a restart
// the logs verify and the same request does what it should, or finds that done.
#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/audit/tile.hpp>
#include <safeq/tls/authority.hpp>

#include "support/allocation/failing_allocation.hpp"

#include "api_world.hpp"
#include "core/json.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::ApiWorld;
using test::Ended;
using test::hold;
using test::must;
using test::Request;

namespace {

// Botan's threads don't come along into a child process: here Argon2 does its work on the caller's.
[[maybe_unused]] const int no_thread_pool = setenv("BOTAN_THREAD_POOL_SIZE", "none", 1);

/// One route, called in the state that was prepared for it.
struct Kind {
    Request request;
    int good;                         ///< the status when nothing fails
    std::set<int> again = {};         ///< and when it had been done already
    std::function<bool()> done = {};  ///< whether it is done, after it was called again
    std::size_t stride = 1;           ///< fails only every so manyth allocation
};

void check_log(audit::Log& log) {
    const auto published = log.publish();
    hold(published.has_value());
    for (audit::Index i = 0; i < log.size(); ++i)
        must(audit::verify_inclusion(must(log.prove(i, log.size())), audit::leaf_hash(must(log.entry(i))),
                                     published->checkpoint.head.root));
}

// What is left of `untried` at the end has no test.
void fail_each(ApiWorld& world, std::set<std::string>& untried, const Kind& kind) {
    INFO(kind.request.route);
    untried.erase(kind.request.route);
    int status = 0;
    const test::Counts counts = test::each_allocation(
        [&] {
            status = world.call(kind.request).status;
            return status == kind.good;
        },
        [&](Ended ended) {
            hold(ended != Ended::with_an_error || status >= 500);
            world.restart_all();
            (void)must(world.release->jobs.recover(world.tenant));
            (void)must(world.release->custody.sweep());
            check_log(*world.release->log);
            const int second = world.call(kind.request).status;
            if (second != kind.good && !kind.again.contains(second))
                fmt::print(stderr, "{}: {} after {}\n", kind.request.route, second, status);
            hold(second == kind.good || kind.again.contains(second));
            hold(!kind.done || kind.done());
        },
        kind.stride);
    CHECK(counts.failures > 0);
    CHECK(counts.stops * 2 <= counts.failures);
}

std::set<std::string> routes_of(const std::vector<service::Route>& table) {
    std::set<std::string> out;
    for (const service::Route& route : table) out.insert(std::string{route.method} + " " + std::string{route.path});
    return out;
}

}  // namespace

TEST_CASE("an allocation that fails while a terminal is answered is a failure of ours, and nothing is lost",
          "[service][oom]") {
    ApiWorld w;
    std::set<std::string> untried = routes_of(w.front->terminal_api.routes());
    const std::string bearer = w.sign_in();
    const auto at_terminal = [&](std::string route, JobId job = {}, std::string body = {}) {
        Request out{.route = std::move(route), .peer = w.at_terminal};
        out.bearer = bearer;
        if (!job.nil()) out.path.emplace("job", job.text());
        out.body = std::move(body);
        return out;
    };
    const JobId waiting = w.job();
    const auto kept = [&] { return must(w.front->admin.job(waiting)).kept; };

    fail_each(w, untried,
              {.request = at_terminal("POST /v1/sessions", {}, R"({"factors":[{"type":"card","uid":"04a1b2c3"}]})"),
               .good = 201});
    fail_each(w, untried, {.request = at_terminal("GET /v1/jobs"), .good = 200});
    fail_each(w, untried, {.request = at_terminal("PUT /v1/jobs/{job}/favourite", waiting), .good = 200, .done = kept});
    REQUIRE(w.call(at_terminal("PUT /v1/jobs/{job}/favourite", waiting)).status == 200);
    fail_each(w, untried,
              {.request = at_terminal("DELETE /v1/jobs/{job}/favourite", waiting), .good = 200, .done = [&] {
                   return !kept();
               }});
    REQUIRE(w.call(at_terminal("DELETE /v1/jobs/{job}/favourite", waiting)).status == 200);

    // A job that was cut off on its way to the device is nobody's to print again unasked.
    const auto printed_or_in_doubt = [&] {
        const job::State state = w.state_of(waiting);
        return w.device.deliveries <= 1 && (state == job::State::printed || state == job::State::uncertain);
    };
    fail_each(w, untried,
              {.request = at_terminal("POST /v1/jobs/{job}/release", waiting, R"({"again":false})"),
               .good = 200,
               .again = {404, 409},
               .done = printed_or_in_doubt});
    fail_each(w, untried,
              {.request = at_terminal("POST /v1/jobs/release", {}, R"({})"), .good = 200, .done = printed_or_in_doubt});
    fail_each(w, untried,
              {.request = at_terminal("DELETE /v1/jobs/{job}", waiting), .good = 204, .again = {404, 409}, .done = [&] {
                   return w.release_blobs.list()->empty();
               }});

    w.device.end = job::Outcome::Kind::lost;
    (void)w.call(at_terminal("POST /v1/jobs/{job}/release", waiting, R"({"again":false})"));
    REQUIRE(w.state_of(waiting) == job::State::uncertain);
    fail_each(
        w, untried,
        {.request = at_terminal("POST /v1/jobs/{job}/resolve", waiting), .good = 200, .again = {404, 409}, .done = [&] {
             return w.state_of(waiting) == job::State::printed;
         }});
    fail_each(w, untried,
              {.request = at_terminal("DELETE /v1/sessions/current"), .good = 204, .again = {401}, .done = [&] {
                   return w.call(at_terminal("GET /v1/jobs")).status == 401;
               }});
    CHECK(untried == std::set<std::string>{});
}

TEST_CASE("an allocation that fails while a password is judged is a failure of ours, not a wrong password",
          "[service][oom]") {
    ApiWorld w;
    w.mfd.factor_rule = "password";
    must(w.devices.update(w.mfd));
    std::set<std::string> untried;
    fail_each(
        w, untried,
        {.request = {.route = "POST /v1/sessions",
                     .peer = w.at_terminal,
                     .body = R"({"factors":[{"type":"password","user":"carol","password":"correct horse battery"}]})"},
         .good = 201,
         .stride = 29});
}

TEST_CASE("an allocation that fails while an operator is answered is a failure of ours, and nothing is lost",
          "[service][oom]") {
    ApiWorld w;
    std::set<std::string> untried = routes_of(w.front->admin_api.routes());
    const auto call = [&](std::string route, std::map<std::string, std::string, std::less<>> path = {},
                          std::string body = {}) {
        return Request{
            .route = std::move(route), .peer = w.operator_here, .path = std::move(path), .body = std::move(body)};
    };
    const auto user_there = [&](std::string_view name) { return w.accounts.find_by_name(w.tenant, name).has_value(); };
    const JobId job = w.job();
    const std::string job_text = job.text();

    fail_each(w, untried,
              {.request = call("POST /admin/v1/users", {}, R"({"name":"dora","cards":["04b1b2c4"]})"),
               .good = 201,
               .again = {409},
               .done = [&] { return user_there("dora"); }});
    const std::string file =
        "erik:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\\n"
        "fay:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\\n";
    fail_each(w, untried,
              {.request = call("POST /admin/v1/imports", {}, R"({"file":")" + file + R"("})"),
               .good = 201,
               .again = {409},
               .done = [&] { return user_there("erik") && user_there("fay"); }});
    fail_each(w, untried, {.request = call("GET /admin/v1/users"), .good = 200});

    fail_each(w, untried,
              {.request = call("PATCH /admin/v1/users/{user}", {{"user", "carol"}}, R"({"cards":["04b1b2c5"]})"),
               .good = 200});
    fail_each(w, untried, {.request = call("POST /admin/v1/users/{user}/unlock", {{"user", "carol"}}), .good = 200});

    const auto labelled = [&](std::size_t at_least) {
        return must(w.front->admin.print_tokens("carol")).size() >= at_least;
    };
    fail_each(w, untried,
              {.request = call("POST /admin/v1/users/{user}/tokens", {{"user", "carol"}}, R"({"label":"laptop"})"),
               .good = 201,
               .done = [&] { return labelled(1); }});
    const std::string token = must(w.front->admin.issue_print_token("carol", "phone", {})).token.id.text();
    fail_each(w, untried, {.request = call("GET /admin/v1/users/{user}/tokens", {{"user", "carol"}}), .good = 200});
    fail_each(w, untried,
              {.request = call("DELETE /admin/v1/users/{user}/tokens/{token}", {{"user", "carol"}, {"token", token}}),
               .good = 204,
               .again = {404},
               .done = [&] { return !labelled(1); }});

    const std::string device = fmt::format(
        R"({{"id":"{}","name":"second","uri":"ipps://second.example/ipp/print","terminal":"sha256:{}","rule":"card","key_pin":"sha256:{}"}})",
        DeviceId::make(w.clock, w.random).text(), std::string(64, 'a'), std::string(64, 'b'));
    fail_each(w, untried,
              {.request = call("POST /admin/v1/devices", {}, device), .good = 201, .again = {409}, .done = [&] {
                   return must(w.front->admin.devices()).size() == 2;
               }});
    fail_each(w, untried, {.request = call("GET /admin/v1/devices"), .good = 200});
    const auto authority = must(tls::Authority::create({"devices", 24h, 24h}, w.clock.now(), w.random));
    (void)must(w.front->admin.add_device({.id = DeviceId::make(w.clock, w.random),
                                          .name = "third",
                                          .uri = "ipps://third.example/ipp/print",
                                          .trust = job::CertificateAuthority{authority.certificate().pem()},
                                          .terminal = {},
                                          .factor_rule = "card"}));
    fail_each(w, untried,
              {.request = call("PUT /admin/v1/devices/{device}/crl", {{"device", "third"}},
                               Json{{"crl", authority.crl_pem()}}.dump()),
               .good = 200,
               .done = [&] {
                   const auto third = must(w.devices.find_by_name(w.tenant, "third"));
                   return !std::get<job::CertificateAuthority>(third.trust).crl.empty();
               }});

    fail_each(w, untried,
              {.request = call("PATCH /admin/v1/devices/{device}", {{"device", "third"}},
                               R"({"uri":"ipps://fourth.example/ipp/print","rule":"card+pin"})"),
               .good = 200,
               .done = [&] {
                   const auto third = must(w.devices.find_by_name(w.tenant, "third"));
                   return third.uri == "ipps://fourth.example/ipp/print" && third.factor_rule == "card+pin";
               }});
    fail_each(w, untried,
              {.request = call("DELETE /admin/v1/devices/{device}", {{"device", "third"}}),
               .good = 200,
               .again = {404},
               .done = [&] { return !w.devices.find_by_name(w.tenant, "third"); }});

    fail_each(w, untried, {.request = call("GET /admin/v1/jobs"), .good = 200});
    fail_each(w, untried, {.request = call("GET /admin/v1/jobs/{job}", {{"job", job_text}}), .good = 200});
    const auto restricted = [&] { return must(w.front->admin.job(job)).restricted; };
    fail_each(w, untried,
              {.request = call("PUT /admin/v1/jobs/{job}/restriction", {{"job", job_text}}),
               .good = 200,
               .done = restricted});
    (void)must(w.front->admin.restrict_job(job, true));
    fail_each(w, untried,
              {.request = call("DELETE /admin/v1/jobs/{job}/restriction", {{"job", job_text}}),
               .good = 200,
               .done = [&] { return !restricted(); }});
    (void)must(w.front->admin.restrict_job(job, false));
    fail_each(
        w, untried,
        {.request = call("DELETE /admin/v1/jobs/{job}", {{"job", job_text}}), .good = 200, .again = {409}, .done = [&] {
             return w.release_blobs.list()->empty();
         }});

    const auto epochs = must(w.front->keeper.list());
    REQUIRE(epochs.size() == 2);
    const std::string epoch = epochs[0].entry.id().text();
    fail_each(w, untried, {.request = call("GET /admin/v1/epochs"), .good = 200});
    fail_each(w, untried, {.request = call("POST /admin/v1/epochs"), .good = 201});
    fail_each(w, untried, {.request = call("GET /admin/v1/epochs/{epoch}/key", {{"epoch", epoch}}), .good = 200});
    Request destroy = call("POST /admin/v1/epochs/{epoch}/destruction", {{"epoch", epoch}});
    fail_each(w, untried, {.request = destroy, .good = 202});
    destroy.query.emplace("now", "");
    fail_each(w, untried, {.request = destroy, .good = 200, .again = {404}, .done = [&] {
                               return std::ranges::none_of(w.seeds.living, [&](const service::LivingEpoch& one) {
                                   return one.entry.id().text() == epoch;
                               });
                           }});
    // Last, for the checks above look for the person.
    fail_each(w, untried,
              {.request = call("POST /admin/v1/users/{user}/erasure", {{"user", w.carol.text()}}),
               .good = 200,
               .again = {404},
               .done = [&] { return !w.subjects.key(w.carol) && !user_there("carol"); }});
    CHECK(untried == std::set<std::string>{});
}

TEST_CASE("an allocation that fails while a daemon is answered is a failure of ours, and nothing is lost",
          "[service][oom]") {
    ApiWorld w;
    std::set<std::string> untried = routes_of(w.front->daemon_api.routes());
    const auto call = [&](std::string route, std::map<std::string, std::string, std::less<>> path = {},
                          std::string body = {}) {
        return Request{
            .route = std::move(route), .peer = w.at_intake, .path = std::move(path), .body = std::move(body)};
    };
    fail_each(w, untried, {.request = call("GET /internal/v1/epochs"), .good = 200});
    const token::IssuedPrintToken issued = must(w.front->admin.issue_print_token("carol", "laptop", {}));
    const auto sealed =
        must(service::seal_credential(w.opener.public_key(), {w.tenant, w.instance}, service::Shown::print_token, "",
                                      "192.0.2.8", crypto::Secret::copy_of(issued.text.expose()), w.clock, w.random));
    // What was opened once isn't opened again: its sender seals anew.
    fail_each(w, untried,
              {.request = call("POST /internal/v1/identify", {}, sealed.encode()), .good = 200, .again = {403}});

    w.nothing_is_taken = true;
    const JobId arrived = w.job();
    // Files without a job are removed at a restart: the intake still has them.
    fail_each(w, untried,
              {.request = call("POST /internal/v1/jobs/{job}", {{"job", arrived.text()}}),
               .good = 204,
               .again = {404},
               .done = [&] {
                   w.nothing_is_taken = false;
                   (void)must(w.intake->handover.recover());
                   (void)w.intake->handover.run();
                   return w.state_of(arrived) == job::State::held && w.intake_blobs.list()->empty();
               }});
    w.nothing_is_taken = false;
    (void)w.intake->handover.run();
    REQUIRE(w.state_of(arrived) == job::State::held);
    fail_each(w, untried,
              {.request = call("GET /internal/v1/owners/{owner}/jobs", {{"owner", w.carol.text()}}), .good = 200});
    fail_each(w, untried,
              {.request = call("POST /internal/v1/owners/{owner}/jobs/{job}/cancel",
                               {{"owner", w.carol.text()}, {"job", arrived.text()}}),
               .good = 204,
               .again = {404, 409},
               .done = [&] { return w.release_blobs.list()->empty(); }});
    fail_each(w, untried,
              {.request = call("GET /internal/v1/subject-keys/{subject}", {{"subject", w.carol.text()}}), .good = 200});
    const service::ReportEvent event{.id = RecordId::make(w.clock, w.random), .what = service::AuditorSignedIn{}};
    fail_each(w, untried,
              {.request = call("POST /internal/v1/report-events", {}, event.encode()), .good = 204, .done = [&] {
                   const auto last = audit::decode(*w.release->log->entry(w.release->log->size() - 1));
                   return last && last->text(audit::field::method) != nullptr;
               }});
    CHECK(untried == std::set<std::string>{});
}

TEST_CASE("an allocation that fails while a log is read is a failure of ours, not a log that lacks something",
          "[service][oom]") {
    ApiWorld w;
    std::set<std::string> untried = routes_of(w.front->log_routes());
    (void)must(w.release->log->publish());
    const std::string tile = fmt::format("0/000.p/{}", w.release->log->size());
    fail_each(w, untried, {.request = {.route = "GET /log/checkpoint", .peer = w.operator_here}, .good = 200});
    fail_each(w, untried,
              {.request = {.route = "GET /log/tile/{tile...}", .peer = w.operator_here, .path = {{"tile", tile}}},
               .good = 200});
    CHECK(untried == std::set<std::string>{});
}
