// SPDX-License-Identifier: Apache-2.0
// safeq-intake: takes documents in over IPPS, seals them, and hands them over to the release server.
#include <algorithm>

#include <fmt/format.h>

#include <safeq/http/basic_auth.hpp>
#include <safeq/net/ipp_server.hpp>
#include <safeq/service/clock_journal.hpp>
#include <safeq/service/daemon_api.hpp>
#include <safeq/service/identity_cache.hpp>
#include <safeq/store/blob_folder.hpp>
#include <safeq/store/log_folder.hpp>

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/roles.hpp"
#include "intake/upstream_client.hpp"

namespace safeq::daemon {
namespace {

using namespace std::chrono_literals;

// To show a wrong password costs a client nothing and the release server a hash: who waits for that has threads of
// their own, so that a flood holds up neither printing by token nor documents that are on their way.
constexpr std::size_t identifying_threads = 24;
constexpr std::size_t identified_at_once = 48;

// Who showed this at the IPP listener: a print token in the path, or a password.
Result<ipp::Owner> identify(service::IdentityCache& cache, std::string_view path, std::string_view authorization,
                            std::string_view address) {
    if (const auto token = token::parse_print_path(path))
        return cache.identify(service::Shown::print_token, {}, std::string{address}, crypto::Secret::copy_of(*token));
    if (authorization.empty()) return fail(Errc::unsupported, "credential", "none was shown");
    SAFEQ_TRY(http::BasicCredential shown, http::parse_basic(authorization));
    return cache.identify(service::Shown::password, std::move(shown.user), std::string{address}, shown.password);
}

// `said` is the last reason for which release could not be reached: each is logged once. Whether the epochs that are
// known here are out of date.
bool hand_over(service::Handover& handover, std::string& said) {
    const auto progress = handover.run();
    if (progress.taken > 0) log_info("handed-over", fmt::format("jobs={}", progress.taken));
    for (const auto& [job, error] : progress.refused) log_error("hand-over-refused job=" + job.text(), error);
    for (const auto& [job, error] : progress.later) log_error("hand-over-kept-back job=" + job.text(), error);
    std::string reason = progress.unavailable ? progress.unavailable->message() : std::string{};
    if (!reason.empty() && reason != said) log_warning("release-unavailable", field("detail", reason));
    said = std::move(reason);
    return std::ranges::any_of(progress.refused,
                               [](const auto& each) { return each.second.code == Errc::key_destroyed; });
}

// By what the daemon is reached and reaches release; read anew at each reload.
struct Contexts {
    std::shared_ptr<const tls::ServerContext> clients, daemons;
    std::shared_ptr<const tls::ClientContext> release;
};

Result<Contexts> make_contexts(const Common& common, const IntakeOptions& options, ListenerTickets& tickets) {
    Contexts out;
    SAFEQ_TRY(const tls::PolicyRef clients, common.policies.find("tls-policy-clients", options.tls_policy_clients));
    SAFEQ_TRY(out.clients, open_context(common, clients, options.tls_tickets ? &tickets : nullptr));
    SAFEQ_TRY(out.daemons, mutual_context(common.tls, common.between));
    SAFEQ_TRY(out.release, client_context(common, std::string{release_role}));
    return out;
}

}  // namespace

Result<void> run(const IntakeOptions& options) {
    Runtime runtime;
    SAFEQ_TRY(const Common common, load_common(options.common));
    ListenerTickets tickets{"listen-ipps", runtime.clock, runtime.random};
    SAFEQ_TRY(const Contexts contexts, make_contexts(common, options, tickets));
    const DaemonFolder& folder = common.folder;
    ReadFiles at_start;  // and not at a reload
    const auto configuration = [&](const Common& now) {
        return to_config(options) + at_start.lines() + now.files.lines();
    };
    SAFEQ_TRY(const auto keys, store::KeyFolder::open(folder.keys()));
    SAFEQ_TRY(const crypto::SigningKey signer, read_signing_key(*keys, signing_key_file));
    SAFEQ_TRY(const crypto::SigningKey log_key, read_signing_key(*keys, log_key_file));
    SAFEQ_TRY(const crypto::NoteKey list_key, read_note_key(common.shared / list_key_public, &at_start));
    SAFEQ_TRY(std::string encoded, read_text(common.shared / credential_key_public, &at_start));
    while (encoded.ends_with('\n')) encoded.pop_back();
    SAFEQ_TRY(const Bytes credential, from_base64(encoded));
    crypto::XwingPublicKey credential_key{};
    if (credential.size() != credential_key.size())
        return fail(Errc::key_invalid, (common.shared / credential_key_public).string());
    std::memcpy(credential_key.data(), credential.data(), credential.size());

    SAFEQ_TRY(const auto blobs,
              store::BlobFolder::open(folder.spool(), store::system_file_ops(), options.free_floor_mib << 20));
    SAFEQ_TRY(const auto log_store, store::open_log_folder(folder.log()));
    SAFEQ_TRY(const auto log, audit::Log::open(*log_store, log_origin("intake", common.tenant), log_key));
    service::Recorder recorder{
        {.tenant = common.tenant, .log = *log, .clock = runtime.clock, .random = runtime.random}};

    std::stop_source stop;
    SAFEQ_TRY(net::HttpTarget target, net::HttpTarget::https(options.release, contexts.release));
    target.pause = 5s;
    UpstreamClient upstream{std::move(target), credential_key, {common.tenant, common.instance},
                            runtime.clock,     runtime.random, stop.get_token()};
    service::IdentityCache identities{upstream, runtime.clock, runtime.random};
    EpochCache epochs{upstream, list_key, common.tenant, (folder.root / "epochs.note").string(), runtime.clock};
    epochs.load();
    NumberFile numbers{(folder.root / "job-numbers").string()};
    SAFEQ_TRY_VOID(numbers.load());

    service::Handover handover{{.blobs = *blobs, .recorder = recorder, .upstream = upstream, .clock = runtime.clock}};
    SAFEQ_TRY_VOID(recorder.daemon_started("intake", version, configuration(common)));
    SAFEQ_TRY(const service::Handover::Recovered recovered, handover.recover());
    log_info("recovered",
             fmt::format("waiting={} failed={} removed={}", recovered.waiting, recovered.failed, recovered.removed));

    Runtime::Periodic handing{1s, [&, said = std::string{}]() mutable {
                                  if (!hand_over(handover, said)) return;
                                  if (const auto fetched = epochs.refresh(); !fetched)
                                      log_warning("no-epoch-list", field("detail", fetched.error().message()));
                              }};
    const auto colon = options.listen_ipps.rfind(':');
    service::Submit submit{
        {.tenant = common.tenant,
         .instance = common.instance,
         .blobs = *blobs,
         .epochs = epochs,
         .numbers = numbers,
         .signer = signer,
         .recorder = recorder,
         .handover = handover,
         .upstream = upstream,
         .clock = runtime.clock,
         .random = runtime.random,
         .base_uri = fmt::format("ipps://{}{}", options.host_name, options.listen_ipps.substr(colon)),
         .printer_name = options.printer_name,
         .max_document_bytes = options.max_document_mib * 1024 * 1024,
         .max_incoming = 10'000,
         .quota = {.jobs = options.user_jobs, .bytes = options.user_mib << 20},
         .taken = [&] { handing.wake(); }}};
    const auto refused = [](std::string_view address, const Error& error) {
        log_warning("refused", field("peer", address) + " " + field("why", token::redact_print_paths(error.message())));
    };
    const ipp::Engine engine{submit, {.failed = refused}, runtime.clock};
    const auto failed = [](std::string_view address, const Error& error) {
        log_debug("connection-ended",
                  field("peer", address) + " " + field("why", token::redact_print_paths(error.message())));
    };

    net::BoundedPool identifying{identifying_threads, identified_at_once};
    const net::ConnectionLimits connections = runtime.connections(2);
    net::HttpServer ipps{
        runtime.io,
        {.tls = contexts.clients,
         .handler = net::serve_ipp(
             engine,
             {.knows_path =
                  [](std::string_view path) {
                      return path == "/ipp/print" || token::parse_print_path(path).has_value();
                  },
              .identify = [&](auto path, auto authorization,
                              auto address) { return identify(identities, path, authorization, address); },
              .identifies_slowly =
                  [](auto path, auto authorization) {
                      return !authorization.empty() && !token::parse_print_path(path).has_value();
                  },
              .refused = refused},
             {runtime.pool, identifying}),
         .connections = connections,
         .on_failure = failed},
        runtime.clock,
        runtime.random};
    SAFEQ_TRY_VOID(ipps.listen(options.listen_ipps));

    net::HttpServer https{
        runtime.io,
        {.tls = contexts.daemons,
         .handler = net::serve_routes(service::log_routes(*log_store, service::Role::report), has_role, runtime.pool),
         .connections = connections,
         .on_failure = failed},
        runtime.clock,
        runtime.random};
    SAFEQ_TRY_VOID(https.listen(options.listen_https));

    std::vector<service::Route> admin_routes{
        {.method = "GET",
         .path = "/admin/v1/status",
         .role = service::Role::admin,
         .max_body_bytes = 0,
         .handle = [&](const service::ApiCall&) {
             return service::ApiReply{
                 .body = fmt::format("{{\"waiting\":{},\"ready\":{}}}", handover.waiting(), epochs.ready())};
         }}};
    net::HttpServer admin{
        runtime.io,
        {.tls = nullptr, .handler = net::serve_routes(std::move(admin_routes), has_role, runtime.operators)},
        runtime.clock,
        runtime.random};
    SAFEQ_TRY_VOID(admin.listen_local(folder.socket().string()));

    Runtime::Periodic fetching{5s, [&, next = SystemClock{}.now()]() mutable {
                                   if (epochs.ready() && runtime.clock.now() < next) return;
                                   if (const auto fetched = epochs.refresh(); !fetched)
                                       log_warning("no-epoch-list", field("detail", fetched.error().message()));
                                   else next = runtime.clock.now() + 10s;
                               }};
    Runtime::Periodic publishing{
        1s, [&, changes = service::ClockJournal{{.clock = runtime.clock, .record = [&](std::chrono::milliseconds by) {
                                                     return recorder.time_changed(by);
                                                 }}}]() mutable {
            submit.sweep();
            (void)changes.look();
            if (const auto told = changes.settle(); !told) log_error("log-owed", told.error());
            if (const auto published = log->publish(); !published) log_error("publish-failed", published.error());
            tickets.rotate();
        }};
    log_info("listening", fmt::format("ipps={} https={}", options.listen_ipps, options.listen_https));
    const auto reload = [&]() -> Result<TlsFiles> {
        SAFEQ_TRY(Common fresh, load_common(options.common));
        SAFEQ_TRY(const Contexts made, make_contexts(fresh, options, tickets));
        const tls::Certificate& own = fresh.tls.credentials->certificate();
        SAFEQ_TRY_VOID(recorder.credentials_reloaded("intake", own.serial(), own.not_after(), configuration(fresh)));
        SAFEQ_TRY_VOID(ipps.use(made.clients));
        SAFEQ_TRY_VOID(https.use(made.daemons));
        SAFEQ_TRY_VOID(upstream.use(made.release));
        return std::move(fresh.tls);
    };
    runtime.run({&ipps, &https, &admin}, stop, 5s, {common.tls.endings, reload, runtime.clock});

    for (Runtime::Periodic* periodic : {&fetching, &handing, &publishing}) periodic->stop();
    SAFEQ_TRY_VOID(recorder.daemon_stopped("intake"));
    SAFEQ_TRY(const audit::SignedCheckpoint last, log->publish());
    (void)last;
    log_info("stopped");
    return {};
}

}  // namespace safeq::daemon

int main(int argc, char** argv) { return safeq::daemon::daemon_main("safeq-intake", argc, argv, safeq::daemon::run); }
