// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>

#include <safeq/service/admin_api.hpp>
#include <safeq/service/daemon_api.hpp>
#include <safeq/service/epoch_keeper.hpp>
#include <safeq/service/terminal_api.hpp>

#include "memory_epoch_seeds.hpp"
#include "memory_subject_key_maker.hpp"
#include "world.hpp"

namespace safeq::test {

/// A call that owns what it is made of.
struct Request {
    std::string route;  ///< "POST /v1/sessions"
    service::ApiPeer peer;
    std::map<std::string, std::string, std::less<>> path = {};
    std::map<std::string, std::string, std::less<>> query = {};
    std::string bearer = {};
    std::string body = {};
};

/// Both servers, with the release server's interfaces in front of it, without HTTP.
struct ApiWorld : World {
    MemorySubjectKeyMaker keys{subjects, random};
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    auth::HashingBudget hashing{auth::hashing_2026};
    auth::Hasher hasher{auth::argon2id_2026, peppers, random, hashing};
    auth::PasswordRules password_rules{auth::password_limits_2026, nullptr, {"safeq"}};
    MemoryThrottleStore throttle_store;
    MemoryTokenStore tokens;
    MemoryDevices devices;
    MemoryEpochSeeds seeds{ring, random};
    service::CredentialOpener opener{crypto::XwingPrivateKey::generate(random), clock};
    std::function<Result<void>(SubjectId)> end_others = [](SubjectId) { return Result<void>{}; };
    std::function<void()> before_erasure;  ///< called before the last steps of one
    bool nothing_is_taken = false;         ///< the files of jobs arrive, and wait to be taken over

    struct Front {
        explicit Front(ApiWorld& w)
            : throttle{auth::throttle_2026, w.clock, w.throttle_store},
              authenticator{{.accounts = w.accounts, .hasher = w.hasher, .peppers = w.peppers, .throttle = throttle}},
              print_tokens{w.tokens, w.clock, w.random},
              sessions{w.tokens, w.clock, w.random, token::terminal_session_2026},
              sign_in{{w.tenant, authenticator, w.accounts, sessions, print_tokens, w.opener, w.release->recorder}},
              admin{{w.tenant, w.accounts, w.hasher, w.peppers, w.password_rules, throttle, w.keys, w.devices,
                     w.repository, w.release->jobs, print_tokens, sessions, w.release->recorder, w.clock, w.random,
                     [&w](const job::Job& job) { return w.release->desk.discard(job); },
                     [&w](const auto& act) {
                         if (w.before_erasure) w.before_erasure();
                         return w.release->custody.undisturbed(act);
                     },
                     [&w](SubjectId subject) { return w.end_others(subject); }}},
              survivors{{w.tenant, w.release_blobs, w.ring, w.intakes, w.repository, w.random}},
              keeper{{.tenant = w.tenant,
                      .seeds = w.seeds,
                      .survivors = survivors,
                      .undisturbed = [&w](const auto& act) { return w.release->custody.undisturbed(act); },
                      .signer = w.signer,
                      .signer_name = "release",
                      .recorder = w.release->recorder,
                      .clock = w.clock,
                      .rules = service::epoch_rules_2026(72h)}},
              terminal_api{{w.tenant, sign_in, w.release->desk, w.devices, {}}},
              admin_api{{admin, keeper, "ipps://print.example:8631", {}}},
              daemon_api{{.tenant = w.tenant,
                          .sign_in = sign_in,
                          .custody = w.release->custody,
                          .desk = w.release->desk,
                          .jobs = w.release->jobs,
                          .repository = w.repository,
                          .subjects = w.subjects,
                          .recorder = w.release->recorder,
                          .clock = w.clock,
                          .epoch_list = [this] { return keeper.signed_list(); },
                          .explain = {}}},
              log_reader{w.release_log_disk} {
            for (auto& table : {terminal_api.routes(), admin_api.routes(), daemon_api.routes(), log_routes()})
                for (const service::Route& route : table)
                    routes.emplace(std::string{route.method} + " " + std::string{route.path}, route);
        }

        /// By which the report server follows the log.
        std::vector<service::Route> log_routes() { return service::log_routes(log_reader, service::Role::report); }

        auth::SharedThrottle throttle;
        auth::Authenticator authenticator;
        token::PrintTokens print_tokens;
        token::SessionManager sessions;
        service::SignIn sign_in;
        service::Admin admin;
        service::Survivors survivors;
        service::EpochKeeper keeper;
        service::TerminalApi terminal_api;
        service::AdminApi admin_api;
        service::DaemonApi daemon_api;
        MemoryLogReader log_reader;
        std::map<std::string, service::Route> routes;
    };
    std::unique_ptr<Front> front;

    service::ApiPeer at_terminal{.certificate_id = "safeq:device:mfd", .key_fingerprint = {}, .address = "192.0.2.7"};
    service::ApiPeer at_intake{
        .certificate_id = "safeq:daemon:intake:" + instance.text(), .key_fingerprint = {}, .address = "192.0.2.9"};
    service::ApiPeer operator_here{};
    SubjectId carol;  ///< has a card, 04a1b2c3, and a password, "correct horse battery"

    ApiWorld() {
        mfd.terminal = crypto::sha256(as_bytes("terminal"));
        mfd.factor_rule = "card";
        at_terminal.key_fingerprint = mfd.terminal;
        must(devices.add(mfd));
        front = std::make_unique<Front>(*this);
        must(front->keeper.tick(clock.now()));
        (void)must(front->keeper.rotate());
        carol = must(front->admin.add_user({.name = "carol",
                                            .display_name = {},
                                            .password = crypto::Secret::copy_of("correct horse battery"),
                                            .pin = {},
                                            .cards = {"04a1b2c3"}}))
                    .subject;
    }

    void restart_all() {
        front.reset();
        restart();
        front = std::make_unique<Front>(*this);
    }

    [[nodiscard]] service::ApiReply call(const Request& request) {
        const service::Route& route = front->routes.at(request.route);
        return route.handle({.peer = request.peer,
                             .path = request.path,
                             .query = request.query,
                             .bearer = request.bearer,
                             .body = request.body});
    }

    /// The bearer of a session of carol's at the terminal.
    [[nodiscard]] std::string sign_in() {
        const auth::Factor card{auth::GivenCard{"uid", "04a1b2c3"}};
        const service::SignedIn signed_in = must(front->sign_in.open(mfd, at_terminal.address, {&card, 1}));
        return std::string{as_text(signed_in.session.expose())};
    }

    /// A picture of hers that waits.
    [[nodiscard]] JobId job() {
        const ipp::JobInfo info = must(try_print(make_jpeg(), carol, "carol", "image/jpeg"));
        (void)intake->handover.run();
        return info.uuid;
    }
    [[nodiscard]] job::State state_of(JobId job) { return must(front->admin.job(job)).state; }

    Result<void> take(JobId job) override {
        if (nothing_is_taken) return fail(Errc::unavailable, "release");
        return World::take(job);
    }
};

}  // namespace safeq::test
