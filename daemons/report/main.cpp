// SPDX-License-Identifier: Apache-2.0
// safeq-report: follows and witnesses the logs of the other daemons, and shows who, what, when and where.
#include <fmt/format.h>

#include <safeq/service/clock_journal.hpp>
#include <safeq/store/report_store.hpp>
#include <safeq/store/throttle_store.hpp>

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/roles.hpp"
#include "report/journal.hpp"
#include "report/pages.hpp"

namespace safeq::daemon {
namespace {

// Each request of the auditor's browser hashes the password: at most so many at a time, on threads of their own.
constexpr std::size_t hashing_threads = auth::hashing_2026.concurrent;
constexpr std::size_t sign_ins_at_once = 24;

// By what the daemon is reached and reaches the others; read anew at each reload.
struct Contexts {
    std::shared_ptr<const tls::ServerContext> people;
    std::shared_ptr<const tls::ClientContext> intake, release;
};

Result<Contexts> make_contexts(const Common& common, const ReportOptions& options, ListenerTickets& tickets) {
    Contexts out;
    SAFEQ_TRY(const tls::PolicyRef people, common.policies.find("tls-policy-people", options.tls_policy_people));
    SAFEQ_TRY(out.people, open_context(common, people, &tickets));
    SAFEQ_TRY(const net::HttpTarget intake, net::HttpTarget::https(options.intake, nullptr));
    SAFEQ_TRY(out.intake, client_context(common, intake.endpoint.host));
    SAFEQ_TRY(const net::HttpTarget release, net::HttpTarget::https(options.release, nullptr));
    SAFEQ_TRY(out.release, client_context(common, release.endpoint.host));
    return out;
}

}  // namespace

Result<void> run(const ReportOptions& options) {
    Runtime runtime;
    SAFEQ_TRY(const Common common, load_common(options.common));
    ListenerTickets tickets{"listen-https", runtime.clock, runtime.random};
    SAFEQ_TRY(Contexts contexts, make_contexts(common, options, tickets));
    ReadFiles at_start;  // and not at a reload
    const auto configuration = [&](const Common& now) {
        return crypto::sha256(as_bytes(to_config(options) + at_start.lines() + now.files.lines()));
    };
    SAFEQ_TRY(const auto keys, store::KeyFolder::open(common.folder.keys()));
    SAFEQ_TRY(const crypto::SigningKey witness, read_signing_key(*keys, witness_key_file));
    SAFEQ_TRY(const crypto::Secret stored, keys->read(auditor_hash_file));
    SAFEQ_TRY(const auth::PhcString auditor, auth::PhcString::parse(as_text(stored.expose())));
    SAFEQ_TRY(const auto pepper, read_key<auth::PepperKey>(*keys, auditor_pepper_file));
    SAFEQ_TRY(const crypto::NoteKey intake_key, read_note_key(common.shared / intake_log_public, &at_start));
    SAFEQ_TRY(const crypto::NoteKey release_key, read_note_key(common.shared / release_log_public, &at_start));
    SAFEQ_TRY(const auto database,
              store::Database::open(common.folder.root / "report.db", store::Database::Purpose::report));
    store::ReportStore store{*database};

    std::stop_source stop;
    const net::ClientStream::Options patience{.stop = stop.get_token()};
    SAFEQ_TRY(net::HttpTarget intake_target, net::HttpTarget::https(options.intake, contexts.intake));
    SAFEQ_TRY(net::HttpTarget release_target, net::HttpTarget::https(options.release, contexts.release));
    net::HttpClient intake_client{std::move(intake_target), runtime.clock, runtime.random, patience};
    net::HttpClient release_client{std::move(release_target), runtime.clock, runtime.random, patience};
    SAFEQ_TRY(net::HttpTarget record_target, net::HttpTarget::https(options.release, contexts.release));
    // A sign-in waits for its record, and so does the end of the daemon: no longer than this.
    const net::ClientStream::Options short_patience{.connect_timeout = std::chrono::seconds{3},
                                                    .io_timeout = std::chrono::seconds{5}};
    net::HttpClient record_client{std::move(record_target), runtime.clock, runtime.random, short_patience};
    ReleaseJournal journal{record_client, runtime.clock, runtime.random};
    journal.owe(service::ReportStarted{std::string{version}, configuration(common)});
    const std::string cosigner = witness_name(common.tenant);
    RemoteSubjectKeys subjects{release_client, runtime.clock};
    LogWatch intake_log{{"intake", intake_client, intake_key, store, witness, cosigner, runtime.clock, subjects}};
    LogWatch release_log{{"release", release_client, release_key, store, witness, cosigner, runtime.clock, subjects}};

    const report::Report report{store, subjects};
    const ReportRoutes routes{.tenant = common.tenant, .report = report, .logs = {&intake_log, &release_log}};
    const auth::PepperRing peppers{auth::Pepper{pepper}};
    auth::HashingBudget hashing{auth::hashing_2026};
    const auth::Hasher hasher{auth::argon2id_2026, peppers, runtime.random, hashing};
    store::ThrottleStore counters{*database};
    auth::SharedThrottle throttle{auth::throttle_2026, runtime.clock, counters};
    SAFEQ_TRY_VOID(throttle.load());
    const service::AuditorSignIn sign_in{{.tenant = common.tenant,
                                          .hasher = hasher,
                                          .stored = auditor,
                                          .throttle = throttle,
                                          .journal = journal,
                                          .clock = runtime.clock}};
    net::BoundedPool hashing_pool{hashing_threads, sign_ins_at_once};

    // Who has passed the password is an auditor; nobody else reaches the routes.
    const auto everyone_inside = [](service::Role role, const net::PeerInfo&) {
        return role == service::Role::auditor;
    };
    net::HttpServer https{
        runtime.io,
        {.tls = contexts.people,
         .handler = auditors_only(net::serve_routes(routes.for_people(), everyone_inside, runtime.pool), sign_in,
                                  hashing_pool),
         .connections = runtime.connections(1),
         .on_failure =
             [](std::string_view address, const Error& error) {
                 log_debug("connection-ended", field("peer", address) + " " + field("why", error.message()));
             }},
        runtime.clock,
        runtime.random};
    SAFEQ_TRY_VOID(https.listen(options.listen_https));
    net::HttpServer admin{
        runtime.io,
        {.tls = nullptr, .handler = net::serve_routes(routes.for_admin(), has_role, runtime.operators)},
        runtime.clock,
        runtime.random};
    SAFEQ_TRY_VOID(admin.listen_local(common.folder.socket().string()));

    const auto interval = std::chrono::milliseconds{static_cast<std::int64_t>(options.interval_seconds * 1000)};
    Runtime::Periodic watching_intake{interval, [&] {
                                          intake_log.turn();
                                          tickets.rotate();
                                      }};
    Runtime::Periodic watching_release{interval, [&] {
                                           release_log.turn();
                                           subjects.forget_old();
                                       }};
    service::ClockJournal changes{{.clock = runtime.clock, .record = [&](std::chrono::milliseconds by) {
                                       journal.owe(service::ReportTimeChanged{by});
                                       return Result<void>{};
                                   }}};
    Runtime::Periodic recording{interval, [&] {
                                    (void)changes.look();
                                    (void)changes.settle();
                                    journal.turn();
                                }};
    log_info("listening", fmt::format("https={}", options.listen_https));
    const auto reload = [&]() -> Result<TlsFiles> {
        SAFEQ_TRY(Common fresh, load_common(options.common));
        SAFEQ_TRY(const Contexts made, make_contexts(fresh, options, tickets));
        // The server that records may know the new certificates alone; so they are used for that first.
        SAFEQ_TRY_VOID(record_client.use(made.release));
        const tls::Certificate& own = fresh.tls.credentials->certificate();
        journal.owe(service::ReportReloaded{own.serial(), own.not_after(), configuration(fresh)});
        journal.turn();
        SAFEQ_TRY_VOID(https.use(made.people));
        SAFEQ_TRY_VOID(intake_client.use(made.intake));
        SAFEQ_TRY_VOID(release_client.use(made.release));
        return std::move(fresh.tls);
    };
    runtime.run({&https, &admin}, stop, std::chrono::seconds{0}, {common.tls.endings, reload, runtime.clock});
    watching_intake.stop();
    watching_release.stop();
    recording.stop();
    journal.owe(service::ReportStopped{});
    journal.finish();
    log_info("stopped");
    return {};
}

}  // namespace safeq::daemon

int main(int argc, char** argv) { return safeq::daemon::daemon_main("safeq-report", argc, argv, safeq::daemon::run); }
